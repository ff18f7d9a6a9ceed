/** Where a note goes that is added without a place. */
import type { Point } from '../model.ts';

/** A board of 150 notes on a wide screen has few gaps left; more tries find hardly more of them. */
const MAX_TRIES = 400;
const MARGIN = 0.04;
/** The R2 sequence spreads points evenly over a square, however many there are. */
const STEP: Point = { x: 0.754_877_666, y: 0.569_840_291 };

/** The first place without a note on it; on a crowded board, of all tried the farthest from any note. */
export function freePlace(taken: readonly Point[], reach: Point): Point {
  let best: Point = { x: 0.5, y: 0.5 };
  let widest = Number.NEGATIVE_INFINITY;
  for (let n = 0; n < MAX_TRIES && widest < 1; n++) {
    const place = { x: walk(n, STEP.x), y: walk(n, STEP.y) };
    const gap = Math.min(...taken.map(other => distance(place, other, reach)), Number.MAX_VALUE);
    if (gap > widest) [best, widest] = [place, gap];
  }
  return best;
}

/** From 1 on two notes of this reach do not overlap. */
function distance(a: Point, b: Point, reach: Point): number {
  return Math.max(Math.abs(a.x - b.x) / reach.x, Math.abs(a.y - b.y) / reach.y);
}

function walk(n: number, step: number): number {
  return Math.round((MARGIN + (1 - 2 * MARGIN) * ((0.1 + n * step) % 1)) * 1e4) / 1e4;
}
