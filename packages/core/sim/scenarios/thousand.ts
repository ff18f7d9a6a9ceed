import type { ScenarioFile } from '../scenario/scenario.ts';

export const thousand: ScenarioFile = {
  name: 'thousand',
  about: 'A thousand visitors arrive within twenty seconds, everyone sees everyone, and what they write arrives.',
  nodes: 1_000,
  duration: '60s',
  join: { over: '20s' },
  load: [{ from: '40s', to: '50s', kind: 'state', perSecond: 10, bytes: 256 }],
  expect: {
    'convergence.delivered': { equals: 1 },
    'convergence.t99Ms': { max: 1_000 },
    'membership.divergence': { max: 0 },
    'membership.falseSuspicions': { max: 0 },
    'overlay.components': { equals: 1 },
    'overlay.degree.min': { min: 4 },
  },
};
