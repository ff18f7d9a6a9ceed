import type { ScenarioFile } from '../scenario/scenario.ts';

/**
 * The textbook loop: in each round everyone who knows the rumour tells one random neighbour. On a ring of five
 * the mean number of rounds to all is 115/27 = 4.26. The first round is at the publication, so the time to all
 * is one round less.
 */
export const ring5: ScenarioFile = {
  name: 'ring-5',
  about: 'A ring of five, push(1): 4.26 rounds to all, as in the textbook.',
  nodes: 5,
  duration: '90m',
  topology: 'ring',
  server: { up: false },
  presence: false,
  network: { latencyMs: { within: 1, jitter: 0 } },
  crypto: { signMs: 0, verifyMs: 0 },
  config: {
    // The ring as drawn: nobody looks for a third link.
    'overlay.degree': 2,
    'overlay.slack': 0,
    'broadcast.mode': 'push',
    'broadcast.fanout': 1,
    'broadcast.roundMs': 1_000,
    'broadcast.hotRounds': 20,
  },
  load: [{ from: '30s', to: '89m', kind: 'event', perSecond: 1 / 30, writers: 'one' }],
  expect: {
    'convergence.delivered': { min: 0.999 },
    // (4.26 − 1) rounds of a second; ±0.3 is more than two standard errors of 118 rumours.
    'convergence.toAllMs.mean': { min: 2_960, max: 3_560 },
    'membership.falseSuspicions': { max: 0 },
  },
};
