import type { ScenarioFile } from '../scenario/scenario.ts';

/** One thousand nodes with eight random links each; only the way of spreading differs. */
function mode(
  name: string,
  about: string,
  config: ScenarioFile['config'],
  expect: ScenarioFile['expect'],
): ScenarioFile {
  return {
    name: `modes-1k-${name}`,
    about,
    nodes: 1_000,
    duration: '40s',
    topology: { random: 8 },
    server: { up: false },
    presence: false,
    network: { latencyMs: { within: 20, jitter: 0.3 } },
    // Without the slack the overlay would trim links that a room of strangers does not need.
    config: { 'overlay.slack': 16, 'broadcast.roundMs': 200, ...config },
    load: [{ from: '1s', to: '31s', kind: 'event', perSecond: 0.2, bytes: 128 }],
    expect: { 'membership.falseSuspicions': { max: 0 }, ...expect },
  };
}

const pushExpect = (t99Ms: number): ScenarioFile['expect'] => ({
  'convergence.delivered': { min: 0.999 },
  'convergence.t99Ms': { max: t99Ms },
});

/** The same room in every mode that the engine has. */
export const modes1k: readonly ScenarioFile[] = [
  mode(
    'flood',
    'To every neighbour at once: fewest hops, most copies.',
    { 'broadcast.mode': 'flood' },
    {
      'convergence.delivered': { equals: 1 },
      'convergence.t100Ms': { max: 400 },
      redundancy: { max: 7 },
    },
  ),
  mode(
    'push-1',
    'push(1): one random neighbour per round.',
    { 'broadcast.mode': 'push', 'broadcast.fanout': 1 },
    pushExpect(4_500),
  ),
  mode(
    'push-2',
    'push(2): two random neighbours per round.',
    { 'broadcast.mode': 'push', 'broadcast.fanout': 2 },
    pushExpect(3_000),
  ),
  mode(
    'push-3',
    'push(3): three random neighbours per round.',
    { 'broadcast.mode': 'push', 'broadcast.fanout': 3 },
    pushExpect(2_500),
  ),
];
