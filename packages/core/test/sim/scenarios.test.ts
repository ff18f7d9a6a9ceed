import { describe, expect, it } from 'vitest';
import { type Result, runScenario, type ScenarioFile, scenarios } from '../../sim/index.ts';

function shipped(name: string): ScenarioFile {
  return scenarios.get(name)![0]!;
}

function passes(result: Result): void {
  expect(result.failures).toEqual([]);
}

/** Of a scenario whose row in docs/simulation.md misses these. */
function without(file: ScenarioFile, ...missed: readonly string[]): ScenarioFile {
  const kept = Object.entries(file.expect!).filter(([path]) => !missed.includes(path));
  expect(kept).toHaveLength(Object.keys(file.expect!).length - missed.length);
  return { ...file, expect: Object.fromEntries(kept) };
}

/** The shipped scenarios at a size that a test can afford; their expectations hold at any size. */
const QUICK: readonly (readonly [string, ScenarioFile])[] = [
  ['six-nodes', shipped('six-nodes')],
  ['ring-5', shipped('ring-5')],
  ['freeze-resume at 14 nodes', { ...without(shipped('freeze-resume'), 'convergence.t100Ms'), nodes: 14 }],
  ['partition-heal at 12 nodes', { ...shipped('partition-heal'), nodes: 12 }],
  ['quiet-50 at 12 nodes', { ...shipped('quiet-50'), nodes: 12, duration: '10m' }],
  ['pause-2s-all at 8 nodes', { ...shipped('pause-2s-all'), nodes: 8 }],
  ['modes-1k-flood at 100 nodes', { ...shipped('modes-1k-flood'), nodes: 100 }],
  ['modes-1k-push-2 at 100 nodes', { ...shipped('modes-1k-push-2'), nodes: 100 }],
  ['thousand at 40 nodes', { ...shipped('thousand'), nodes: 40 }],
  ['nat-matrix at 20 nodes', { ...shipped('nat-matrix'), nodes: 20 }],
  ['sync-only at 12 nodes', { ...shipped('sync-only'), nodes: 12 }],
  ['away-24h', shipped('away-24h')],
  ['slow-link at 16 nodes', { ...shipped('slow-link'), nodes: 16 }],
  ['join-storm at 40 nodes', { ...shipped('join-storm'), nodes: 40 }],
  ['three-regions-6k at 30 nodes', { ...shipped('three-regions-6k'), nodes: 30, duration: '155s' }],
  ['churn-2min at 20 nodes', { ...shipped('churn-2min'), nodes: 20 }],
  ['server-gone at 50 nodes', { ...shipped('server-gone'), nodes: 50 }],
  ['hidden-half at 14 nodes', { ...shipped('hidden-half'), nodes: 14 }],
  ['detect-50 at 20 nodes', { ...shipped('detect-50'), nodes: 20 }],
  ['mass-fail-50 at 40 nodes', { ...shipped('mass-fail-50'), nodes: 40 }],
  ['mass-fail-80-no-server at 60 nodes', { ...shipped('mass-fail-80-no-server'), nodes: 60 }],
];
/** Seconds when nobody else wants the machine. */
const RUN_MS = 120_000;

describe('shipped scenarios', () => {
  it.each(QUICK)('SIM-1: %s does what it expects, twice alike', { timeout: RUN_MS }, (_name, file) => {
    const first = runScenario(file);
    passes(first);
    const again = runScenario(file);
    expect(again.report.traceHash).toBe(first.report.traceHash);
    expect(again.report).toEqual(first.report);
  });

  it('SIM-2: another seed is another run', () => {
    const hashes = [1, 2, 3].map(seed => runScenario(shipped('six-nodes'), { seed }).report.traceHash);
    expect(new Set(hashes).size).toBe(3);
  });

  it('SIM-3: every shipped scenario is valid, has a sentence and something to show', () => {
    for (const file of new Set([...scenarios.values()].flat())) {
      expect(file.about).toMatch(/\.$/);
      expect(Object.keys(file.expect ?? {}).length + (file.show ?? []).length).toBeGreaterThan(0);
      for (const { min, max, equals } of Object.values(file.expect ?? {})) {
        // No figure is negative: what is only to be seen is named in `show`.
        if (max === undefined && equals === undefined) expect(min === 0).toBe(false);
      }
      runScenario({ ...file, nodes: Array.isArray(file.topology) ? file.nodes : 10, duration: '1ms', timeline: [] });
    }
  });

  it('SIM-4: what is not met is said in a sentence', () => {
    const { failures } = runScenario({
      name: 'unmet',
      nodes: 2,
      duration: '5s',
      expect: {
        'overlay.components': { equals: 7 },
        'overlay.dials': { min: 1_000 },
        'bytes.perNodePerSecond.out.mean': { max: 0 },
        'convergence.t99Ms': { max: 1 },
      },
    });
    expect(failures).toHaveLength(4);
    expect(failures[0]).toBe('overlay.components is 1, not 7.');
    expect(failures[3]).toContain('never reached, or nothing was measured');
  });
});
