import type { ScenarioFile } from '../scenario/scenario.ts';

/** So many that the survivors of the worst case are still a room. */
const NODES = 300;
/** Everybody in turn: chance in who speaks must not decide how far it comes. */
const EVERYBODY = 20_000;
/**
 * A message said right after the loss reaches what the graph that is left joins: percolation. In a large room of
 * eight links each that is 99 % of the pairs when half is lost, 40 % when 80 % is, and nothing when 95 % is; in a small
 * one it varies, so this run's own graph is asked. Not all survivors get to speak, so a tenth is left to chance.
 */
const PERCOLATION = { figure: 'overlay.reachAfterCrash', times: 0.9 } as const;
const LATER = { 10: 1, 30: 1, 50: 1, 80: 1, 95: 0.99 } as const;

function fail(percent: keyof typeof LATER, server: boolean): ScenarioFile {
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
      { from: '70s', to: '75s', kind: 'event', perSecond: 4 },
    ],
    expect: {
      'convergence.loads.0.delivered': { min: PERCOLATION },
      // Without a server nobody introduces the pieces to each other.
      'convergence.loads.1.delivered': { min: server ? LATER[percent] : PERCOLATION },
      'membership.falseDeaths': { max: 0 },
    },
  };
}

export const massFail: readonly ScenarioFile[] = ([10, 30, 50, 80, 95] as const).flatMap(percent => [
  fail(percent, true),
  fail(percent, false),
]);
