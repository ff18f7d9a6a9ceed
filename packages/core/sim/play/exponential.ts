import type { Rng } from '@hearsay/core';

/**
 * A waiting time without memory, by von Neumann's comparisons (1951). `Math.log` would do the same with fewer
 * draws, but its last bit differs between JavaScript engines, and a run must be the same everywhere.
 */
export function exponential(rng: Rng, mean: number): number {
  for (let whole = 0; ; whole++) {
    const first = rng.next();
    let last = first;
    let run = 1;
    for (let next = rng.next(); next < last; next = rng.next()) {
      last = next;
      run += 1;
    }
    if (run % 2 === 1) return mean * (whole + first);
  }
}
