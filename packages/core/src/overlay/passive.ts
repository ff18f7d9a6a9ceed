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
  heardAt: number;
}

const KEEP_MS = 300_000;
const RESEED_MS = 300_000;
/** As many as one shuffle names: with d neighbours a liar among them holds about 1/d of the view. */
export const NAMES_PER_INTRODUCER = 8;

export function createPassiveView(capacity: number, rng: Rng, startedAt: Now): PassiveView {
  const kept = new Map<PeerId, Entry>();
  let seed = rng.uint32();
  let reseedAt = startedAt.mono + RESEED_MS;

  /** The last in rank among those that `suits`, and how many there are. */
  const worstOf = (suits: (entry: Entry) => boolean): { readonly peer: PeerId | undefined; readonly count: number } => {
    let worst: PeerId | undefined;
    let count = 0;
    for (const [peer, entry] of kept) {
      if (!suits(entry)) continue;
      count += 1;
      if (worst === undefined || rankOf(peer, seed) > rankOf(worst, seed)) worst = peer;
    }
    return { peer: worst, count };
  };

  /** Is there a place for `peer`, if need be by giving up one that ranks behind it? */
  const findPlace = (peer: PeerId, introducer: PeerId): boolean => {
    const named = worstOf(entry => entry.introducer === introducer);
    const rival =
      named.count >= NAMES_PER_INTRODUCER ? named.peer : kept.size >= capacity ? worstOf(() => true).peer : undefined;
    if (rival === undefined) return true;
    if (rankOf(peer, seed) >= rankOf(rival, seed)) return false;
    kept.delete(rival);
    return true;
  };

  return {
    size: () => kept.size,
    has: peer => kept.has(peer),
    offer(peer, introducer, now) {
      if (now.mono >= reseedAt) {
        seed = rng.uint32();
        reseedAt = now.mono + RESEED_MS;
      }
      const known = kept.get(peer);
      if (known !== undefined) known.heardAt = now.mono;
      else if (findPlace(peer, introducer)) kept.set(peer, { introducer, heardAt: now.mono });
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
  return (hash ^ (hash >>> 16)) >>> 0;
}
