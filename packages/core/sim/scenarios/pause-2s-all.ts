import type { ScenarioFile } from '../scenario/scenario.ts';

export const pause2sAll: ScenarioFile = {
  name: 'pause-2s-all',
  about: 'Every node stops for two seconds once a minute: nobody is taken for dead.',
  nodes: 40,
  duration: '10m',
  join: { over: '5s' },
  timeline: [{ at: '30s', do: 'pause', for: '2s', over: '60s', every: '60s', until: '9m' }],
  load: [{ from: '30s', to: '9m', kind: 'state', perSecond: 0.5 }],
  expect: {
    'membership.accusations': { max: 0 },
    'membership.falseSuspicions': { max: 0 },
    'membership.falseDeaths': { max: 0 },
    'membership.statusFlips': { max: 0 },
    'convergence.delivered': { equals: 1 },
    'convergence.t99Ms': { max: 4_500 },
  },
};
