import type { ScenarioFile } from '../scenario/scenario.ts';

/** So many that the survivors of the worst case are still a room. */
const NODES = 300;
/** Everybody in turn: chance in who speaks must not decide how far it comes. */
const EVERYBODY = 20_000;
/**
 * Share of the pairs that links still join right after the loss: percolation. In a large room of eight links each
 * that is 99 % when half is lost, 40 % when 80 % is, and nothing when 95 % is. A run is asked for less: in a small room
 * the few that lost all their links weigh more, and of what 80 or 95 % leave nothing is asked but shown. What its own
 * graph lets through it is asked for whole.
 */
const JOINED = { 10: 0.97, 30: 0.9, 50: 0.8, 80: undefined, 95: undefined } as const;
const LATER = { 10: 1, 30: 1, 50: 1, 80: 1, 95: 0.99 } as const;

function fail(percent: keyof typeof LATER, server: boolean): ScenarioFile {
  const joined = JOINED[percent];
  return {
    name: `mass-fail-${percent}${server ? '' : '-no-server'}`,
    about: `${percent} % crash at one moment, the server is ${server ? 'up' : 'down'}.`,
    nodes: NODES,
    duration: '100s',
    join: { over: '10s' },
    config: { 'overlay.degree': 8 },
    timeline: [
      { at: '40s', do: 'server', up: server },
      { at: '45s', do: 'crash', fraction: percent / 100 },
    ],
    load: [
      { from: '45050ms', to: '45150ms', kind: 'event', perSecond: 500, writers: EVERYBODY },
      { from: '70s', to: '75s', kind: 'event', perSecond: 60, writers: EVERYBODY },
    ],
    expect: {
      ...(joined === undefined ? {} : { 'overlay.reachAfterCrash': { min: joined } }),
      'convergence.loads.0.missedInReach': { equals: 0 },
      'convergence.loads.1.missedInReach': { equals: 0 },
      // Without a server nobody introduces the pieces to each other.
      ...(server ? { 'convergence.loads.1.delivered': { min: LATER[percent] } } : {}),
      'membership.falseDeaths': { max: 0 },
    },
    show: joined === undefined ? ['overlay.reachAfterCrash'] : [],
  };
}

export const massFail: readonly ScenarioFile[] = ([10, 30, 50, 80, 95] as const).flatMap(percent => [
  fail(percent, true),
  fail(percent, false),
]);
