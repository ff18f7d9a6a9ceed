import { describe, expect, it } from 'vitest';
import { type Report, runScenario, type ScenarioFile } from '../../sim/index.ts';

const ROOM: ScenarioFile = {
  name: 'regions',
  nodes: 45,
  duration: '40s',
  regions: ['west', 'east', 'south'].map(name => ({ name, share: 1 })),
  network: { latencyMs: { within: 10, between: 75 } },
  join: { over: '15s' },
  config: { 'overlay.swapMs': 10_000 },
};

const overlayOf = (file: Partial<ScenarioFile>, seed = 1): Report['overlay'] =>
  runScenario({ ...ROOM, ...file }, { seed }).report.overlay;

describe('three regions', () => {
  it('SIM-70: who is told the regions links more within them, and who is not as chance has it', () => {
    const [told, untold] = [overlayOf({}), overlayOf({ regionsTold: false })];
    expect(Math.abs(untold.withinRegion! - 1 / 3)).toBeLessThan(0.1);
    expect(told.withinRegion!).toBeGreaterThan(untold.withinRegion! + 0.05);
    expect(overlayOf({ nodes: 1 }).withinRegion).toBeNull();
    expect(overlayOf({ nodes: 5, regions: [] }).withinRegion).toBe(1);
  });

  it.each([1, 2])('OVER-33: swaps and all, the room is one, and is one after a region has failed: seed %i', seed => {
    const timeline = [{ at: '35s', do: 'crash', region: 'west' }] as const;
    const { components, reachAfterCrash, withinRegion } = overlayOf({ timeline, duration: '55s' }, seed);
    expect([components, reachAfterCrash]).toEqual([1, 1]);
    expect(withinRegion!).toBeLessThan(0.9);
  });

  it.each([1, 2])(
    'LIVE-32: a region that is cut off is not accused one by one, dies nowhere and is back: seed %i',
    seed => {
      const file: ScenarioFile = {
        ...ROOM,
        duration: '150s',
        timeline: [{ at: '30s', do: 'partition', groups: [['west', 'east'], ['south']], for: '60s' }],
      };
      const { membership, overlay } = runScenario(file, { seed }).report;
      const untold = runScenario({ ...file, regionsTold: false }, { seed }).report.membership;
      expect(untold.accusations).toBeGreaterThan(60);
      expect(membership.accusations).toBeLessThan(untold.accusations / 4);
      // All were suspects of all beyond the cut, and are none any more.
      expect(membership.statusFlips).toBeGreaterThanOrEqual(2 * 2 * 15 * 30);
      expect([membership.deaths, membership.divergence, overlay.components]).toEqual([0, 0, 1]);
    },
  );
});
