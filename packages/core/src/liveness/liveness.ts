/**
 * Are they still there? Active neighbours watch each other: every frame is proof of life, an idle link carries
 * heartbeats, a silent one is pinged and then given up. Who gives up a neighbour says so in a signed
 * accusation; the accused refutes it by any newer record of its own, and is dead when it does not.
 * After SWIM (Das et al. 2002), with the neighbours as monitors instead of random probes. An accusation is
 * ordered against its subject's records by hybrid clock: the accuser had heard all that it had heard.
 */
import type { Config } from '../config.ts';
import type { NeighbourLoss, Path, Source } from '../fact.ts';
import { activityOf } from '../identity/presence-value.ts';
import { HUNG_UP, type SignedRecord } from '../identity/record.ts';
import { createEarliest } from '../lib/earliest.ts';
import type { Rng } from '../lib/rng.ts';
import type { Outbox } from '../outbox.ts';
import type { MonoMs, Now, PeerId, Wire } from '../types.ts';
import type { Frame } from '../wire/frame.ts';
import { type Accusations, createAccusations } from './accusations.ts';
import { createIntentions, type Intention, type Intentions } from './intentions.ts';
import { createRoundTrip, type RoundTrip } from './round-trip.ts';
import { createSuspicions, type Suspicions } from './suspicions.ts';

export interface Liveness {
  onNeighbourUp(peer: PeerId, now: Now): void;
  onNeighbourDown(peer: PeerId, reason: NeighbourLoss, now: Now): void;
  /** Any frame, before it is parsed. False: `peer` is no neighbour. */
  onHeard(peer: PeerId, now: Now): boolean;
  /** Any frame to a neighbour. */
  onSent(peer: PeerId, now: Now): void;
  onFrame(from: PeerId, frame: Extract<Frame, { type: 'ping' | 'pong' }>, now: Now): void;
  onRecordAccepted(record: SignedRecord, from: Source, path: Path, now: Now): void;
  onRecordStored(record: SignedRecord, now: Now): void;
  onMemberGone(peer: PeerId): void;
  /** It is accused, unless somebody else does so meanwhile, so that it answers or is given up. */
  onPeerDoubted(peer: PeerId, now: Now): void;
  /** This node itself was stopped for `stalledMs`: its silence about others proves nothing. */
  onStall(stalledMs: number, now: Now): void;
  onWake(now: Now): void;
  nextWakeAt(): MonoMs | undefined;
  rttMs(peer: PeerId): number | undefined;
  /** The newest word of a member, by hybrid clock; `undefined`: it is none. */
  saidAt(peer: PeerId): number | undefined;
  suspected(): number;
}

interface Watch {
  heardAt: number;
  /** When a newer word of the peer was accepted, by whatever way it came. */
  spokeAt: number;
  sentAt: number;
  pingedAt: number | undefined;
  pingNonce: number | undefined;
  measureAt: number;
  roundTrip: RoundTrip;
  /** When something is to be done about the link, as of the last change. */
  dueAt: number;
}

/** How many times the usual limits a slow line may be granted. */
const MOST_PATIENCE = 3;
/** A link that closed without a word: time for the peer to come back, or for its goodbye by another way. */
const CLOSED_GRACE_MS = 1_000;
/** A page that goes says goodbye just before: the goodbye may come by another neighbour. */
const HUNG_UP_GRACE_MS = 100;
/** Accusations of one peer by all who doubt it are spread over so long. */
const DOUBT_SPREAD_MS = 10_000;
const MAX_TO_ACCUSE = 1_024;

export interface LivenessTools {
  readonly self: PeerId;
  readonly config: Config;
  readonly outbox: Outbox;
  readonly rng: Rng;
  /** What the members that this node sees add up to: neighbours are told with each answer. */
  readonly view: () => number;
}

export function createLiveness({ self, config, outbox, rng, view }: LivenessTools): Liveness {
  const watches = new Map<PeerId, Watch>();
  const toAccuse: Intentions = createIntentions();
  /** The newest presence of each: others have it, or will by sync, so they agree on what it refutes. */
  const members = new Map<PeerId, SignedRecord>();
  /** The newest word of a member by its own clock, where it is newer than its presence. */
  const saidSince = new Map<PeerId, number>();
  const accusations: Accusations = createAccusations(config);
  const suspicions: Suspicions = createSuspicions(self, config);
  let stallOverAt = Number.NEGATIVE_INFINITY;

  /** `undefined`: no member. */
  const saidOf = (peer: PeerId): number | undefined => saidSince.get(peer) ?? members.get(peer)?.hlc;

  /** Who said that it would be stopped is silent, and that proves nothing. A stack that hangs up is not stopped. */
  const isExcused = (peer: PeerId, value: Wire): boolean => {
    const stated = members.get(peer);
    return value !== HUNG_UP && stated !== undefined && activityOf(stated) === 'asleep';
  };

  const accuse = (peer: PeerId, value: typeof HUNG_UP | null): void => {
    if (!isExcused(peer, value)) outbox.fact({ type: 'statement-wanted', kind: 'accuse', key: peer, value });
  };

  const accuseLost = (peer: PeerId, why: Intention['why']): void => {
    if (why === 'doubt') {
      // Others doubted it at about the same time, and one accusation is enough.
      if (!watches.has(peer) && accusations.against(peer).length === 0) accuse(peer, null);
    } else if (members.has(peer)) accuse(peer, why === 'hung-up' ? HUNG_UP : null);
  };

  const watchesDue = createEarliest(() => {
    let next = Number.POSITIVE_INFINITY;
    for (const { dueAt } of watches.values()) next = Math.min(next, dueAt);
    return next;
  });

  const ping = (peer: PeerId, watch: Watch, now: Now): void => {
    watch.pingNonce = rng.uint32();
    watch.pingedAt = now.mono;
    watch.measureAt = now.mono + rng.jitter(config['liveness.rttMs'], 0.2);
    plan(watch);
    outbox.send(peer, { type: 'ping', nonce: watch.pingNonce });
  };

  /** Pinged since it was heard last, so its patience runs. */
  const isAsked = (watch: Watch): boolean => watch.pingedAt !== undefined && watch.pingedAt > watch.heardAt;

  /** A slow or busy line delivers late: that is granted, up to a bound that no peer can stretch. */
  const silenceLimitMs = ({ roundTrip }: Watch): number =>
    Math.min(config['liveness.silenceMs'] + 4 * roundTrip.variationMs(), MOST_PATIENCE * config['liveness.silenceMs']);

  const patienceMs = ({ roundTrip }: Watch): number =>
    Math.min(config['liveness.pingMs'] + roundTrip.timeoutMs(), MOST_PATIENCE * config['liveness.pingMs']);

  /** When silence is to be acted on: first by a ping, then, with patience counted from a ping that may be late, for good. */
  const silenceDueAt = (watch: Watch): number => {
    const silentAt = watch.heardAt + silenceLimitMs(watch);
    return isAsked(watch) ? Math.max(silentAt, watch.pingedAt!) + patienceMs(watch) : silentAt;
  };

  /** A ping without an answer is not asked again: that would renew the patience for ever. */
  const measureDueAt = (watch: Watch): number => (isAsked(watch) ? Number.POSITIVE_INFINITY : watch.measureAt);

  const dueOf = (watch: Watch): number =>
    Math.min(watch.sentAt + config['liveness.heartbeatMs'], measureDueAt(watch), silenceDueAt(watch));

  /** Follows every change of a watch. */
  const plan = (watch: Watch): void => {
    const dueAt = dueOf(watch);
    watchesDue.moved(watch.dueAt, dueAt);
    watch.dueAt = dueAt;
  };

  const check = (peer: PeerId, watch: Watch, now: Now): void => {
    if (now.mono >= silenceDueAt(watch)) {
      if (isAsked(watch)) return outbox.fact({ type: 'neighbour-silent', peer });
      ping(peer, watch, now);
    }
    if (now.mono >= measureDueAt(watch)) ping(peer, watch, now);
    if (now.mono < watch.sentAt + config['liveness.heartbeatMs']) return;
    // Planned first: a link too full for a heartbeat must not be due again at once, for ever.
    watch.sentAt = now.mono;
    plan(watch);
    outbox.send(peer, { type: 'heartbeat' });
  };

  const drop = (records: readonly SignedRecord[]): void => {
    for (const record of records) outbox.fact({ type: 'record-dropped', record });
  };

  const suspect = ({ key, author, hlc, value }: SignedRecord, now: Now): void => {
    const subject = key as PeerId;
    if (isExcused(subject, value)) return;
    // What this node hears itself outweighs what it is told; the accused is left to answer.
    const watch = watches.get(subject);
    if (watch !== undefined && now.mono - watch.heardAt < config['liveness.silenceMs']) return;
    // Keys are free: who is nobody here has seen nothing that would shorten the time to answer.
    const isWitness = value === HUNG_UP && (author === self || members.has(author));
    if (suspicions.add(subject, author, hlc, isWitness, now)) outbox.fact({ type: 'peer-suspected', peer: subject });
  };

  const onAccusation = (record: SignedRecord, from: Source, path: Path, now: Now): void => {
    const subject = record.key as PeerId;
    const stated = members.get(subject);
    if (stated !== undefined && record.hlc < stated.hlc)
      return outbox.fact({ type: 'record-ignored', reason: 'stale-accusation' });
    if (!accusations.add(record, now)) return outbox.fact({ type: 'record-ignored', reason: 'quota' });
    outbox.fact({ type: 'record-stored', record, from, path, kept: true });
    if (subject === self) return outbox.fact({ type: 'self-suspected' });
    if (stated !== undefined && record.hlc > saidOf(subject)!) suspect(record, now);
  };

  return {
    onNeighbourUp(peer, now) {
      toAccuse.delete(peer);
      const { mono } = now;
      const watch: Watch = {
        heardAt: mono,
        spokeAt: mono,
        sentAt: mono,
        pingedAt: undefined,
        pingNonce: undefined,
        measureAt: mono,
        roundTrip: createRoundTrip(),
        dueAt: Number.POSITIVE_INFINITY,
      };
      watches.set(peer, watch);
      plan(watch);
    },

    onNeighbourDown(peer, reason, now) {
      const watch = watches.get(peer);
      const heardAt = watch?.heardAt ?? now.mono;
      if (watch !== undefined) watchesDue.moved(watch.dueAt, Number.POSITIVE_INFINITY);
      watches.delete(peer);
      // What it said meanwhile came by another way: the link is bad, and its peer is not accused.
      if (reason === 'silent') {
        const spokeAt = watch?.spokeAt ?? heardAt;
        if (members.has(peer) && spokeAt <= heardAt + CLOSED_GRACE_MS) accuse(peer, null);
      } else if ((reason === 'closed' || reason === 'hung-up') && now.mono >= stallOverAt) {
        // After a stop of our own it was the others who gave us up, and they are alive.
        toAccuse.set(peer, { at: now.mono + (reason === 'hung-up' ? HUNG_UP_GRACE_MS : CLOSED_GRACE_MS), why: reason });
      }
    },

    onHeard(peer, now) {
      const watch = watches.get(peer);
      if (watch === undefined) return false;
      watch.heardAt = now.mono;
      plan(watch);
      return true;
    },

    onSent(peer, now) {
      const watch = watches.get(peer);
      if (watch === undefined) return;
      watch.sentAt = now.mono;
      plan(watch);
    },

    onFrame(from, frame, now) {
      if (frame.type === 'ping') return outbox.send(from, { type: 'pong', nonce: frame.nonce, view: view() });
      const watch = watches.get(from);
      if (watch?.pingedAt === undefined || watch.pingNonce !== frame.nonce) return;
      watch.roundTrip.add(now.mono - watch.pingedAt);
      plan(watch);
      watch.pingNonce = undefined;
    },

    onRecordAccepted(record, from, path, now) {
      const { author } = record;
      if (record.kind === 'leave') return;
      if (record.hlc > (saidOf(author) ?? Number.POSITIVE_INFINITY)) {
        saidSince.set(author, record.hlc);
        const watch = watches.get(author);
        if (watch !== undefined) watch.spokeAt = now.mono;
        // Whoever was faster has its answer.
        if (toAccuse.get(author)?.why === 'doubt') toAccuse.delete(author);
      }
      if (suspicions.clear(author, record.hlc)) outbox.fact({ type: 'peer-cleared', peer: author });
      if (record.kind === 'accuse') onAccusation(record, from, path, now);
    },

    onRecordStored(record, now) {
      // Only who has a place among the members is watched: strangers' keys are free, and without end.
      if (record.kind !== 'presence') return;
      const { author, hlc } = record;
      const isKnown = members.has(author);
      members.set(author, record);
      if ((saidSince.get(author) ?? 0) <= hlc) saidSince.delete(author);
      drop(accusations.takeRefuted(author, hlc));
      if (isKnown) return;
      // A sync may bring the accusation before the presence it is about.
      for (const accusation of accusations.against(author)) suspect(accusation, now);
    },

    onMemberGone(peer) {
      members.delete(peer);
      saidSince.delete(peer);
      toAccuse.delete(peer);
      suspicions.forget(peer);
    },

    onPeerDoubted(peer, now) {
      if (watches.has(peer) || toAccuse.get(peer) !== undefined || toAccuse.size() >= MAX_TO_ACCUSE) return;
      toAccuse.set(peer, { at: now.mono + rng.next() * DOUBT_SPREAD_MS, why: 'doubt' });
    },

    onStall(stalledMs, now) {
      stallOverAt = now.mono + CLOSED_GRACE_MS;
      for (const watch of watches.values()) {
        watch.heardAt = now.mono;
        watch.pingedAt = undefined;
        plan(watch);
      }
      suspicions.postpone(stalledMs);
    },

    onWake(now) {
      for (const [peer, watch] of watches) if (now.mono >= watch.dueAt) check(peer, watch, now);
      for (const [peer, { why }] of toAccuse.takeDue(now)) accuseLost(peer, why);
      drop(accusations.takeExpired(now));
      for (const { peer, hlc } of suspicions.takeDue(now)) outbox.fact({ type: 'peer-failed', peer, hlc });
    },

    nextWakeAt: () => {
      const next = Math.min(watchesDue.at(), toAccuse.nextDueAt(), suspicions.nextDueAt(), accusations.nextDueAt());
      return next === Number.POSITIVE_INFINITY ? undefined : (next as MonoMs);
    },

    rttMs: peer => watches.get(peer)?.roundTrip.meanMs(),
    saidAt: saidOf,
    suspected: () => suspicions.size(),
  };
}
