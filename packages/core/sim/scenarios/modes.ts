import type { ScenarioFile } from '../scenario/scenario.ts';

/** Of push and pull; flood and tree have none. */
const ROUND_MS = 200;

interface Mode {
  readonly name: string;
  readonly about: string;
  readonly config: ScenarioFile['config'];
  readonly expect: (theoryRounds: number) => ScenarioFile['expect'];
}

function rumour(mode: 'push' | 'pull' | 'push-pull', k: number, about: string): Mode {
  return {
    name: `${mode}-${k}`,
    about,
    config: { 'broadcast.mode': mode, 'broadcast.fanout': k, 'broadcast.roundMs': ROUND_MS },
    // push(1) needs as many rounds as theory says, on a sparse graph some more; the others fewer.
    expect: theoryRounds => ({
      'convergence.delivered': { min: 0.999 },
      'convergence.t99Ms': { max: 2 * ROUND_MS * theoryRounds },
    }),
  };
}

const modes: readonly Mode[] = [
  ...[1, 2, 3].map(k => rumour('push', k, `push(${k}): tell ${k} at random in each round.`)),
  ...[1, 2, 3].map(k => rumour('pull', k, `pull(${k}): ask ${k} at random in each round.`)),
  ...[1, 2, 3].map(k => rumour('push-pull', k, `push-pull(${k}): tell and ask ${k} at random in each round.`)),
  {
    name: 'flood',
    about: 'To every neighbour at once: fewest hops, most copies.',
    config: { 'broadcast.mode': 'flood' },
    expect: () => ({
      'convergence.delivered': { equals: 1 },
      'convergence.t100Ms': { max: 400 },
      redundancy: { max: 6.5 },
    }),
  },
  {
    name: 'tree',
    about: 'Along a tree of shortest ways: one copy each; the first message grows it.',
    config: { 'broadcast.mode': 'tree' },
    expect: () => ({
      'convergence.delivered': { equals: 1 },
      'convergence.loads.1.t100Ms': { max: 400 },
      'convergence.loads.1.redundancy': { max: 0.02 },
    }),
  },
];

/**
 * One graph with eight random links each; only the way of spreading differs. Two messages with eight seconds between: the
 * first grows the tree that the second takes.
 */
function room(nodes: number, theoryRounds: number, compared = modes): readonly ScenarioFile[] {
  return compared.map(({ name, about, config, expect }) => ({
    name: `modes-${nodes / 1_000}k-${name}`,
    about,
    nodes,
    duration: '16s',
    topology: { random: 8 },
    server: { up: false },
    presence: false,
    network: { latencyMs: { within: 20, jitter: 0.3 } },
    // The graph stays as it is drawn: nobody wants another link, and eight are not too many.
    // And nobody speaks but for the two messages.
    config: { 'overlay.degree': 2, 'overlay.slack': 16, 'aggregate.sample': 0, ...config },
    load: [
      { from: '2s', to: '3s', kind: 'event', perSecond: 1, bytes: 128, writers: 'one' },
      { from: '10s', to: '11s', kind: 'event', perSecond: 1, bytes: 128, writers: 'one' },
    ],
    expect: { 'membership.falseSuspicions': { max: 0 }, ...expect(theoryRounds) },
  }));
}

/** The same room in every mode that the engine has; theory gives push(1) log₂ N + ln N rounds. */
export const modes1k: readonly ScenarioFile[] = room(1_000, 17);
/** One of each kind: ten thousand take minutes. */
export const modes10k: readonly ScenarioFile[] = room(
  10_000,
  23,
  modes.filter(({ name }) => !/-[23]$/.test(name)),
);
