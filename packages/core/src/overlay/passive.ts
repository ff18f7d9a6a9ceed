/**
 * Peers heard of from others: the passive view of HyParView, kept by rank under a secret seed that is drawn anew
 * now and then, as in Basalt (Auvolat et al. 2023). Which names stay does not depend on how often or how late
 * they are repeated, so a liar gains nothing by repeating its own; and of what one neighbour names only so much
 * is kept.
 */
import type { Rng } from '../lib/rng.ts';
import type { Now, PeerId } from '../types.ts';

export interface PassiveView {
  size(): number;
  has(peer: PeerId): boolean;
  /** `introducer`: who named it. The first one stands for it as long as it is kept. */
  offer(peer: PeerId, introducer: PeerId, now: Now): void;
  delete(peer: PeerId): void;
  /** Drops what nobody has named for long. */
  expire(now: Now): void;
  /** Peers and who named them. */
  entries(): IterableIterator<readonly [peer: PeerId, introducer: PeerId]>;
}

interface Entry {
  readonly introducer: PeerId;
  /** Whole milliseconds, and 31 bits: else either would take an object of its own. */
  heardAt: number;
  /** Under the present seed. */
  rank: number;
}

/** The last in rank of some, and how many there are. */
interface Worst {
  readonly peer: PeerId | undefined;
  readonly rank: number;
  readonly count: number;
}

const KEEP_MS = 300_000;
const RESEED_MS = 300_000;
/** As many as one shuffle names: with d neighbours a liar among them holds about 1/d of the view. */
export const NAMES_PER_INTRODUCER = 8;

/** `firstSeed`: nobody else knows it, as those drawn later. */
export function createPassiveView(
  capacity: number,
  rng: Rng,
  startedAt: Now,
  firstSeed: number = rng.uint32(),
): PassiveView {
  const kept = new Map<PeerId, Entry>();
  let seed = firstSeed;
  let reseedAt = startedAt.mono + RESEED_MS;

  const worstOf = (suits: (entry: Entry) => boolean): Worst => {
    let worst: PeerId | undefined;
    let rank = -1;
    let count = 0;
    for (const [peer, entry] of kept) {
      if (!suits(entry)) continue;
      count += 1;
      if (entry.rank <= rank) continue;
      worst = peer;
      rank = entry.rank;
    }
    return { peer: worst, rank, count };
  };

  /** Is there a place for one of this rank, if need be by giving up one that ranks behind it? */
  const findPlace = (rank: number, introducer: PeerId): boolean => {
    const named = worstOf(entry => entry.introducer === introducer);
    if (named.count < NAMES_PER_INTRODUCER && kept.size < capacity) return true;
    const rival = named.count >= NAMES_PER_INTRODUCER ? named : worstOf(() => true);
    if (rival.peer === undefined) return true;
    if (rank >= rival.rank) return false;
    kept.delete(rival.peer);
    return true;
  };

  const reseed = (now: Now): void => {
    seed = rng.uint32();
    reseedAt = now.mono + RESEED_MS;
    for (const [peer, entry] of kept) entry.rank = rankOf(peer, seed);
  };

  return {
    size: () => kept.size,
    has: peer => kept.has(peer),
    offer(peer, introducer, now) {
      if (now.mono >= reseedAt) reseed(now);
      const known = kept.get(peer);
      if (known !== undefined) {
        known.heardAt = Math.ceil(now.mono);
        return;
      }
      const rank = rankOf(peer, seed);
      if (findPlace(rank, introducer)) kept.set(peer, { introducer, heardAt: Math.ceil(now.mono), rank });
    },
    delete: peer => void kept.delete(peer),
    expire(now) {
      for (const [peer, { heardAt }] of kept) if (now.mono - heardAt >= KEEP_MS) kept.delete(peer);
    },
    *entries() {
      for (const [peer, { introducer }] of kept) yield [peer, introducer] as const;
    },
  };
}

/** A number that nobody can foresee who does not know the seed. A peer chooses its key, not its rank. */
function rankOf(peer: PeerId, seed: number): number {
  let hash = seed;
  for (let i = 0; i < 64; i += 8) {
    hash = Math.imul(hash ^ Number.parseInt(peer.slice(i, i + 8), 16), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 1;
}
