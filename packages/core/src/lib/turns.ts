/** How many speak when one would be enough. */

/** From the tenth octave on all speak at once: of 65,536 those are 64. */
const OCTAVES = 10;

/**
 * When in the turns a hash has its own, 0 to 1: the lowest first, and each octave takes as long as the one below it. So
 * of any number few speak: in one octave as many as in all before it, and the next ones have
 * heard of those. By bits and products: the last bit of `Math.log2` differs between JavaScript engines.
 */
export function turnShare(hash: number): number {
  const octave = Math.clz32(hash);
  const within = octave === 32 ? 0 : (hash * 2 ** octave) / 2 ** 31 - 1;
  return Math.max(0, 1 - (octave + 1 - within) / OCTAVES);
}
