import type { ScenarioFile } from '../scenario/scenario.ts';

export const freezeResume: ScenarioFile = {
  name: 'freeze-resume',
  about: 'Three tabs are frozen for five minutes; they are missed, and nobody dies for them when they wake.',
  nodes: 20,
  duration: '9m',
  join: { over: '5s' },
  timeline: [{ at: '1m', do: 'freeze', nodes: [1, 7, 13], for: '5m' }],
  load: [{ from: '2m', to: '5m', kind: 'state', perSecond: 0.5 }],
  expect: {
    'convergence.delivered': { equals: 1 },
    'membership.falseSuspicions': { max: 0 },
    'membership.falseDeaths': { max: 0 },
    'membership.divergence': { max: 0 },
    'overlay.components': { equals: 1 },
  },
};
