import type { ScenarioFile } from '../scenario/scenario.ts';

export const joinStorm: ScenarioFile = {
  name: 'join-storm',
  about: 'Two thousand visitors within ten seconds, and a server that introduces 200 a second.',
  nodes: 2_000,
  duration: '60s',
  join: { over: '10s' },
  server: { introductionsPerSecond: 200 },
  load: [{ from: '40s', to: '41s', kind: 'state', perSecond: 5, bytes: 64 }],
  expect: {
    'convergence.delivered': { equals: 1 },
    'membership.fullViewsMs': { max: 30_000 },
    'membership.divergence': { max: 0 },
    'membership.falseSuspicions': { max: 0 },
    'overlay.components': { equals: 1 },
    'overlay.degree.min': { min: 4 },
    'overlay.degree.max': { max: 12 },
  },
};
