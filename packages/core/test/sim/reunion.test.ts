import { expect, test } from 'vitest';
import { type ScenarioFile, startScenario } from '../../sim/index.ts';

/** Two halves of a room, apart for longer than anybody looks for those that failed. */
const APART: ScenarioFile = {
  name: 'reunion',
  nodes: 6,
  duration: '21m',
  join: { over: '3s' },
  timeline: [{ at: '30s', do: 'partition', fraction: 0.5, for: '14m' }],
};

function componentsAfter(file: Partial<ScenarioFile>, seed: number): number {
  const run = startScenario({ ...APART, ...file }, { seed });
  run.advance(Number.POSITIVE_INFINITY);
  return run.result().report.overlay.components;
}

test.each([1, 2])('OVER-12: a small room in which all are entry points finds together again, seed %i', seed => {
  expect(componentsAfter({}, seed)).toBe(1);
});

test.each([2, 3])('OVER-23: two cliques at their caps find together again, seed %i', seed => {
  const config = { 'overlay.maxLinks': 4 };
  expect(componentsAfter({ nodes: 10, duration: '26m', config }, seed)).toBe(1);
});
