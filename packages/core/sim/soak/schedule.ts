/**
 * A random schedule from a seed: a small room, and for a minute everything that can go wrong on the way
 * between honest peers. What it draws is an ordinary scenario file, so a failing one can be run and read alone.
 */
import { createRng, type Rng, seedFrom } from '@hearsay/core';
import type { ActionFile, Duration, ScenarioFile } from '../scenario/scenario.ts';

export interface Schedule {
  readonly file: ScenarioFile;
  /** Until then the schedule plays; from then on everything is whole and the server is up. */
  readonly healAtMs: number;
  /** Within so long after that all must agree. */
  readonly boundMs: number;
  /** Share of pushes that one node spoils on their way out; honest peers never see more than a few. */
  readonly spoils: boolean;
}

/** The default way of spreading comes most often, the yardsticks less. */
const MODES = ['tree', 'tree', 'tree', 'flood', 'flood', 'push', 'pull', 'push-pull'] as const;

const STREAM = -40;
const LARGE_STREAM = -41;
const BOUND_MS = 240_000;
/** For what is asked of the room once it agrees, and for what happens to it then. */
const PROBES_MS = 320_000;
const FIRST_ACT_MS = 10_000;
const MAX_SKEW_MS = 30_000;

export function drawSchedule(seed: number): Schedule {
  const rng = createRng(seedFrom(seed, STREAM));
  // Small rooms are the common case, and cost little.
  const nodes = 3 + Math.floor(22 * rng.next() * rng.next());
  const healAtMs = between(rng, 30, 80) * 1_000;
  const timeline = rng.next() < 0.1 ? [] : drawTimeline(rng, nodes, healAtMs);
  const mode = pickOne(rng, MODES);
  const isRumour = mode !== 'tree' && mode !== 'flood';
  const shrinks = timeline.some(({ do: what }) => what === 'crash' || what === 'leave');
  const file: ScenarioFile = {
    name: `soak-${seed}`,
    about: 'A random schedule, and then the room must agree.',
    seed,
    nodes,
    duration: ms(healAtMs + BOUND_MS + PROBES_MS),
    regions: rng.next() < 0.5 ? [{ name: 'a', share: 1 }] : regionsOf(between(rng, 2, 3)),
    network: {
      latencyMs: { within: between(rng, 1, 40), between: between(rng, 20, 150), jitter: rng.next() * 0.5 },
      loss: chance(rng, 0.4) ? rng.next() * 0.1 : 0,
      duplicate: chance(rng, 0.4) ? rng.next() * 0.3 : 0,
      reorder: chance(rng, 0.4) ? rng.next() * 0.3 : 0,
      // Rounds of rumours with many copies ask for more than a narrow line has: that is no fault.
      bandwidthKbps: chance(rng, 0.2) && !isRumour ? between(rng, 256, 2_000) : 0,
      connectMs: between(rng, 20, 800),
      connectFailure: chance(rng, 0.3) ? rng.next() * 0.2 : 0,
      // In what a crash leaves over, two that cannot meet may be all there is.
      unconnectablePairs: chance(rng, 0.3) && nodes >= 8 && !shrinks ? rng.next() * 0.2 : 0,
    },
    server: { introductionsPerSecond: between(rng, 2, 200) },
    join: { over: ms(between(rng, 0, 10_000)) },
    config: drawConfig(rng, mode),
    load: [...drawLoad(rng, healAtMs), ...drawLargeLoad(seed, healAtMs)],
    timeline: [...timeline, { at: ms(healAtMs), do: 'heal' }, { at: ms(healAtMs), do: 'server', up: true }],
  };
  return { file, healAtMs, boundMs: BOUND_MS, spoils: chance(rng, 0.5) };
}

function drawConfig(rng: Rng, mode: (typeof MODES)[number]): NonNullable<ScenarioFile['config']> {
  return {
    'broadcast.mode': mode,
    'broadcast.fanout': between(rng, 1, 2),
    'broadcast.roundMs': 400,
    'overlay.maxLinks': between(rng, 8, 12),
    // Halves of a room meet by check-ins with the server, which come by chance: the bound needs them often.
    'overlay.beaconMs': 8_000,
    // Whoever crashed among many is a suspect for so long, and the bound does not wait six minutes.
    'liveness.partitionMs': 60_000,
    'presence.refreshMs': 20_000,
    'presence.validMs': 60_000,
    'sync.periodMs': between(rng, 4, 15) * 1_000,
  };
}

function drawLoad(rng: Rng, healAtMs: number): NonNullable<ScenarioFile['load']> {
  const span = { from: '5s', to: ms(healAtMs) };
  const bytes = between(rng, 16, 800);
  return [
    { ...span, kind: 'state', perSecond: 0.5 + 2 * rng.next(), bytes },
    { ...span, kind: 'event', perSecond: 0.2 + rng.next(), bytes: 32 },
    { ...span, kind: 'presence', perSecond: 0.1 + 0.5 * rng.next(), bytes: 48 },
  ];
}

/** Values that come in chunks, in some rooms. A stream of its own: the rest of a seed's schedule stays as it is. */
function drawLargeLoad(seed: number, healAtMs: number): NonNullable<ScenarioFile['load']> {
  const rng = createRng(seedFrom(seed, LARGE_STREAM));
  if (!chance(rng, 0.3)) return [];
  return [{ from: '10s', to: ms(healAtMs), kind: 'state', perSecond: 0.1, bytes: between(rng, 17_000, 100_000) }];
}

function drawTimeline(rng: Rng, nodes: number, healAtMs: number): readonly ActionFile[] {
  const count = between(rng, 1, 10);
  return Array.from({ length: count }, () => {
    const at = between(rng, FIRST_ACT_MS, healAtMs - 1_000);
    const draw = pickOne(rng, ACTS);
    return draw({
      rng,
      nodes,
      at: ms(at),
      forAtMost: longest => ms(between(rng, 100, Math.min(longest, healAtMs - at))),
    });
  });
}

interface Act {
  readonly rng: Rng;
  readonly nodes: number;
  readonly at: Duration;
  readonly forAtMost: (ms: number) => Duration;
}

const someOf = ({ rng, nodes }: Act): { readonly count: number } => ({
  count: between(rng, 1, Math.max(1, Math.floor(nodes / 3))),
});
const shareOf = ({ rng }: Act): { readonly fraction: number } => ({ fraction: 0.2 + 0.6 * rng.next() });

const ACTS: readonly ((act: Act) => ActionFile)[] = [
  act => ({ at: act.at, do: 'crash', ...someOf(act) }),
  act => ({ at: act.at, do: 'crash', ...shareOf(act) }),
  act => ({ at: act.at, do: 'leave', ...someOf(act), over: act.forAtMost(5_000) }),
  act => ({ at: act.at, do: 'join', count: between(act.rng, 1, 4), over: act.forAtMost(5_000) }),
  act => ({
    at: act.at,
    do: 'restart',
    ...someOf(act),
    after: act.forAtMost(20_000),
    keepStorage: chance(act.rng, 0.5),
  }),
  act => ({ at: act.at, do: 'pause', ...someOf(act), for: act.forAtMost(6_000) }),
  act => ({ at: act.at, do: 'pause', ...shareOf(act), for: act.forAtMost(3_000), over: act.forAtMost(10_000) }),
  act => ({ at: act.at, do: 'pause', ...someOf(act), for: act.forAtMost(60_000) }),
  act => ({ at: act.at, do: 'hide', ...shareOf(act), for: act.forAtMost(60_000) }),
  act => ({ at: act.at, do: 'partition', ...shareOf(act), for: act.forAtMost(60_000) }),
  act => ({ at: act.at, do: 'partition', ...someOf(act), for: act.forAtMost(60_000), oneWay: true }),
  act => ({ at: act.at, do: 'partition', ...someOf(act), for: act.forAtMost(5_000) }),
  act => ({ at: act.at, do: 'partition', ...shareOf(act) }),
  act => ({ at: act.at, do: 'latency', ...shareOf(act), ms: between(act.rng, 50, 3_000), for: act.forAtMost(20_000) }),
  act => ({ at: act.at, do: 'loss', ...shareOf(act), value: 0.5 * act.rng.next(), for: act.forAtMost(30_000) }),
  act => ({ at: act.at, do: 'slow', ...someOf(act), kbps: between(act.rng, 64, 512), for: act.forAtMost(60_000) }),
  act => ({ at: act.at, do: 'clock', ...someOf(act), skew: ms(between(act.rng, -MAX_SKEW_MS, MAX_SKEW_MS)) }),
  act => ({ at: act.at, do: 'server', up: false }),
  act => ({ at: act.at, do: 'server', up: true }),
  act => ({ at: act.at, do: 'server', introductionsPerSecond: between(act.rng, 1, 50) }),
  act => ({ at: act.at, do: 'heal' }),
];

function regionsOf(count: number): readonly { name: string; share: number }[] {
  return ['a', 'b', 'c'].slice(0, count).map(name => ({ name, share: 1 }));
}

function between(rng: Rng, low: number, high: number): number {
  return low + rng.int(Math.max(1, high - low + 1));
}

function chance(rng: Rng, share: number): boolean {
  return rng.next() < share;
}

function pickOne<T>(rng: Rng, list: readonly T[]): T {
  return list[rng.int(list.length)]!;
}

function ms(value: number): Duration {
  return `${Math.round(value)}ms`;
}
