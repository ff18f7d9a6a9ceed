/** Epochs, and when in them each peer has its turn. */
import type { Now, PeerId } from '../types.ts';
import { sampleHash } from './sample.ts';

export interface Turn {
  readonly epoch: number;
  readonly hash: number;
  /** By the monotonic clock. */
  readonly at: number;
}

/** The turns of an epoch take this share of it; the rest is time to arrive, and for clocks that differ. */
const TURNS_SHARE = 0.5;
/** From the tenth octave on all speak at once: up to 65,536 peers those are no more than a sample of 64. */
const OCTAVES = 10;

export function epochAt(now: Now, epochMs: number): number {
  return Math.floor(now.wall / epochMs);
}

export function turnIn(epoch: number, peer: PeerId, epochMs: number, now: Now): Turn {
  const hash = sampleHash(epoch, peer);
  const beginsAt = now.mono + (epoch * epochMs - now.wall);
  return { epoch, hash, at: beginsAt + TURNS_SHARE * epochMs * turnShare(hash) };
}

/** Have all had their turn in the present epoch? */
export function isTold(now: Now, epochMs: number): boolean {
  return now.wall - epochAt(now, epochMs) * epochMs >= TURNS_SHARE * epochMs;
}

/**
 * When in the turns a hash has its own, 0 to 1: the lowest first, and each octave takes as long as the one below it. So
 * in a room of any size few more than k speak: in one octave as many speak as in all before it, and the next ones have
 * heard of those. By bits and products: the last bit of `Math.log2` differs between JavaScript engines.
 */
export function turnShare(hash: number): number {
  const octave = Math.clz32(hash);
  const within = octave === 32 ? 0 : (hash * 2 ** octave) / 2 ** 31 - 1;
  return Math.max(0, 1 - (octave + 1 - within) / OCTAVES);
}
