import type { ScenarioFile } from '../scenario/scenario.ts';

export const hiddenHalf: ScenarioFile = {
  name: 'hidden-half',
  about:
    'Half of the tabs are hidden, their timers fire once a second: crashes are noticed all the same, and nobody else dies.',
  nodes: 40,
  duration: '6m',
  join: { over: '5s' },
  timeline: [
    { at: '30s', do: 'hide', fraction: 0.5, for: '5m' },
    { at: '1m', do: 'crash', count: 1, every: '30s', until: '4m' },
  ],
  load: [{ from: '40s', to: '5m', kind: 'state', perSecond: 0.5 }],
  expect: {
    'convergence.delivered': { equals: 1 },
    'membership.detectionMs.max': { max: 16_000 },
    'membership.falseSuspicions': { max: 0 },
    'membership.falseDeaths': { max: 0 },
    'membership.ghosts': { max: 0 },
    'membership.divergence': { max: 0 },
    'overlay.components': { equals: 1 },
  },
  show: ['membership.detectionMs.p50', 'convergence.t99Ms'],
};
