/**
 * Who is here now. A presence record is `[incarnation, value, region?, activity?]`; the newest of each author counts. It ends by
 * the author's own goodbye for that incarnation, by its failure, or when it is not renewed: counted from when
 * *this* node received it, but never longer than others take it: what one drops nobody may bring back.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import type { Config } from '../config.ts';
import type { Fact, Path, Source } from '../fact.ts';
import { wallMsOf } from '../identity/hlc.ts';
import { msLeft } from '../identity/lifetime.ts';
import { type Activity, activityOf, presenceValue, regionOf } from '../identity/presence-value.ts';
import { isNewer, type SignedRecord } from '../identity/record.ts';
import type { Delivery, PageActivity } from '../input.ts';
import { toHex, utf8 } from '../lib/bytes.ts';
import { createExpiringSet, type ExpiringSet } from '../lib/expiring-set.ts';
import type { Rng } from '../lib/rng.ts';
import { createTokenBucket } from '../lib/token-bucket.ts';
import type { Outbox } from '../outbox.ts';
import type { Hlc, MonoMs, Now, PeerId, WallMs, Wire } from '../types.ts';
import { isSame } from '../wire/value.ts';
import { createAttention } from './attention.ts';

export interface Presence {
  /** The app's own presence. Stated at once, and again before it would expire. */
  update(value: Wire, now: Now): void;
  /** Said after a while out of sight, at once when the page is stopped or comes back. */
  onActivity(page: PageActivity, now: Now): void;
  onRecordAccepted(record: SignedRecord, from: Source, path: Path, now: Now): void;
  onRecordDuplicate(record: SignedRecord, path: Path, now: Now): void;
  /** What a record, were it genuine, is beside what is remembered of its author. */
  standingOf(record: SignedRecord): 'kept' | 'overtaken' | undefined;
  onPeerSuspected(peer: PeerId): void;
  onPeersCleared(peers: readonly PeerId[]): void;
  /** It does not answer, but is not called dead yet. `isCut`: it lives, as far as anybody knows. */
  onPeerUnreachable(peer: PeerId, isCut: boolean): void;
  onPeerFailed(fact: Extract<Fact, { type: 'peer-failed' }>, now: Now): void;
  /** Who was watched by those that failed is watched by nobody: all restate their presence soon, and who does not is doubted. */
  onManyFailed(now: Now): void;
  /** Somebody takes this node for dead: say otherwise. */
  onSelfSuspected(now: Now): void;
  /** This node was stopped: it could not hear renewals, so nobody expires before there was time to catch up. */
  onStall(stalledMs: number, now: Now): void;
  onWake(now: Now): void;
  nextWakeAt(): MonoMs | undefined;
  /** Others present. */
  size(): number;
  census(): Census;
  /** Is there a member whose key begins so? Looks at all. */
  hasMember(head: string): boolean;
  /** Who is present, this node included once its presence is signed. */
  listed(): readonly Listed[];
  isListed(peer: PeerId): boolean;
  /** False: newcomers may find no place. */
  isRoomy(): boolean;
  /** 0 to 2^32 − 1, a sum over all who are present: equal on peers that see the same, and cheap enough to be told often. */
  viewSum(): number;
  /** 16 hex characters, equal on peers that see the same members, themselves included. */
  viewHash(): string;
}

/** Members besides this node, and how many have ever come. */
export interface Census {
  readonly others: number;
  readonly arrivals: number;
}

/** One who is present, as it says itself. */
export interface Listed {
  readonly peer: PeerId;
  readonly presence: Wire;
  readonly region: string | undefined;
}

/** What is known of one author: its newest word, and whether it still counts. */
interface Slot {
  readonly record: SignedRecord;
  state: 'alive' | 'suspect' | 'unreachable' | 'left' | 'failed';
  /** Everything the author said up to here is void. */
  voidUpTo: number;
  /** In whole milliseconds: a fraction would take an object of its own for each member. */
  until: number;
}

/** Who signs what is said when there is no time for a signature. */
interface InAdvance {
  prepareFarewell(incarnation: Hlc, atLeastUntil: WallMs, now: Now): void;
  nap(): SignedRecord | undefined;
}

interface PresenceTools {
  readonly self: PeerId;
  /** Above everything that was heard: an incarnation is the clock at its beginning. */
  readonly nextClock: (now: Now) => Hlc;
  /** Nobody ends for silence before: the way to them may be cut. */
  readonly heldUntil: () => number;
  /** Was it accused of silence after it said something at `hlc`? */
  readonly isAccusedSince: (peer: PeerId, hlc: number) => boolean;
  readonly region: string | undefined;
  readonly config: Config;
  readonly outbox: Outbox;
  readonly rng: Rng;
  readonly inAdvance: InAdvance;
}

/** Own presence is stated in answer to accusations, but they must not become a lever. */
const REFUTATIONS_PER_SECOND = 1;
const REFUTATIONS_AT_ONCE = 4;
/** Whoever replays old presences of many must not have this node accuse them all. */
const DOUBTS_PER_SECOND = 0.5;
const DOUBTS_AT_ONCE = 16;
const MAX_DOUBTED = 1_024;
/** A table so full gives nobody more than the time of a small room: who fills it has to go on doing so. */
const CROWDED = 0.9;
const EXPIRY_CHECK_MS = 1_000;
/** How many of all who could doubt a peer do so: one is enough, and each costs a record for everybody. */
const DOUBTERS = 8;
const NEVER = Number.POSITIVE_INFINITY;
const DOUBT_AGAIN_MS = 30_000;
/** Refreshes have ±20 %; the rest is time to arrive. */
const ONE_REFRESH = 1.35;

export function createPresence(tools: PresenceTools, startedAt: Now): Presence {
  const { self, config, outbox, rng, inAdvance, heldUntil } = tools;
  const attention = createAttention(config);
  const slots = new Map<PeerId, Slot>();
  let own: Wire | undefined;
  let incarnation = tools.nextClock(startedAt);
  const refutations = createTokenBucket(REFUTATIONS_PER_SECOND, REFUTATIONS_AT_ONCE, startedAt.mono);
  const takeDoubt = createDoubts(config, rng, startedAt);
  let refreshAt = NEVER;
  let checkAt = NEVER;
  /** No slot ends before `checkAt`. Many failed at `manyFailedAt`, and at `doubtAt` whoever has said nothing since is asked after. */
  let manyFailedAt = Number.NEGATIVE_INFINITY;
  let doubtAt = NEVER;
  /** What is stated next answers an accusation. */
  let isAnswer = false;
  let others = 0;
  let arrivals = 0;
  let viewSum = 0;
  /** Of those present now, once it was asked for. */
  let knownHash: string | undefined;

  /**
   * By how much presences live longer, and are renewed more seldom, than in a small room, so that what all renew
   * together stays bounded. Who came lately is renewed as in a small one: in a room of short visits
   * nothing is to be remembered for long.
   */
  const stretch = (now: Now): number => {
    const byRoom = ((others + 1) * 1_000) / (config['presence.renewalsPerSecond'] * config['presence.refreshMs']);
    const byAge = (now.mono - startedAt.mono) / config['presence.refreshMs'];
    return Math.max(1, Math.min(byRoom, byAge, config['presence.maxValidMs'] / config['presence.validMs']));
  };

  const saying = (activity: Activity): Wire => presenceValue(incarnation, own ?? null, tools.region, activity);

  const prepareFarewell = (validMs: number, now: Now): void =>
    inAdvance.prepareFarewell(incarnation, (now.wall + validMs + config['intake.skewMs']) as WallMs, now);

  const prepareNap = (now: Now): void => {
    prepareFarewell(config['presence.asleepMs'], now);
    outbox.fact({ type: 'nap-wanted', value: saying('asleep'), validMs: config['presence.asleepMs'] });
  };

  const state = (now: Now): void => {
    const factor = stretch(now);
    const validMs = Math.floor(config['presence.validMs'] * factor);
    prepareFarewell(validMs, now);
    const value = saying(attention.isAway() ? 'away' : 'here');
    outbox.fact({ type: 'statement-wanted', kind: 'presence', key: '', value, validMs });
    // Later than what it is to replace, so after every statement.
    if (attention.isHidden()) prepareNap(now);
    refreshAt = now.mono + rng.jitter(config['presence.refreshMs'] * factor, 0.2);
  };

  const show = ({ record, state }: Slot): void => {
    const [incarnation, presence] = record.value as readonly [Hlc, Wire];
    const joinedAtMs = wallMsOf(incarnation);
    const status = state !== 'alive' ? 'suspect' : activityOf(record) === 'here' ? 'alive' : 'away';
    const delivery: Delivery = { what: 'presence', peer: record.author, presence, joinedAtMs, status };
    outbox.effect({ type: 'deliver', delivery });
  };

  const keep = (peer: PeerId, slot: Slot): void => {
    slots.set(peer, slot);
    checkAt = Math.min(checkAt, slot.until);
  };

  const gone = (peer: PeerId, reason: 'left' | 'failed' | 'expired'): void => {
    viewSum = (viewSum - wordOf(peer)) >>> 0;
    if (peer === self) return;
    others -= 1;
    knownHash = undefined;
    outbox.effect({ type: 'deliver', delivery: { what: 'presence-gone', peer, reason } });
    outbox.fact({ type: 'member-gone', peer, reason });
  };

  const drop = (slot: Slot): void => outbox.fact({ type: 'record-dropped', record: slot.record });

  /** Its record is void as long as somebody may still bring it. */
  const end = (peer: PeerId, slot: Slot, reason: 'failed' | 'expired', voidUpTo: number, now: Now): void => {
    drop(slot);
    slot.state = 'failed';
    slot.voidUpTo = voidUpTo;
    slot.until = Math.ceil(now.mono + Math.max(0, msLeft(slot.record, config, now)) + config['intake.skewMs']);
    checkAt = Math.min(checkAt, slot.until);
    gone(peer, reason);
  };

  /** Overdue, but perhaps out of reach. What nobody else takes any more is not offered to others. */
  const hold = (slot: Slot, now: Now): void => {
    const leftMs = msLeft(slot.record, config, now);
    if (leftMs <= 0) drop(slot);
    slot.until = Math.ceil(leftMs > 0 ? Math.min(now.mono + leftMs, heldUntil()) : heldUntil());
    if (slot.state !== 'alive') return;
    slot.state = 'suspect';
    show(slot);
  };

  const expire = (peer: PeerId, slot: Slot, now: Now): void => {
    if (peer !== self && isPresent(slot) && now.mono < heldUntil()) return hold(slot, now);
    if (isPresent(slot) && msLeft(slot.record, config, now) > 0)
      return end(peer, slot, 'expired', slot.record.hlc, now);
    slots.delete(peer);
    if (slot.state !== 'failed') drop(slot);
    if (isPresent(slot)) gone(peer, 'expired');
  };

  const answers = (author: PeerId): boolean => {
    const was = author === self && isAnswer;
    if (was) isAnswer = false;
    return was;
  };

  const ignore = (reason: 'superseded' | 'quota'): void => outbox.fact({ type: 'record-ignored', reason });

  /** Who can answer, and who cannot any more. `old`: what the member said before, if it was one. */
  const tellStanding = (record: SignedRecord, old: SignedRecord | undefined): void => {
    const { author: peer } = record;
    const sleeps = activityOf(record) === 'asleep';
    const slept = old !== undefined && activityOf(old) === 'asleep';
    if (sleeps && !slept) outbox.fact({ type: 'member-asleep', peer });
    if (!sleeps && (slept || old === undefined)) outbox.fact({ type: 'member-joined', peer, region: regionOf(record) });
  };

  const onPresence = (record: SignedRecord, from: Source, path: Path, now: Now): void => {
    const { author } = record;
    const old = slots.get(author);
    if (old === undefined && slots.size >= config['presence.maxAuthors']) return ignore('quota');
    if (old?.state === 'failed' && record.hlc <= old.voidUpTo) {
      contradict(record, path, now);
      return ignore('superseded');
    }
    if (old !== undefined && isOvertaken(record, old)) return ignore('superseded');
    const wasPresent = old !== undefined && isPresent(old);
    const isRenewal = old?.state === 'alive' && isSame(record.value, old.record.value) && !answers(author);
    if (old !== undefined && old.state !== 'failed') drop(old);
    const isCrowded = old === undefined && slots.size >= CROWDED * config['presence.maxAuthors'];
    const mostMs = isCrowded ? config['presence.validMs'] : validityOf(record, config);
    const until = Math.ceil(now.mono + Math.min(mostMs, validityOf(record, config), msLeft(record, config, now)));
    // A word that comes late, from before an accusation, answers nothing.
    const isSuspect = author !== self && tools.isAccusedSince(author, record.hlc);
    const slot: Slot = { record, state: isSuspect ? 'suspect' : 'alive', voidUpTo: 0, until };
    keep(author, slot);
    if (!wasPresent) viewSum = (viewSum + wordOf(author)) >>> 0;
    if (author !== self) {
      if (!wasPresent) {
        others += 1;
        arrivals += 1;
        knownHash = undefined;
      }
      tellStanding(record, wasPresent && old.state !== 'unreachable' ? old.record : undefined);
      show(slot);
    }
    outbox.fact({ type: 'record-stored', record, from, path, kept: true, isRenewal });
  };

  const onLeave = (record: SignedRecord, from: Source, path: Path, now: Now): void => {
    const { author } = record;
    const old = slots.get(author);
    if (old === undefined && slots.size >= config['presence.maxAuthors']) return ignore('quota');
    if (old !== undefined && isOvertaken(record, old)) return ignore('superseded');
    if (old !== undefined && old.state !== 'failed') drop(old);
    if (old !== undefined && isPresent(old)) gone(author, 'left');
    // It says itself how long a copy of the presence that it ends can be about.
    const until = Math.ceil(now.mono + msLeft(record, config, now));
    keep(author, { record, state: 'left', voidUpTo: 0, until });
    outbox.fact({ type: 'record-stored', record, from, path, kept: true });
  };

  const endOverdue = (now: Now): void => {
    let next = NEVER;
    for (const [peer, slot] of slots) {
      if (now.mono >= slot.until) expire(peer, slot, now);
      if (slots.has(peer)) next = Math.min(next, slot.until);
    }
    checkAt = Math.max(next, now.mono + EXPIRY_CHECK_MS);
  };

  const doubt = (peer: PeerId, now: Now): void => {
    if (takeDoubt(peer, others + 1, now)) outbox.fact({ type: 'peer-doubted', peer });
  };

  /** Nobody may be left who watched them: whoever has not restated its presence in time has to answer for itself. */
  const doubtUnheard = (now: Now): void => {
    doubtAt = NEVER;
    for (const [peer, slot] of slots) {
      if (peer === self || !isPresent(slot)) continue;
      if (slot.until - validityOf(slot.record, config) >= manyFailedAt) continue;
      doubtAt = now.mono + DOUBT_AGAIN_MS;
      doubt(peer, now);
    }
  };

  /** Somebody takes one for alive that failed here: one of us is wrong, and it alone can tell. */
  const contradict = (record: SignedRecord, path: Path, now: Now): void => {
    const slot = slots.get(record.author);
    if (path === 'sync' && slot?.state === 'failed' && record.hlc <= slot.voidUpTo) doubt(record.author, now);
  };

  /** An earlier life that this one knows nothing of, and whose clock was ahead: its words would stand for this one. */
  const outlive = (record: SignedRecord, now: Now): void => {
    const slot = slots.get(self);
    if (slot !== undefined && isOvertaken(record, slot)) return;
    if (incarnationOf(record) >= incarnation) incarnation = tools.nextClock(now);
    if (own !== undefined) refreshAt = now.mono;
  };

  return {
    update(value, now) {
      own = value;
      state(now);
    },

    onActivity(page, now) {
      const isNews = attention.onPage(page, now);
      if (own === undefined) return;
      const nap = page === 'frozen' ? inAdvance.nap() : undefined;
      if (nap !== undefined) outbox.fact({ type: 'record-accepted', record: nap, from: 'self', path: 'self' });
      if (isNews) state(now);
      else if (page === 'hidden') prepareNap(now);
    },

    onRecordAccepted(record, from, path, now) {
      if (record.author === self && from !== 'self') outlive(record, now);
      if (record.kind === 'leave') onLeave(record, from, path, now);
      else onPresence(record, from, path, now);
    },

    onRecordDuplicate(record, path, now) {
      if (record.kind === 'presence') contradict(record, path, now);
    },

    standingOf(record) {
      if (record.kind !== 'presence' && record.kind !== 'leave') return undefined;
      const slot = slots.get(record.author);
      if (slot === undefined) return undefined;
      if (slot.record.id === record.id) return 'kept';
      return isOvertaken(record, slot) ? 'overtaken' : undefined;
    },

    onPeerSuspected(peer) {
      const slot = slots.get(peer);
      if (slot?.state !== 'alive') return;
      slot.state = 'suspect';
      show(slot);
    },

    onPeersCleared(peers) {
      for (const peer of peers) {
        const slot = slots.get(peer);
        if (slot?.state !== 'suspect' && slot?.state !== 'unreachable') continue;
        if (slot.state === 'unreachable') tellStanding(slot.record, undefined);
        slot.state = 'alive';
        show(slot);
      }
    },

    onPeerUnreachable(peer, isCut) {
      const slot = slots.get(peer);
      if (slot === undefined || !isPresent(slot)) return;
      const isShown = slot.state !== 'alive';
      // Newcomers need not hear of it, nor those who hold it for dead. If it lives, its answer is a newer one.
      if (!isCut) drop(slot);
      slot.state = 'unreachable';
      if (!isShown) show(slot);
    },

    onPeerFailed({ peer, hlc }, now) {
      const slot = slots.get(peer);
      if (slot === undefined || !isPresent(slot) || slot.record.hlc > hlc) return;
      end(peer, slot, 'failed', hlc, now);
    },

    onManyFailed(now) {
      const soon = now.mono + rng.next() * config['presence.refreshMs'];
      if (own !== undefined) refreshAt = Math.min(refreshAt, soon);
      if (doubtAt !== NEVER) return;
      manyFailedAt = now.mono;
      doubtAt = now.mono + ONE_REFRESH * config['presence.refreshMs'];
    },

    onSelfSuspected(now) {
      if (own === undefined) return;
      isAnswer = true;
      if (refutations.take(1, now.mono)) state(now);
      else refreshAt = Math.min(refreshAt, now.mono + refutations.waitMs(1, now.mono));
    },

    onStall(stalledMs, now) {
      const graceUntil = Math.ceil(now.mono + Math.min(stalledMs, config['presence.refreshMs']));
      for (const slot of slots.values()) slot.until = Math.max(slot.until, graceUntil);
    },

    onWake(now) {
      const isNews = attention.onWake(now);
      if (now.mono >= refreshAt || (isNews && own !== undefined)) state(now);
      if (now.mono >= checkAt) endOverdue(now);
      if (now.mono >= Math.max(doubtAt, heldUntil())) doubtUnheard(now);
    },

    nextWakeAt: () => {
      const next = Math.min(refreshAt, checkAt, Math.max(doubtAt, heldUntil()), attention.dueAt());
      return next === NEVER ? undefined : (next as MonoMs);
    },
    size: () => others,
    census: () => ({ others, arrivals }),
    hasMember(head) {
      for (const [peer, slot] of slots) if (peer.startsWith(head)) return isPresent(slot);
      return false;
    },
    listed: () => [...slots.values()].filter(isPresent).map(toListed),
    isListed(peer) {
      const slot = slots.get(peer);
      return slot !== undefined && isPresent(slot);
    },
    isRoomy: () => slots.size < CROWDED * config['presence.maxAuthors'],
    viewSum: () => viewSum,
    viewHash: () => {
      knownHash ??= hashOf(self, slots);
      return knownHash;
    },
  };
}

/** May this one of `members` doubt that peer now? */
function createDoubts(config: Config, rng: Rng, startedAt: Now): (peer: PeerId, members: number, now: Now) => boolean {
  const bucket = createTokenBucket(DOUBTS_PER_SECOND, DOUBTS_AT_ONCE, startedAt.mono);
  /** Whom this node doubted lately. */
  const doubted: ExpiringSet<PeerId> = createExpiringSet(MAX_DOUBTED, config['liveness.accusationMs']);
  return (peer, members, now) => {
    doubted.expire(now.mono);
    if (doubted.has(peer) || rng.next() * members >= DOUBTERS || !bucket.take(1, now.mono)) return false;
    doubted.add(peer, now.mono);
    return true;
  };
}

function hashOf(self: PeerId, slots: ReadonlyMap<PeerId, Slot>): string {
  const members = [self];
  for (const [peer, slot] of slots) if (peer !== self && isPresent(slot)) members.push(peer);
  return toHex(sha256(utf8(members.sort().join(' '))).subarray(0, 8));
}

/** Of a key: those are as good as random, except where somebody wants to fool a figure. */
function wordOf(peer: PeerId): number {
  return Number.parseInt(peer.slice(0, 8), 16);
}

function toListed({ record }: Slot): Listed {
  const [, presence] = record.value as readonly [Hlc, Wire];
  return { peer: record.author, presence, region: regionOf(record) };
}

function isPresent(slot: Slot): boolean {
  return slot.state !== 'left' && slot.state !== 'failed';
}

/** By the last word that counts. What a failure made void is another matter: it may have to be contradicted. */
function isOvertaken(record: SignedRecord, { record: last, state }: Slot): boolean {
  if (state === 'failed') return false;
  if (state === 'left') return incarnationOf(record) <= incarnationOf(last);
  return record.kind === 'leave' ? incarnationOf(record) < incarnationOf(last) : !isNewer(record, last);
}

/** Of a presence, or of the goodbye that ends it. */
function incarnationOf({ value }: SignedRecord): number {
  return Array.isArray(value) ? (value[0] as number) : (value as number);
}

/** How long a presence counts from its receipt, ms. An author may ask for less than the longest, not for more. */
function validityOf(record: SignedRecord, config: Config): number {
  return Math.min(config['presence.maxValidMs'], Math.max(0, record.exp - wallMsOf(record.hlc)));
}
