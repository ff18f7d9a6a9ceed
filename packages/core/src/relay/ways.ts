/** Which link leads to whom. A way costs nothing to learn: something of a peer came over a link, so it leads back. */
import type { Config } from '../config.ts';
import { createExpiringMap, type Expiring, type ExpiringMap } from '../lib/expiring-map.ts';
import type { Now, PeerId } from '../types.ts';

export interface Ways {
  /** A record of `peer` came first over `hop`. */
  onRecord(peer: PeerId, hop: PeerId): void;
  /** A signal of `peer` came over `hop`: nobody has checked that it is genuine. */
  onSignal(peer: PeerId, hop: PeerId, now: Now): void;
  onNamed(peer: PeerId, hop: PeerId): void;
  forget(peer: PeerId): void;
  /** Those that a signal came by of late. */
  readonly fresh: Expiring;
  /** Has a signal of it come this way of late? */
  isFresh(peer: PeerId): boolean;
  /** The best first; some may lead nowhere, or be the same. */
  to(peer: PeerId): readonly (PeerId | undefined)[];
}

/** A conversation that leads to a link takes seconds. Longer: a forged signal bends the way to its victim for longer. */
const FRESH_MS = 30_000;
/** Conversations at once that pass a node. */
const MAX_FRESH = 1_024;
/** In a large room renewals keep coming by other ways, and a second one for each member would be dear. */
const MAX_SECOND = 1_024;

export function createWays(config: Config): Ways {
  /** Where it was heard last: the way of an answer. */
  const fresh: ExpiringMap<PeerId, PeerId> = createExpiringMap(MAX_FRESH, FRESH_MS);
  /** Believed until a newer record comes by another way or the member is gone: in large rooms many are silent for long. */
  const first = new Map<PeerId, PeerId>();
  /** What was the first before, or what a signal took. */
  const second = new Map<PeerId, PeerId>();

  const keepFirst = (peer: PeerId, hop: PeerId): void => keep(first, peer, hop, config['presence.maxAuthors']);
  const keepSecond = (peer: PeerId, hop: PeerId): void => keep(second, peer, hop, MAX_SECOND);

  return {
    onRecord(peer, hop) {
      const before = first.get(peer);
      if (before === hop) return;
      if (before !== undefined) keepSecond(peer, before);
      keepFirst(peer, hop);
    },
    onSignal(peer, hop, now) {
      fresh.set(peer, hop, now.mono);
      const known = first.get(peer);
      if (known === undefined) keepFirst(peer, hop);
      else if (known !== hop) keepSecond(peer, hop);
    },
    onNamed(peer, hop) {
      // Hearsay makes a way where there is none; it never bends one that a record or a signal has taken.
      if (!first.has(peer)) keepFirst(peer, hop);
    },
    forget(peer) {
      first.delete(peer);
      second.delete(peer);
    },
    fresh,
    isFresh: peer => fresh.has(peer),
    to: peer => [fresh.get(peer), first.get(peer), second.get(peer)],
  };
}

/** What was learned longest ago goes first. */
function keep(ways: Map<PeerId, PeerId>, peer: PeerId, hop: PeerId, most: number): void {
  ways.set(peer, hop);
  if (ways.size > most) ways.delete(ways.keys().next().value!);
}
