import type { ScenarioFile } from '../scenario/scenario.ts';

export const serverGone: ScenarioFile = {
  name: 'server-gone',
  about: 'The server goes at one minute and stays away; links that break are replaced through the mesh.',
  nodes: 80,
  duration: '5m',
  join: { over: '20s' },
  timeline: [
    { at: '1m', do: 'server', up: false },
    { at: '70s', do: 'leave', count: 4, every: '20s', until: '3m' },
    { at: '80s', do: 'crash', count: 2, every: '20s', until: '3m' },
  ],
  load: [{ from: '70s', to: '4m', kind: 'state', perSecond: 1 }],
  expect: {
    'convergence.delivered': { equals: 1 },
    'overlay.components': { equals: 1 },
    'relay.attempts': { min: 10 },
    'relay.success': { min: 0.9 },
    'membership.ghosts': { max: 0 },
    'membership.divergence': { max: 0 },
    'guard.honestPenalised': { max: 0 },
  },
};
