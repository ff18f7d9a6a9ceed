import type { ScenarioFile } from '../scenario/scenario.ts';

export const natMatrix: ScenarioFile = {
  name: 'nat-matrix',
  about: 'A quarter of all pairs can never connect: the room is in one piece, and nobody dials for ever.',
  nodes: 150,
  duration: '5m',
  network: { unconnectablePairs: 0.25 },
  join: { over: '20s' },
  load: [{ from: '60s', to: '4m', kind: 'state', perSecond: 0.5 }],
  expect: {
    'convergence.delivered': { equals: 1 },
    'membership.divergence': { max: 0 },
    'overlay.components': { equals: 1 },
    // Thirty a minute is what a node may dial by itself; what it agrees to comes on top.
    'overlay.dialBudgetMax': { max: 150 },
  },
};
