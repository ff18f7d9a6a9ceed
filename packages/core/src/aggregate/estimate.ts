/** What a sample says of the room, and how far off it may be. */
import { type Entry, shareOf } from './sample.ts';

/**
 * A count of peers. `error` is its standard error, in peers as well: two times in three the truth lies no farther off.
 * 0: counted, not estimated.
 */
export interface Estimate {
  readonly value: number;
  readonly error: number;
}

/**
 * How many there are of a kind of which the sample has `found`. Below k all are in the sample. From k on there are
 * (k − 1) / (the k-th lowest hash) in all, without bias and with a relative standard error of 1 / √(k − 2) (Beyer et al.
 * 2007), and those found are a share of the sample as if drawn by chance.
 */
export function estimateOf(found: number, entries: readonly Entry[], k: number): Estimate {
  const highest = entries.at(-1);
  if (highest === undefined || entries.length < k || found === 0) return { value: found, error: 0 };
  const all = (k - 1) / shareOf(highest.hash);
  const share = found / entries.length;
  const variance = 1 / Math.max(1, k - 2) + (1 - share) / found;
  const value = Math.max(found, all * share);
  return { value, error: value * Math.sqrt(variance) };
}

/** Of what does not overlap. */
export function sumOf(a: Estimate, b: Estimate): Estimate {
  return { value: a.value + b.value, error: Math.sqrt(a.error * a.error + b.error * b.error) };
}

/** `counted` of `known`, who stand for `all`. */
export function scaledTo(all: Estimate, counted: number, known: number): Estimate {
  if (known >= all.value) return { value: counted, error: 0 };
  const share = counted / known;
  const chance = ((1 - share) / counted) * (1 - known / all.value);
  const size = all.error / all.value;
  const value = share * all.value;
  return { value, error: value * Math.sqrt(chance + size * size) };
}
