/**
 * Whom this node could link to: members of the room, peers named by the server or by neighbours, and who is
 * to be left alone for a while. Every list is bounded; what is heard last is forgotten last.
 */
import type { Config } from '../config.ts';
import { createExpiringMap, type ExpiringMap } from '../lib/expiring-map.ts';
import type { Rng } from '../lib/rng.ts';
import type { Now, PeerId } from '../types.ts';

export interface Views {
  readonly members: Set<PeerId>;
  /** Named by the server, most recent last. */
  readonly introduced: ExpiringMap<PeerId, true>;
  /** Heard of in shuffles and refusals. */
  readonly passive: ExpiringMap<PeerId, true>;
  /** Leave `peer` alone for `ms`; repeated failures double it. */
  backOff(peer: PeerId, ms: number, now: Now): void;
  /** Leave it alone for exactly so long: it said so itself. */
  backOffFor(peer: PeerId, ms: number, now: Now): void;
  forgive(peer: PeerId): void;
  /** The next one to ask, or `undefined`: introductions first while there is no link, else anyone at random. */
  candidate(lonely: boolean, taken: (peer: PeerId) => boolean, now: Now): PeerId | undefined;
  /** The room's size as far as this node knows, itself included. */
  roomSize(): number;
  /** When the first back-off ends. */
  nextForgivenAt(now: Now): number;
}

interface BackOff {
  until: number;
  failures: number;
}

const MAX_INTRODUCED = 64;
const INTRODUCED_MS = 120_000;
const PASSIVE_MS = 300_000;
const MAX_BACK_OFFS = 512;
const BACK_OFF_MEMORY_MS = 900_000;
const MAX_DOUBLINGS = 4;

export function createViews(self: PeerId, config: Config, rng: Rng): Views {
  const members = new Set<PeerId>();
  const introduced: ExpiringMap<PeerId, true> = createExpiringMap(MAX_INTRODUCED, INTRODUCED_MS);
  const passive: ExpiringMap<PeerId, true> = createExpiringMap(config['overlay.passiveFactor'] * 8, PASSIVE_MS);
  const backOffs: ExpiringMap<PeerId, BackOff> = createExpiringMap(MAX_BACK_OFFS, BACK_OFF_MEMORY_MS);

  return {
    members,
    introduced,
    passive,
    backOff(peer, ms, now) {
      const failures = (backOffs.get(peer)?.failures ?? -1) + 1;
      const until = now.mono + rng.jitter(ms * 2 ** Math.min(failures, MAX_DOUBLINGS), 0.2);
      backOffs.set(peer, { until, failures }, now.mono);
    },
    backOffFor(peer, ms, now) {
      backOffs.set(peer, { until: now.mono + ms, failures: backOffs.get(peer)?.failures ?? 0 }, now.mono);
    },
    forgive: peer => void backOffs.delete(peer),
    candidate(lonely, taken, now) {
      introduced.expire(now.mono);
      passive.expire(now.mono);
      backOffs.expire(now.mono);
      const free = (peer: PeerId): boolean =>
        peer !== self && !taken(peer) && (backOffs.get(peer)?.until ?? 0) <= now.mono;
      const named = [...introduced.keys()].filter(free);
      if (lonely && named.length > 0) return rng.pick(named);
      const known = new Set<PeerId>(named);
      for (const peer of members) if (free(peer)) known.add(peer);
      if (known.size === 0 || lonely) for (const peer of passive.keys()) if (free(peer)) known.add(peer);
      return rng.pick([...known]);
    },
    roomSize() {
      let size = members.size + 1;
      for (const peer of introduced.keys()) if (!members.has(peer)) size += 1;
      return size;
    },
    nextForgivenAt(now) {
      let next = Number.POSITIVE_INFINITY;
      for (const [, { until }] of backOffs.entries()) if (until > now.mono) next = Math.min(next, until);
      return next;
    },
  };
}
