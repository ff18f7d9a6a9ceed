import { createRng, type Rng, seedFrom } from '../../src/lib/rng.ts';

/** Random tests take their seed from here: HEARSAY_SEED repeats a run, otherwise each run has a new one. */
export const SEED: number = Number(process.env['HEARSAY_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** Says the seed, so that a failure can be repeated. */
export function announceSeed(what: string): number {
  console.log(`${what}: HEARSAY_SEED=${SEED}`);
  return SEED;
}

export function rngOf(stream: number, seed: number = SEED): Rng {
  return createRng(seedFrom(seed, stream));
}
