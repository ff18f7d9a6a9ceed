import { describe, expect, it } from 'vitest';
import { type Report, runScenario, type ScenarioFile, scenarios } from '../../sim/index.ts';

const ROOM = { name: 'verdicts', nodes: 12, duration: '5m', join: { over: '3s' } } as const satisfies ScenarioFile;

function membersOf(file: Partial<ScenarioFile>): Report['membership'] {
  return runScenario({ ...ROOM, ...file }).report.membership;
}

describe('who is called dead, in a whole room', () => {
  const cut = { at: '30s', do: 'partition', fraction: 0.4, for: '3m' } as const;

  it('LIVE-26: nobody dies of a cut of three minutes, and all see all after it', () => {
    const held = membersOf({ timeline: [cut] });
    expect(held).toMatchObject({ deaths: 0, divergence: 0 });
    expect(held.equalViewsMs).toBeLessThan(60_000);
    expect(membersOf({ timeline: [cut], config: { 'liveness.partitionMs': 0 } }).deaths).toBeGreaterThan(0);
  });

  it('LIVE-23: of fifty links that bring nothing any more hardly one costs somebody an accusation', () => {
    const deaf = { at: '30s', do: 'deafen', nodes: [1, 5], for: '20s', every: '30s', until: '3m' } as const;
    const file = { ...ROOM, timeline: [deaf] };
    const found = [1, 2, 3, 4, 5].map(seed => runScenario(file, { seed }).report.membership);
    // One of 56 runs had one, of some five hundred links.
    expect(found.reduce((sum, { accusations }) => sum + accusations, 0)).toBeLessThanOrEqual(2);
    expect(found.map(({ deaths }) => deaths)).toEqual([0, 0, 0, 0, 0]);
  });

  it('LIVE-29: in six-nodes with the seeds 4 and 15 one neighbour hears the other accuse before it does so itself', () => {
    for (const seed of [4, 15]) {
      const { report } = runScenario(scenarios.get('six-nodes')![0]!, { seed });
      expect(report.membership.detectionMs.max).toBeLessThan(15_000);
    }
  });

  it('LIVE-29: one that crashes is gone within 15 s, also when few have a link with it', () => {
    const crash = { at: '30s', do: 'crash', nodes: [2] } as const;
    for (const nodes of [2, 3, 12]) {
      const { detectionMs, ghosts } = membersOf({ nodes, timeline: [{ ...crash, nodes: [nodes - 1] }] });
      expect(detectionMs.max).toBeLessThan(15_000);
      expect(ghosts).toBe(0);
    }
  });
});
