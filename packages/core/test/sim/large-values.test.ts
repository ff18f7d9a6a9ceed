import { expect, it } from 'vitest';
import { runScenario, type ScenarioFile } from '../../sim/index.ts';

const SIZE = 200_000;
const LARGE: ScenarioFile = {
  name: 'large-values',
  nodes: 20,
  duration: '80s',
  join: { over: '5s' },
  load: [
    { from: '30s', to: '40s', kind: 'state', perSecond: 0.5, bytes: SIZE, writers: 5 },
    { from: '30s', to: '50s', kind: 'event', perSecond: 5, bytes: 200 },
  ],
  timeline: [{ at: '55s', do: 'join', count: 2, over: '1s' }],
};

it('MOVE-9: large values reach everybody, newcomers too, each byte about once, and small ones overtake them', () => {
  const { report } = runScenario(LARGE);
  const [large, small] = report.convergence.loads;
  expect(report.broken).toEqual([]);
  expect(large).toMatchObject({ sent: 5, delivered: 1 });
  expect(large!.t99Ms).toBeLessThan(3_000);
  expect(small!.t99Ms).toBeLessThan(300);
  const needed = 5 * SIZE * (19 + 2);
  expect(report.bytes.byFrame['chunk']).toBeGreaterThan(needed);
  expect(report.bytes.byFrame['chunk']).toBeLessThan(1.1 * needed);
});

it('MOVE-9: they arrive over narrow lines, too, and nobody is suspected', () => {
  const load = [{ from: '10s', to: '12s', kind: 'state', perSecond: 0.5, bytes: 60_000, writers: 1 }] as const;
  const network = { latencyMs: { within: 30 }, bandwidthKbps: 512 };
  const { report } = runScenario({ ...LARGE, nodes: 8, duration: '90s', load, timeline: [], network });
  expect(report.broken).toEqual([]);
  expect(report.convergence.delivered).toBe(1);
  expect(report.membership).toMatchObject({ falseSuspicions: 0, falseDeaths: 0 });
});
