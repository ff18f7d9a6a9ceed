import type { ScenarioFile } from '../scenario/scenario.ts';

/** So many that the survivors of the worst case are still a room. */
const NODES = 300;
/**
 * Share of the survivors that a message said right after the loss reaches, of a random graph with eight links
 * each: percolation. Of 95 % nothing is left that hangs together.
 */
const FIRST_MESSAGE = { 10: 0.99, 30: 0.99, 50: 0.99, 80: 0.5, 95: 0 } as const;
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
      { from: '45050ms', to: '45150ms', kind: 'event', perSecond: 500 },
      { from: '70s', to: '75s', kind: 'event', perSecond: 4 },
    ],
    expect: {
      ...(server
        ? { 'convergence.loads.0.delivered': { min: FIRST_MESSAGE[percent] } }
        : // Nobody introduces, so no more can be asked than the graph that is left can carry.
          { 'convergence.loads.0.delivered': { min: { figure: 'overlay.reachAfterCrash' } } }),
      'convergence.loads.1.delivered': { min: server ? LATER[percent] : { figure: 'overlay.reachAfterCrash' } },
      'membership.falseDeaths': { max: 0 },
    },
  };
}

export const massFail: readonly ScenarioFile[] = ([10, 30, 50, 80, 95] as const).flatMap(percent => [
  fail(percent, true),
  fail(percent, false),
]);
