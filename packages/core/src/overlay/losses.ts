/**
 * Many members failed at once: a great crash, or the room fell in two and the other half thinks the same of us.
 * The server can tell, and two halves have no other way to each other. So the survivors ask it, each at a random
 * time, together about once a second at most, and again with back-off for some minutes. Who failed is
 * remembered for an hour: longer partitions than that are left to the check-ins of everybody.
 */
import { createExpiringMap, type ExpiringMap } from '../lib/expiring-map.ts';
import type { Rng } from '../lib/rng.ts';
import type { Now, PeerId } from '../types.ts';

export interface Losses {
  /** `members`: how many there are without it, this node included. True: with this one they are many. */
  onFailed(peer: PeerId, members: number, now: Now): boolean;
  /** Gone without a failure or a goodbye that we heard of. */
  onExpired(peer: PeerId, now: Now): void;
  onReturned(peer: PeerId): void;
  /** Is it time to ask once more? Plans the next time. */
  takeDue(members: number, now: Now): boolean;
  /** One of those that failed and have not come back, while they are looked for. */
  candidate(suits: (peer: PeerId) => boolean, now: Now): PeerId | undefined;
  isLost(peer: PeerId): boolean;
  /** The two sides have a link: this node need not ask any more. */
  onFound(): void;
  nextWakeAt(): number;
}

const MAX_LOST = 512;
const LOST_MS = 3_600_000;
const WINDOW_MS = 60_000;
const ALARM_SHARE = 0.2;
const ALARM_LEAST = 2;
const FIRST_MS = 5_000;
const ROOM_SPACING_MS = 1_000;
const SEARCH_MS = 600_000;

export function createLosses(rng: Rng): Losses {
  const lost: ExpiringMap<PeerId, true> = createExpiringMap(MAX_LOST, LOST_MS);
  let window = { since: Number.NEGATIVE_INFINITY, members: 0, failed: 0 };
  let askAt = Number.POSITIVE_INFINITY;
  let periodMs = 0;
  let until = Number.NEGATIVE_INFINITY;

  const stop = (): void => {
    askAt = Number.POSITIVE_INFINITY;
  };

  return {
    onFailed(peer, members, now) {
      lost.expire(now.mono);
      lost.set(peer, true, now.mono);
      if (now.mono - window.since >= WINDOW_MS) window = { since: now.mono, members: members + 1, failed: 0 };
      window.failed += 1;
      if (window.failed < Math.max(ALARM_LEAST, ALARM_SHARE * window.members)) return false;
      until = now.mono + SEARCH_MS;
      if (askAt === Number.POSITIVE_INFINITY) {
        periodMs = Math.max(FIRST_MS, members * ROOM_SPACING_MS);
        askAt = now.mono + rng.next() * periodMs;
      }
      return true;
    },
    onExpired: (peer, now) => lost.set(peer, true, now.mono),
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
      return now.mono < until ? rng.pick([...lost.keys()].filter(suits)) : undefined;
    },
    isLost: peer => lost.has(peer),
    onFound: stop,
    nextWakeAt: () => askAt,
  };
}
