/**
 * Who is sending records at the moment. Other sessions wait meanwhile: what is on its way, or being verified, is not
 * in the index yet, and a newcomer with several links would be sent the whole room over each of them.
 */
import type { Now, PeerId } from '../types.ts';

export interface BulkIn {
  onRecords(from: PeerId, now: Now): void;
  /** Is somebody else than `peer` sending? */
  holds(peer: PeerId, now: Now): boolean;
  /** When that will be over, unless more comes. */
  overAt(): number;
}

/** Time to verify what came: about 3,000 records. */
export const SETTLE_MS = 300;
/** Who sends for longer holds nobody off any more, nor does one that sends a little again and again. */
export const HOLD_MS = 5_000;

export function createBulkIn(): BulkIn {
  let sender: PeerId | undefined;
  let since = Number.NEGATIVE_INFINITY;
  let lastAt = Number.NEGATIVE_INFINITY;

  const overAt = (): number => Math.min(lastAt + SETTLE_MS, since + HOLD_MS);

  return {
    onRecords(from, now) {
      if (now.mono >= lastAt + SETTLE_MS) {
        since = now.mono;
        sender = from;
      }
      lastAt = now.mono;
    },
    holds: (peer, now) => peer !== sender && now.mono < overAt(),
    overAt,
  };
}
