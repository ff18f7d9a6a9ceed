/** What the room sends, second by second: averages over a whole run hide the moment that hurts. */
import type { Load } from '../scenario/scenario.ts';
import { isUp, type SimNode } from '../world/node.ts';
import type { World } from '../world/world.ts';
import type { LifeTotals } from './report.ts';

export interface Traffic {
  /** [s, bytes sent per running node within the second that ends then], in the order of time. */
  readonly series: readonly (readonly [second: number, bytes: number])[];
  /** The most of the series. */
  readonly peak: number;
  /** The most that one node sent within one second. */
  readonly peakOfOne: number;
}

const SECOND_MS = 1_000;

/** Calls `look` at each whole second of the world, until `untilMs`. */
export function eachSecond(world: World, untilMs: number, look: () => void): void {
  const next = (at: number): void => {
    if (at > untilMs) return;
    world.at(at, () => {
      look();
      next(at + SECOND_MS);
    });
  };
  next(SECOND_MS);
}

/** Meters a world from now on, until `untilMs`. */
export function meterTraffic(world: World, untilMs: number): Traffic {
  const series: [number, number][] = [];
  let sentBefore = 0;
  let peak = 0;
  let peakOfOne = 0;
  /** What each has sent in its present life. */
  const sentByOne = new Map<SimNode, number>();
  const sentLately = (node: SimNode): number => {
    const before = sentByOne.get(node) ?? 0;
    sentByOne.set(node, node.bytesOut);
    return node.bytesOut < before ? node.bytesOut : node.bytesOut - before;
  };

  eachSecond(world, untilMs, () => {
    const { sent } = world.network.traffic;
    const running = world.nodes.reduce((count, node) => count + (isUp(node) ? 1 : 0), 0);
    const bytes = running === 0 ? 0 : (sent - sentBefore) / running;
    sentBefore = sent;
    peak = Math.max(peak, bytes);
    for (const node of world.nodes) peakOfOne = Math.max(peakOfOne, sentLately(node));
    series.push([world.now / SECOND_MS, bytes]);
  });

  return {
    series,
    get peak() {
      return peak;
    },
    get peakOfOne() {
      return peakOfOne;
    },
  };
}

/** Frames that carry records to all, and those that steer them. */
const SPREADING = ['push', 'pull', 'ihave', 'graft', 'prune', 'grow'] as const;

/**
 * Bytes of spreading per node for each load, from its beginning until the next one's, or the end.
 * @param lives what all lives add up to at the moment
 */
export function meterSpreading(
  world: World,
  loads: readonly Load[],
  lives: () => readonly LifeTotals[],
): () => readonly number[] {
  const sent = (): number => spreadingOf(lives());
  const marks = loads.map(() => 0);
  for (const [i, { fromMs }] of loads.entries()) {
    world.at(fromMs, () => {
      marks[i] = sent();
    });
  }
  return () => {
    const end = sent();
    return loads.map(({ fromMs }, i) => {
      const later = loads.flatMap((load, j) => (load.fromMs > fromMs ? [marks[j]!] : []));
      return (Math.min(end, ...later) - marks[i]!) / Math.max(1, world.nodes.length);
    });
  };
}

function spreadingOf(lives: readonly LifeTotals[]): number {
  return lives.reduce(
    (sum, { stats }) => SPREADING.reduce((part, type) => part + (stats.bytesOutByFrame[type] ?? 0), sum),
    0,
  );
}
