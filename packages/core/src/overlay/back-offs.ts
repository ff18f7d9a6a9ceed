/** Who is to be left alone for a while, because it said so or because a dial came to nothing. */
import { createExpiringMap, type ExpiringMap } from '../lib/expiring-map.ts';
import type { Rng } from '../lib/rng.ts';
import type { Now, PeerId } from '../types.ts';

export interface BackOffs {
  /** Leave `peer` alone for `ms`, ±20 %; repeated failures double it. */
  add(peer: PeerId, ms: number, now: Now): void;
  /** Leave it alone for exactly so long: it said so itself. */
  addExactly(peer: PeerId, ms: number, now: Now): void;
  /** It is said to be in reach again, so it waits no longer than after a first failure. */
  ease(peer: PeerId, now: Now): void;
  forgive(peer: PeerId): void;
  covers(peer: PeerId, now: Now): boolean;
  /** When the first of them ends. */
  nextEndAt(now: Now): number;
}

interface BackOff {
  readonly until: number;
  /** When it would end had it been the first. */
  readonly eased: number;
  readonly failures: number;
}

const MAX_BACK_OFFS = 512;
const MEMORY_MS = 900_000;
const MAX_DOUBLINGS = 4;

export function createBackOffs(rng: Rng): BackOffs {
  const kept: ExpiringMap<PeerId, BackOff> = createExpiringMap(MAX_BACK_OFFS, MEMORY_MS);
  return {
    add(peer, ms, now) {
      kept.expire(now.mono);
      const failures = (kept.get(peer)?.failures ?? -1) + 1;
      const once = rng.jitter(ms, 0.2);
      const until = now.mono + once * 2 ** Math.min(failures, MAX_DOUBLINGS);
      kept.set(peer, { until, eased: now.mono + once, failures }, now.mono);
    },
    addExactly(peer, ms, now) {
      kept.expire(now.mono);
      const until = now.mono + ms;
      kept.set(peer, { until, eased: until, failures: kept.get(peer)?.failures ?? 0 }, now.mono);
    },
    ease(peer, now) {
      const known = kept.get(peer);
      if (known !== undefined)
        kept.set(peer, { until: known.eased, eased: known.eased, failures: known.failures }, now.mono);
    },
    forgive: peer => void kept.delete(peer),
    covers: (peer, now) => (kept.get(peer)?.until ?? 0) > now.mono,
    nextEndAt(now) {
      let next = Number.POSITIVE_INFINITY;
      for (const [, { until }] of kept.entries()) if (until > now.mono) next = Math.min(next, until);
      return next;
    },
  };
}
