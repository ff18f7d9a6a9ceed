/**
 * Many members failed at once, or half of them went: a great crash, or the room fell in two and the other half
 * thinks the same of us. The server can tell, and two halves have no other way to each other. So the survivors ask it, each at a random
 * time, together about once a second at most, and again with back-off for some minutes. Who failed is
 * remembered for an hour: longer partitions than that are left to the check-ins of everybody.
 */
import { createExpiringSet, type ExpiringSet } from '../lib/expiring-set.ts';
import type { Rng } from '../lib/rng.ts';
import type { Now, PeerId } from '../types.ts';

export type Departure = 'left' | 'failed' | 'expired';

export interface Losses {
  /**
   * `members`: how many there are without it, this node included; `saidAt`: its last word, by hybrid clock.
   * True: with this one many have failed.
   */
  onGone(peer: PeerId, reason: Departure, members: number, now: Now, saidAt?: number): boolean;
  onReturned(peer: PeerId): void;
  /** Is it time to ask once more? Plans the next time. */
  takeDue(members: number, now: Now): boolean;
  /** One of those that failed and have not come back, while they are looked for. */
  candidate(suits: (peer: PeerId) => boolean, now: Now): PeerId | undefined;
  isLost(peer: PeerId): boolean;
  /**
   * Is this word newer, by hybrid clock, than all that those who failed have said? Whoever said nothing newer may be
   * dead as well. Any word is, unless many have failed and none of them is back.
   */
  isOutlivedBy(hlc: number, now: Now): boolean;
  /** The two sides have a link: this node need not ask any more. */
  onFound(): void;
  nextWakeAt(): number;
}

const MAX_LOST = 512;
const LOST_MS = 3_600_000;
const WINDOW_MS = 60_000;
/** Of the members, these shares within a window are too many to be chance: failed, and gone for any reason. */
const FAILED_SHARE = 0.2;
const GONE_SHARE = 0.5;
const ALARM_LEAST = 2;
const FIRST_MS = 5_000;
const ROOM_SPACING_MS = 1_000;
const SEARCH_MS = 600_000;

export function createLosses(rng: Rng): Losses {
  const lost: ExpiringSet<PeerId> = createExpiringSet(MAX_LOST, LOST_MS);
  let window = { since: Number.NEGATIVE_INFINITY, members: 0, failed: 0, gone: 0, lastWord: 0 };
  let askAt = Number.POSITIVE_INFINITY;
  let periodMs = 0;
  let until = Number.NEGATIVE_INFINITY;
  /** What those had said of whom many failed within a minute, and until when it counts. */
  let lastWord = 0;
  let doubtUntil = Number.NEGATIVE_INFINITY;

  const stop = (): void => {
    askAt = Number.POSITIVE_INFINITY;
  };

  const search = (members: number, now: Now): void => {
    until = now.mono + SEARCH_MS;
    if (askAt !== Number.POSITIVE_INFINITY) return;
    periodMs = Math.max(FIRST_MS, members * ROOM_SPACING_MS);
    askAt = now.mono + rng.next() * periodMs;
  };

  return {
    onGone(peer, reason, members, now, saidAt = 0) {
      lost.expire(now.mono);
      // Who said goodbye is not looked for, but goodbyes can be a way to lose half the room as well.
      if (reason !== 'left') lost.add(peer, now.mono);
      if (now.mono - window.since >= WINDOW_MS) {
        window = { since: now.mono, members: members + 1, failed: 0, gone: 0, lastWord: 0 };
      }
      window.gone += 1;
      if (reason === 'failed') {
        window.failed += 1;
        window.lastWord = Math.max(window.lastWord, saidAt);
      }
      const isMany = (count: number, share: number): boolean => count >= Math.max(ALARM_LEAST, share * window.members);
      const haveFailed = isMany(window.failed, FAILED_SHARE);
      if (haveFailed) {
        // One that fails by itself moves nothing: else whoever talks all the time would be asked first.
        lastWord = now.mono < doubtUntil ? Math.max(lastWord, window.lastWord) : window.lastWord;
        doubtUntil = now.mono + SEARCH_MS;
      }
      if (haveFailed || isMany(window.gone, GONE_SHARE)) search(members, now);
      return haveFailed && reason === 'failed';
    },
    onReturned: peer => void lost.delete(peer),
    takeDue(members, now) {
      if (now.mono < askAt) return false;
      periodMs = Math.max(2 * periodMs, members * ROOM_SPACING_MS);
      askAt = now.mono + rng.jitter(periodMs, 0.5);
      if (askAt >= until || lost.size === 0) stop();
      return true;
    },
    candidate(suits, now) {
      lost.expire(now.mono);
      return now.mono < until ? rng.pick([...lost.items()].filter(suits)) : undefined;
    },
    isLost: peer => lost.has(peer),
    isOutlivedBy: (hlc, now) => now.mono >= doubtUntil || hlc > lastWord,
    onFound() {
      doubtUntil = Number.NEGATIVE_INFINITY;
      stop();
    },
    nextWakeAt: () => askAt,
  };
}
