/**
 * Hybrid logical clock (Kulkarni et al. 2014) in one number: wall milliseconds × 2048 + counter. Good until
 * the year 2109; more than 2048 events in a millisecond run into the next one, which is harmless.
 */
import type { Hlc, WallMs } from '../types.ts';

const TICKS_PER_MS = 2048;

export interface HlcClock {
  /** A value above everything said or heard so far, at least the wall clock's. */
  next(wall: WallMs): Hlc;
  /** Remembers what another peer said, once its record was accepted. */
  observe(heard: Hlc): void;
}

export function createHlcClock(): HlcClock {
  let last = 0;
  return {
    next(wall) {
      last = Math.max(last + 1, Math.floor(wall) * TICKS_PER_MS);
      return last as Hlc;
    },
    observe(heard) {
      if (heard > last) last = heard;
    },
  };
}

export function wallMsOf(hlc: Hlc): WallMs {
  return Math.floor(hlc / TICKS_PER_MS) as WallMs;
}

export function hlcAt(wall: number): Hlc {
  return (Math.floor(wall) * TICKS_PER_MS) as Hlc;
}
