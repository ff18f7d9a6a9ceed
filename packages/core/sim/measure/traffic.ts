/** What the room sends, second by second: averages over a whole run hide the moment that hurts. */
import { isUp } from '../world/node.ts';
import type { World } from '../world/world.ts';

export interface Traffic {
  /** [s, bytes sent per running node within the second that ends then], in the order of time. */
  readonly series: readonly (readonly [second: number, bytes: number])[];
  /** The most of the series. */
  readonly peak: number;
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

  eachSecond(world, untilMs, () => {
    const { sent } = world.network.traffic;
    const running = world.nodes.reduce((count, node) => count + (isUp(node) ? 1 : 0), 0);
    const bytes = running === 0 ? 0 : (sent - sentBefore) / running;
    sentBefore = sent;
    peak = Math.max(peak, bytes);
    series.push([world.now / SECOND_MS, bytes]);
  });

  return {
    series,
    get peak() {
      return peak;
    },
  };
}
