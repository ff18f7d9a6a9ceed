/**
 * One pace for what all links repair. Where a cut heals everybody lacks much, and a node that sent to each neighbour
 * as fast as its link goes would send ten times what it does otherwise. So repairs take what the rest leaves of a
 * budget, and a small part in any case: a busy node would repair nothing. Whoever had a turn longest ago is next.
 */
import { createTokenBucket } from '../lib/token-bucket.ts';
import type { Now } from '../types.ts';

export interface RepairPace {
  /** Milliseconds until the next frame of repairs may go; 0: now. */
  waitMs(now: Now): number;
  onRepair(bytes: number, now: Now): void;
  /** Anything else; not what a newcomer is sent, which is soon over and spares others the same. */
  onOther(bytes: number, now: Now): void;
}

/** About a frame of records. */
const FRAME_BYTES = 4_096;
/** So much of the pace may go at once, after a rest. */
const BURST_S = 1 / 2;
/** What was sent too much is made up for, up to so much of the pace. */
const DEBT_S = 1;
/** Of the pace, however much else is sent: a dozen links have their turn before a session that waits for it is given up. */
const LEAST_SHARE = 1 / 4;

export function createRepairPace(bytesPerSecond: number): RepairPace {
  const frame = Math.min(FRAME_BYTES, bytesPerSecond);
  const left = createTokenBucket(bytesPerSecond, Math.max(frame, BURST_S * bytesPerSecond), 0);
  const debt = DEBT_S * bytesPerSecond;
  const least = createTokenBucket(LEAST_SHARE * bytesPerSecond, frame, 0);
  return {
    waitMs: ({ mono }) => Math.min(left.waitMs(frame, mono), least.waitMs(frame, mono)),
    onRepair(bytes, { mono }) {
      left.spend(bytes, debt, mono);
      least.spend(bytes, frame, mono);
    },
    onOther: (bytes, { mono }) => left.spend(bytes, debt, mono),
  };
}
