import type { ScenarioFile } from '../scenario/scenario.ts';

export const syncOnly: ScenarioFile = {
  name: 'sync-only',
  about: 'Nothing is pushed in time: anti-entropy alone brings everything to everybody within twelve of its periods.',
  nodes: 60,
  duration: '8m',
  join: { over: '10s' },
  // A rumour that waits a minute for its first round is no broadcast.
  config: { 'broadcast.mode': 'push', 'broadcast.roundMs': 60_000, 'broadcast.hotRounds': 1, 'broadcast.freshMs': 0 },
  load: [{ from: '2m', to: '3m', kind: 'state', perSecond: 1, bytes: 128 }],
  expect: {
    'convergence.delivered': { equals: 1 },
    'convergence.t100Ms': { max: 12 * 15_000 },
    // A record alone is some 250 bytes; the rest is finding out who lacks it.
    'sync.perDifference': { max: 1_000 },
    'membership.divergence': { max: 0 },
  },
};
