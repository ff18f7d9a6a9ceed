import type { ScenarioFile } from '../scenario/scenario.ts';

/**
 * Two come back when they have been given up, with their clocks behind the time of their first arrival: the
 * incarnation that they begin with is lower than the one that all remember as dead. One comes back at once.
 */
export const restartLostStorage: ScenarioFile = {
  name: 'restart-lost-storage',
  about: 'Three visitors come back with their keys and nothing else, two of them as somebody older than who died here.',
  nodes: 40,
  duration: '3m',
  join: { over: '3s' },
  timeline: [
    { at: '29s', do: 'clock', nodes: [4, 17], skew: '-55s' },
    { at: '30s', do: 'restart', nodes: [4, 17], after: '15s', keepStorage: false },
    { at: '60s', do: 'restart', nodes: [9], after: '1s', keepStorage: false },
  ],
  load: [{ from: '20s', to: '2m', kind: 'state', perSecond: 1 }],
  expect: {
    'membership.backAliveMs.max': { max: 2_000 },
    'membership.ghosts': { max: 0 },
    'membership.divergence': { max: 0 },
    'overlay.components': { equals: 1 },
    'guard.honestPenalised': { max: 0 },
  },
  show: ['membership.backAliveMs.p50'],
};
