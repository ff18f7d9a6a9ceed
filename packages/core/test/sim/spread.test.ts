import { describe, expect, it } from 'vitest';
import { type Result, runScenario, type ScenarioFile } from '../../sim/index.ts';

/** A room that has come to rest: first one sender, then anybody. */
const settled: ScenarioFile = {
  name: 'settled',
  nodes: 150,
  duration: '60s',
  join: { over: '5s' },
  load: [
    { from: '30s', to: '40s', kind: 'event', perSecond: 2, bytes: 128, writers: 'one' },
    { from: '41s', to: '56s', kind: 'event', perSecond: 4, bytes: 128 },
  ],
};

const run = (mode: 'tree' | 'flood', seed: number): Result['report'] => {
  const { report, failures } = runScenario({ ...settled, config: { 'broadcast.mode': mode } }, { seed });
  expect(failures).toEqual([]);
  return report;
};

/** Seconds when nobody else wants the machine. */
const RUN_MS = 240_000;

describe('spread', () => {
  it.each([1, 2])(
    'CAST-26: a tree costs one copy each and is nearly as quick as a flood, seed %i',
    { timeout: RUN_MS },
    seed => {
      const tree = run('tree', seed).convergence;
      const flood = run('flood', seed).convergence;
      const [one, any] = tree.loads;
      expect(tree.delivered).toBe(1);
      expect(one!.redundancy).toBeLessThanOrEqual(0.02);
      expect(any!.redundancy).toBeLessThanOrEqual(0.05);
      for (const load of [0, 1]) {
        expect(tree.loads[load]!.t99Ms!).toBeLessThanOrEqual(1.8 * flood.loads[load]!.t99Ms!);
      }
    },
  );
});
