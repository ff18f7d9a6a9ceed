/**
 * Is the way to a whole region cut? Then its members are not accused one by one: a few peers say `unreach` of the
 * region, signed, and all others who lost neighbours there say nothing. It makes suspects of all its members, and never
 * dead ones. Any newer word of one member, by hybrid clock, refutes it for all of them at once, so that a heal takes no storm of
 * answers. A region has time to answer first: it is reached, and a few of it do, when it is liars that say so.
 */
import type { Config } from '../config.ts';
import type { Ignored, Path, Source } from '../fact.ts';
import { msLeft } from '../identity/lifetime.ts';
import { regionOf } from '../identity/presence-value.ts';
import type { Seen, SignedRecord } from '../identity/record.ts';
import type { Rng } from '../lib/rng.ts';
import { turnShare } from '../lib/turns.ts';
import type { Outbox } from '../outbox.ts';
import type { Now, PeerId } from '../types.ts';
import { AT_ONCE_MS, isMany, LEAST, type Partition } from './partition.ts';
import type { Suspicions } from './suspicions.ts';
import type { Watches } from './watches.ts';

export interface Cuts {
  /** A neighbour fell silent. Until when its accusation waits, by the clock that never jumps; `undefined`: it does not. */
  onSilent(peer: PeerId, now: Now): number | undefined;
  /** The same for one that has waited. */
  review(peer: PeerId, now: Now): number | undefined;
  onClaim(record: SignedRecord, from: Source, path: Path, now: Now): void;
  /** A member said something at `hlc`. */
  onWord(peer: PeerId, hlc: number, now: Now): void;
  /** `old`: what the member said before, if it was one. */
  onMember(record: SignedRecord, old: SignedRecord | undefined, now: Now): void;
  onMemberGone(record: SignedRecord, now: Now): void;
  /** Is its region said to be out of reach? */
  mayBeCut(peer: PeerId): boolean;
  onStall(now: Now): void;
  onWake(now: Now): void;
  nextDueAt(): number;
}

export interface CutTools {
  readonly self: PeerId;
  /** The own one. */
  readonly region: string | undefined;
  readonly config: Config;
  readonly outbox: Outbox;
  readonly rng: Rng;
  /** The newest presence of each, this node included. */
  readonly members: ReadonlyMap<PeerId, SignedRecord>;
  /** The newest word of a member, by hybrid clock. */
  readonly saidOf: (peer: PeerId) => number | undefined;
  readonly watches: Pick<Watches, 'heardSince'>;
  readonly suspicions: Pick<Suspicions, 'isSuspect' | 'review'>;
  readonly partition: Pick<Partition, 'heldUntil' | 'onManyLost'>;
  /** Did it say that it would be silent? */
  readonly isExcused: (peer: PeerId, seen: Seen) => boolean;
}

/** Keys are free, but those of members have places among all others, and three of them are what makes any suspect. */
const QUORUM = 3;
/** A single neighbour may have crashed. Of the region is one of them; the others may be of no region that is known. */
const LINKS_LEAST = 2;
/** Turns to claim, and to answer, are spread over so long. A word crosses a room of thousands in less than a third of it. */
const TURNS_MS = 3_000;
/** Whoever is there was heard within a heartbeat; half of one more for the way. */
const HEARTBEATS_TO_HEAR = 1.5;
const MOST_REGIONS = 16;
/** Three times as many as speak of a region of thousands before the others hear of it. */
const MOST_CLAIMS = 64;
const NEVER = Number.POSITIVE_INFINITY;

interface Claim {
  readonly record: SignedRecord;
  readonly heardAt: number;
  readonly until: number;
}

/** One that is said, or seems, to be out of reach. */
interface Region {
  readonly name: string;
  readonly claims: Map<PeerId, Claim>;
  /** The newest word of all its members, by hybrid clock. */
  saidAt: number;
  /** When own links there fell silent, since that word. */
  lostAt: readonly number[];
  /** When this node claimed it last. */
  claimedAt: number;
  /** Since when enough claim it; infinite: they do not. */
  claimedSince: number;
  /** When this node, a member of it, answers. */
  answerAt: number;
  /** Its members are shown as suspects. */
  isCut: boolean;
}

export function createCuts(tools: CutTools): Cuts {
  const { self, config, outbox, rng, members } = tools;
  const sizes = new Map<string, number>();
  const regions = new Map<string, Region>();
  /** When links to those fell silent whose region is not known. */
  let strangersLostAt: readonly number[] = [];
  const renewMs = config['liveness.accusationMs'] / 2;

  const nameOf = (peer: PeerId): string | undefined => {
    const stated = members.get(peer);
    return stated && regionOf(stated);
  };
  const sizeOf = (name: string): number => sizes.get(name) ?? 0;
  const membersOf = (name: string): PeerId[] => [...members.keys()].filter(peer => nameOf(peer) === name);
  const turn = (): number => TURNS_MS * turnShare(rng.uint32());

  const openRegion = (name: string): Region | undefined => {
    const known = regions.get(name);
    if (known !== undefined) return known;
    // Links lost there long ago are all that is known of them.
    if (regions.size >= MOST_REGIONS)
      for (const { name, claims } of regions.values()) if (claims.size === 0) regions.delete(name);
    if (regions.size >= MOST_REGIONS) return undefined;
    const saidAt = membersOf(name).reduce((last, peer) => Math.max(last, tools.saidOf(peer) ?? 0), 0);
    const region: Region = {
      name,
      claims: new Map(),
      saidAt,
      lostAt: [],
      claimedAt: Number.NEGATIVE_INFINITY,
      claimedSince: NEVER,
      answerAt: NEVER,
      isCut: false,
    };
    regions.set(name, region);
    return region;
  };

  const isHeard = (name: string, now: Now): boolean =>
    tools.watches
      .heardSince(now.mono - HEARTBEATS_TO_HEAR * config['liveness.heartbeatMs'])
      .some(peer => nameOf(peer) === name);

  /** Three, or as many as there are outside of it. */
  const isEnough = (voices: number, { name }: Region): boolean =>
    voices > 0 && voices >= Math.min(QUORUM, members.size - sizeOf(name));

  const lately = (times: readonly number[], now: Now): readonly number[] =>
    times.filter(at => now.mono - at < AT_ONCE_MS);

  /** Has this node lost so much that it may say so? */
  const hasLost = ({ lostAt }: Region): boolean => {
    const [first] = lostAt;
    if (first === undefined) return false;
    const strangers = strangersLostAt.filter(at => Math.abs(at - first) < AT_ONCE_MS);
    return lostAt.length + strangers.length >= LINKS_LEAST;
  };

  /** Members of all regions that are lost, to this node's links or by what others say. */
  const countLost = (): number => {
    let count = 0;
    for (const region of regions.values()) {
      if (region.name === tools.region) continue;
      if (hasLost(region) || isEnough(region.claims.size, region)) count += sizeOf(region.name);
    }
    return count;
  };

  /** Fewer are accused one by one, and dead the sooner. */
  const areMany = (): boolean => isMany(countLost(), members.size);

  const isFreshlyClaimed = (region: Region, now: Now): boolean => {
    const recent = [...region.claims.values()].filter(({ heardAt }) => now.mono - heardAt < renewMs);
    return isEnough(recent.length, region);
  };

  const drop = (region: Region, isOver: (claim: Claim) => boolean, now: Now): void => {
    for (const [author, claim] of region.claims) {
      if (!isOver(claim)) continue;
      region.claims.delete(author);
      outbox.fact({ type: 'record-dropped', record: claim.record });
    }
    weigh(region, now);
    if (region.claims.size === 0 && region.lostAt.length === 0) regions.delete(region.name);
  };

  /** Do enough claim it? */
  const weigh = (region: Region, now: Now): void => {
    if (isEnough(region.claims.size, region)) {
      if (region.claimedSince !== NEVER) return;
      region.claimedSince = now.mono;
      if (region.name === tools.region) region.answerAt = now.mono + turn();
      return tools.suspicions.review();
    }
    region.claimedSince = NEVER;
    region.answerAt = NEVER;
    tools.suspicions.review();
    if (!region.isCut) return;
    region.isCut = false;
    const peers = membersOf(region.name).filter(peer => !tools.suspicions.isSuspect(peer));
    outbox.fact({ type: 'peers-cleared', peers });
  };

  /** Told of as one: facts of each would be as many as the room has members. */
  const hide = (peers: readonly PeerId[]): void =>
    outbox.fact({
      type: 'peers-unreachable',
      peers: peers.filter(peer => !tools.isExcused(peer, null)),
      isCut: true,
    });

  const judge = (region: Region, now: Now): void => {
    // A newcomer knew too few to tell how many are enough.
    if (!isEnough(region.claims.size, region)) return weigh(region, now);
    // What this node hears itself outweighs what it is told. Asked again later, as long as it is claimed.
    if (isHeard(region.name, now) || !areMany()) {
      region.claimedSince = now.mono;
      return;
    }
    region.isCut = true;
    tools.partition.onManyLost(now);
    hide(membersOf(region.name));
  };

  const answer = (region: Region): void => {
    region.answerAt = NEVER;
    outbox.fact({ type: 'self-suspected' });
  };

  const judgedAt = ({ name, isCut, claimedSince }: Region): number =>
    isCut || name === tools.region ? NEVER : claimedSince + config['liveness.loneSuspicionMs'];

  const expiresAt = ({ claims }: Region): number => {
    let next = NEVER;
    for (const { until } of claims.values()) next = Math.min(next, until);
    return next;
  };

  const resize = (name: string | undefined, by: 1 | -1): void => {
    if (name === undefined) return;
    const size = sizeOf(name) + by;
    if (size === 0) sizes.delete(name);
    else sizes.set(name, size);
  };

  const hear = (region: Region, hlc: number, now: Now): void => {
    if (hlc <= region.saidAt) return;
    region.saidAt = hlc;
    region.lostAt = [];
    // Claims may be newer, and come as fast as somebody likes: only one without any answer for its time is believed.
    if (!region.isCut) region.claimedSince = NEVER;
    drop(region, ({ record }) => record.hlc < hlc, now);
  };

  const refusalOf = ({ author, key: name, hlc }: SignedRecord, region: Region | undefined): Ignored | undefined => {
    // Who is nobody here, or there itself, cannot say so.
    if (!members.has(author) || nameOf(author) === name || sizeOf(name) < LEAST) return 'no-proof';
    if (region === undefined) return 'quota';
    if (hlc <= region.saidAt) return 'stale-accusation';
    const old = region.claims.get(author);
    if (old === undefined) return region.claims.size >= MOST_CLAIMS ? 'quota' : undefined;
    return old.record.hlc >= hlc ? 'superseded' : undefined;
  };

  return {
    onSilent(peer, now) {
      const name = nameOf(peer);
      if (name === undefined) strangersLostAt = [...lately(strangersLostAt, now), now.mono];
      if (name === undefined || name === tools.region || sizeOf(name) < LEAST) return undefined;
      const region = isHeard(name, now) ? undefined : openRegion(name);
      if (region === undefined) return undefined;
      region.lostAt = [...lately(region.lostAt, now), now.mono];
      return now.mono + turn();
    },

    review(peer, now) {
      const region = regions.get(nameOf(peer) ?? '');
      const lostAt = region?.lostAt[0];
      if (region === undefined || lostAt === undefined || isHeard(region.name, now)) return undefined;
      // Suspects of a region die no other way than all: once the hold is over they are accused.
      if (region.isCut && now.mono >= tools.partition.heldUntil()) return undefined;
      const isWorth = areMany();
      if (isWorth && isFreshlyClaimed(region, now)) return now.mono + renewMs + turn();
      if (isWorth && members.has(self) && hasLost(region) && now.mono - region.claimedAt >= renewMs) {
        region.claimedAt = now.mono;
        outbox.fact({ type: 'statement-wanted', kind: 'unreach', key: region.name, value: null });
        return now.mono + TURNS_MS;
      }
      // Others may have lost more there, and be about to say so.
      if (now.mono < lostAt + TURNS_MS) return lostAt + TURNS_MS;
      return isWorth && isEnough(region.claims.size, region) ? now.mono + renewMs + turn() : undefined;
    },

    onClaim(record, from, path, now) {
      const { key: name, author } = record;
      const isHeeded = members.has(author) && nameOf(author) !== name && sizeOf(name) >= LEAST;
      const region = isHeeded ? openRegion(name) : undefined;
      const reason = refusalOf(record, region);
      if (reason === undefined && region !== undefined) {
        const old = region.claims.get(author);
        if (old !== undefined) outbox.fact({ type: 'record-dropped', record: old.record });
        region.claims.set(author, { record, heardAt: now.mono, until: now.mono + msLeft(record, config, now) });
        outbox.fact({ type: 'record-stored', record, from, path, kept: true });
        return weigh(region, now);
      }
      if (reason !== undefined) outbox.fact({ type: 'record-ignored', reason });
      if (region?.claims.size === 0 && region.lostAt.length === 0) regions.delete(name);
    },

    onWord(peer, hlc, now) {
      if (regions.size === 0) return;
      const region = regions.get(nameOf(peer) ?? '');
      if (region !== undefined) hear(region, hlc, now);
    },

    onMember(record, old, now) {
      const name = regionOf(record);
      const before = old && regionOf(old);
      if (before !== name) {
        resize(before, -1);
        resize(name, 1);
      }
      const region = regions.get(name ?? '');
      if (region === undefined) return;
      const isNews = record.hlc > region.saidAt;
      hear(region, record.hlc, now);
      // What it said before the cut may come by a sync only now.
      if (region.isCut && (old === undefined || !isNews)) hide([record.author]);
    },

    onMemberGone(record, now) {
      // Three voices are three that are here: not one who comes three times.
      for (const one of [...regions.values()])
        if (one.claims.has(record.author)) drop(one, claim => claim.record.author === record.author, now);
      const name = regionOf(record);
      resize(name, -1);
      const region = regions.get(name ?? '');
      if (region !== undefined && sizeOf(region.name) === 0) {
        region.lostAt = [];
        drop(region, () => true, now);
      }
    },

    mayBeCut(peer) {
      const name = nameOf(peer);
      return name !== tools.region && (regions.get(name ?? '')?.claimedSince ?? NEVER) !== NEVER;
    },

    onStall(now) {
      // What it would have heard meanwhile is still to come.
      for (const region of regions.values()) if (region.claimedSince !== NEVER) region.claimedSince = now.mono;
    },

    onWake(now) {
      for (const region of [...regions.values()]) {
        if (now.mono >= expiresAt(region)) drop(region, ({ until }) => now.mono >= until, now);
        if (now.mono >= region.answerAt) answer(region);
        if (now.mono >= judgedAt(region)) judge(region, now);
      }
    },

    nextDueAt() {
      let next = NEVER;
      for (const region of regions.values())
        next = Math.min(next, region.answerAt, judgedAt(region), expiresAt(region));
      return next;
    },
  };
}
