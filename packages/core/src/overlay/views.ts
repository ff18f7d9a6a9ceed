/**
 * Whom this node could link to: members of the room, peers named by the server, and peers named by other peers.
 * Every list is bounded, and no question costs more for a larger room.
 */
import type { Config } from '../config.ts';
import { createExpiringSet, type ExpiringSet } from '../lib/expiring-set.ts';
import type { Rng } from '../lib/rng.ts';
import { createSampledSet, type SampledSet } from '../lib/sampled-set.ts';
import type { Now, PeerId } from '../types.ts';
import type { Introducer } from './links.ts';
import { createPassiveView, type PassiveView } from './passive.ts';

export interface Candidate {
  readonly peer: PeerId;
  readonly introducer: Introducer;
}

export interface Wish {
  /** There is no link yet: whom the server names is registered there now, and can be reached. */
  readonly lonely: boolean;
  /** There are fewer anchors than there should be. */
  readonly anchor: boolean;
  /** One more link should go to the own region. */
  readonly near: boolean;
  readonly isFree: (peer: PeerId) => boolean;
  /** Is this member surely there? Others are asked only when there is none. */
  readonly isSure: (peer: PeerId) => boolean;
  /** May one more link come from this introducer? */
  readonly mayName: (introducer: Introducer) => boolean;
}

export interface Views {
  readonly members: SampledSet<PeerId>;
  /** Those of them that say they are in this node's region. */
  readonly near: SampledSet<PeerId>;
  /** One of the own region. */
  nearby(wish: Pick<Wish, 'isFree' | 'isSure'>): PeerId | undefined;
  /** Named by the server, most recent last. */
  readonly introduced: ExpiringSet<PeerId>;
  /** Named by other peers. */
  readonly passive: PassiveView;
  /** The next one to ask, or `undefined`. */
  candidate(wish: Wish, now: Now): Candidate | undefined;
  addMember(peer: PeerId): void;
  /** Left, failed or banned. */
  forget(peer: PeerId): void;
  /** The room's size as far as this node knows, itself included. */
  roomSize(linked: () => Iterable<PeerId>): number;
}

const MAX_INTRODUCED = 64;
const INTRODUCED_MS = 120_000;
/** The largest degree of any room. */
const MOST_WANTED = 8;
/** So many members are looked through one by one; of more, so many are drawn. */
const TRIES = 64;

export function createViews(self: PeerId, config: Config, rng: Rng, startedAt: Now): Views {
  const secret = rng.uint32();
  const members = createSampledSet<PeerId>(secret);
  const near = createSampledSet<PeerId>(secret);
  const introduced: ExpiringSet<PeerId> = createExpiringSet(MAX_INTRODUCED, INTRODUCED_MS);
  const passive = createPassiveView(config['overlay.passiveFactor'] * MOST_WANTED, rng, startedAt, secret);

  /** Of those introduced, the ones that are no members. */
  let counted = { members: 0, introduced: 0, count: 0 };

  const named = (by: Introducer, peer: PeerId | undefined): Candidate | undefined =>
    peer === undefined ? undefined : { peer, introducer: by };

  const fromServer = ({ isFree }: Wish): Candidate | undefined =>
    named('server', rng.pick([...introduced.items()].filter(isFree)));

  const draw = (from: SampledSet<PeerId>, { isFree, isSure }: Pick<Wish, 'isFree' | 'isSure'>): PeerId | undefined => {
    const free = from.sample(rng, TRIES).filter(isFree);
    return free.find(isSure) ?? free[0];
  };

  const nearby: Views['nearby'] = wish => draw(near, wish);

  const fromOthers = ({ isFree, mayName }: Wish): Candidate | undefined => {
    const suits = [...passive.entries()].filter(([peer, introducer]) => isFree(peer) && mayName(introducer));
    const [peer, introducer] = rng.pick(suits) ?? [];
    return introducer && named(introducer, peer);
  };

  /** Asked several times for each newcomer, and rarely changed. */
  const strangers = (): number => {
    if (counted.members !== members.version || counted.introduced !== introduced.version) {
      let count = 0;
      for (const peer of introduced.items()) if (!members.has(peer)) count += 1;
      counted = { members: members.version, introduced: introduced.version, count };
    }
    return counted.count;
  };

  return {
    members,
    near,
    nearby,
    introduced,
    passive,
    candidate(wish, now) {
      introduced.expire(now.mono);
      passive.expire(now);
      const free = { ...wish, isFree: (peer: PeerId): boolean => peer !== self && wish.isFree(peer) };
      if (wish.lonely || wish.anchor) {
        const first = fromServer(free);
        if (first !== undefined) return first;
      }
      const nearest = wish.near ? named('itself', nearby(free)) : undefined;
      return nearest ?? named('itself', draw(members, free)) ?? fromServer(free) ?? fromOthers(free);
    },
    addMember(peer) {
      const wasCounted = counted.members === members.version;
      members.add(peer);
      // Most newcomers were introduced to somebody else.
      if (wasCounted && !introduced.has(peer)) counted.members = members.version;
    },
    forget(peer) {
      members.delete(peer);
      near.delete(peer);
      introduced.delete(peer);
      passive.delete(peer);
    },
    roomSize(linked) {
      if (members.size > 0) return members.size + 1 + strangers();
      // Who states no presence is known by name alone.
      const others = new Set<PeerId>([...linked(), ...introduced.items()]);
      for (const [peer] of passive.entries()) others.add(peer);
      return others.size + 1;
    },
  };
}
