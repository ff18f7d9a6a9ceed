import type { ScenarioFile } from '../scenario/scenario.ts';

/** A–B–C over D–E–F, and rungs between them. */
const [A, B, C, D, E, F] = [0, 1, 2, 3, 4, 5] as const;

export const sixNodes: ScenarioFile = {
  name: 'six-nodes',
  about: 'Six nodes in two rows. C fails, and what A says reaches all others round it.',
  nodes: 6,
  duration: '60s',
  topology: [
    [A, B],
    [B, C],
    [D, E],
    [E, F],
    [A, D],
    [B, E],
    [C, F],
  ],
  server: { up: false },
  // With two links wanted, nobody makes more than are drawn; F, which loses one with C, finds another.
  config: { 'overlay.degree': 2, 'overlay.slack': 4 },
  load: [
    { from: '5s', to: '10s', kind: 'event', perSecond: 1, writers: 'one' },
    { from: '11s', to: '60s', kind: 'event', perSecond: 1, writers: 'one' },
  ],
  timeline: [{ at: '10s', do: 'crash', nodes: [C] }],
  expect: {
    'convergence.loads.0.delivered': { equals: 1 },
    'convergence.loads.1.delivered': { equals: 1 },
    'convergence.t99Ms': { max: 150 },
    'membership.detectionMs.max': { max: 15_000 },
    'membership.falseSuspicions': { max: 0 },
    'membership.ghosts': { max: 0 },
    'overlay.components': { equals: 1 },
  },
};
