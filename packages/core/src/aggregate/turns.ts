/** Epochs, and when in them each peer has its turn. */
import { turnShare } from '../lib/turns.ts';
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
