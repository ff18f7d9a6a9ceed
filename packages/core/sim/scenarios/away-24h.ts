import type { ScenarioFile } from '../scenario/scenario.ts';

export const away24h: ScenarioFile = {
  name: 'away-24h',
  about:
    'Three visitors come back after a day with what they kept, and bring nothing back to life that was deleted meanwhile.',
  nodes: 8,
  duration: '1446m',
  join: { over: '5s' },
  // A day costs little when it is quiet: heartbeats once a minute instead of every two seconds.
  config: {
    'liveness.heartbeatMs': 60_000,
    'liveness.silenceMs': 150_000,
    'liveness.rttMs': 600_000,
    'presence.refreshMs': 600_000,
    'presence.validMs': 1_800_000,
    'sync.periodMs': 300_000,
    'overlay.shuffleMs': 600_000,
    'overlay.beaconMs': 3_600_000,
  },
  timeline: [
    { at: '3m', do: 'restart', nodes: [1, 2, 3], after: '24h', keepStorage: true },
    { at: '5m', do: 'leave', nodes: [7] },
  ],
  load: [
    { from: '1m', to: '150s', kind: 'state', perSecond: 1 },
    // All that the three have kept, and half of what is said after they went.
    { from: '10m', to: '690s', kind: 'delete', perSecond: 1 },
    { from: '20m', to: '22m', kind: 'state', perSecond: 1 },
    { from: '30m', to: '31m', kind: 'delete', perSecond: 1 },
  ],
  expect: {
    'state.resurrected': { max: 0 },
    'convergence.loads.2.delivered': { equals: 1 },
    'membership.ghosts': { max: 0 },
    'membership.divergence': { max: 0 },
    'overlay.components': { equals: 1 },
  },
};
