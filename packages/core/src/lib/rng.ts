/** sfc32: small, fast, passes PractRand. Not for secrets; its only virtue here is that a seed repeats it. */
export interface Rng {
  /** A float in [0, 1). */
  next(): number;
  /** An integer in [0, below). `below` ≥ 1. */
  int(below: number): number;
  /** An unsigned 32-bit integer. */
  uint32(): number;
  /** One element, or `undefined` of an empty list. */
  pick<T>(list: readonly T[]): T | undefined;
  /** Up to `count` distinct elements in random order. */
  sample<T>(list: readonly T[], count: number): T[];
  /** `value` ± `spread` × value, uniformly. */
  jitter(value: number, spread: number): number;
  /** A waiting time without memory: exponentially distributed. */
  exponential(mean: number): number;
}

export function createRng(seed: readonly [number, number, number, number]): Rng {
  let [a, b, c, d] = seed;
  const uint32 = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 15; i++) uint32();
  const next = (): number => uint32() / 4294967296;
  const int = (below: number): number => Math.floor(next() * below);
  return {
    next,
    int,
    uint32,
    pick: list => list[int(list.length)],
    sample: (list, count) => {
      const pool = [...list];
      const size = Math.min(count, pool.length);
      for (let i = 0; i < size; i++) {
        const j = i + int(pool.length - i);
        const taken = pool[j]!;
        pool[j] = pool[i]!;
        pool[i] = taken;
      }
      return pool.slice(0, size);
    },
    jitter: (value, spread) => value * (1 + spread * (2 * next() - 1)),
    exponential: mean => mean * standardExponential(next),
  };
}

/**
 * By von Neumann's comparisons (1951). `Math.log` would do with one draw, but its last bit differs between
 * JavaScript engines, and a run must be the same everywhere.
 */
function standardExponential(next: () => number): number {
  for (let whole = 0; ; whole++) {
    const first = next();
    let last = first;
    let run = 1;
    for (let lower = next(); lower < last; lower = next()) {
      last = lower;
      run += 1;
    }
    if (run % 2 === 1) return whole + first;
  }
}

/** Four words from one number and a stream index, so that nodes of one world differ. */
export function seedFrom(seed: number, stream: number): readonly [number, number, number, number] {
  return [seed | 0, Math.floor(seed / 4294967296) | 0, stream | 0, 1];
}
