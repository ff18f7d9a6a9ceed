/**
 * Are they still there? Active neighbours watch each other (watches.ts). Who gives up a neighbour asks for it by other
 * ways first (probes.ts), and then says so in a signed accusation, with the accused's own vouch that the two were
 * linked (vouches.ts). The accused refutes it by any newer record of its own, and is dead when it does not and enough of
 * its neighbours say so (suspicions.ts), unless so many fall silent at once that the way to them may be cut (partition.ts),
 * and then, where it is the way to whole regions, those are named instead (cuts.ts).
 * After SWIM (Das et al. 2002) and Lifeguard (Dadgar et al. 2018), with the neighbours as monitors instead of random probes. An
 * accusation is ordered against its subject's records by hybrid clock: the accuser had heard all that it had heard.
 */
import type { Config } from '../config.ts';
import type { NeighbourLoss, Path, Source } from '../fact.ts';
import { activityOf } from '../identity/presence-value.ts';
import { evidenceOf, evidenceToWire, HUNG_UP, type Seen, type SignedRecord } from '../identity/record.ts';
import type { Result } from '../lib/result.ts';
import type { Rng } from '../lib/rng.ts';
import type { Outbox } from '../outbox.ts';
import type { MonoMs, Now, PeerId } from '../types.ts';
import type { Frame } from '../wire/frame.ts';
import { createAccusations } from './accusations.ts';
import { createCuts } from './cuts.ts';
import { createIntentions, type Intention } from './intentions.ts';
import { createLocalHealth } from './local-health.ts';
import { AT_ONCE_MS, createPartition } from './partition.ts';
import { createProbes } from './probes.ts';
import { createSolitude } from './solitude.ts';
import { createSuspicions, OTHERS_NEEDED } from './suspicions.ts';
import { createVouches } from './vouches.ts';
import { createWatches, type Watch } from './watches.ts';

export interface Liveness {
  onNeighbourUp(peer: PeerId, now: Now): void;
  onNeighbourDown(peer: PeerId, reason: NeighbourLoss, now: Now): void;
  /** Any frame, before it is parsed. False: `peer` is no neighbour. */
  onHeard(peer: PeerId, now: Now): boolean;
  /** Any frame to a neighbour. */
  onSent(peer: PeerId, now: Now): void;
  onFrame(from: PeerId, frame: Extract<Frame, { type: 'ping' | 'pong' }>, now: Now): void;
  onRecordAccepted(record: SignedRecord, from: Source, path: Path, now: Now): void;
  onVouch(record: SignedRecord, from: Source, now: Now): void;
  onRecordStored(record: SignedRecord, now: Now): void;
  onMemberGone(peer: PeerId, now: Now): void;
  /** It is accused, unless others do so meanwhile, so that it answers or is given up. */
  onPeerDoubted(peer: PeerId, now: Now): void;
  /** `by` hears nothing from this node over their link. */
  onProbed(by: PeerId, session: number, now: Now): void;
  /** This node itself was stopped for `stalledMs`: its silence about others proves nothing. */
  onStall(stalledMs: number, now: Now): void;
  onWake(now: Now): void;
  nextWakeAt(): MonoMs | undefined;
  rttMs(peer: PeerId): number | undefined;
  /** The newest word of a member, by hybrid clock; `undefined`: it is none. */
  saidAt(peer: PeerId): number | undefined;
  suspected(): number;
  /** It is a suspect, and what it said at `hlc` is from before. */
  isAccusedSince(peer: PeerId, hlc: number): boolean;
  /** Many are silent, or this node has no link, and the way may be cut: until then nobody ends for not being heard. By the clock that never jumps. */
  heldUntil(): number;
}

/** A link that closed without a word: time for the peer to come back, or for its goodbye by another way. */
const CLOSED_GRACE_MS = 1_000;
/** A page that goes says goodbye just before: the goodbye may come by another neighbour. */
const HUNG_UP_GRACE_MS = 100;
/** Accusations of one peer by all who doubt it are spread over so long. */
const DOUBT_SPREAD_MS = 10_000;
const MAX_TO_ACCUSE = 1_024;
const NEVER = Number.POSITIVE_INFINITY;

export interface LivenessTools {
  readonly self: PeerId;
  readonly region: string | undefined;
  readonly config: Config;
  readonly outbox: Outbox;
  readonly rng: Rng;
  /** What the members that this node sees add up to: neighbours are told with each answer. */
  readonly view: () => number;
  /** The record in these bytes, if it is one: its signature is not checked. */
  readonly read: (bytes: Uint8Array) => Result<SignedRecord>;
}

export function createLiveness(tools: LivenessTools, startedAt: Now): Liveness {
  const { self, config, outbox, rng, read, view } = tools;
  /** The newest presence of each: others have it, or will by sync, so they agree on what it refutes. */
  const members = new Map<PeerId, SignedRecord>();
  /** The newest word of a member by its own clock, where it is newer than its presence. */
  const saidSince = new Map<PeerId, number>();
  const toAccuse = createIntentions();
  const accusations = createAccusations(config);
  const health = createLocalHealth();
  const vouches = createVouches(config);
  const probes = createProbes(outbox, rng, startedAt);
  let stallOverAt = Number.NEGATIVE_INFINITY;

  const vouchFor = (peer: PeerId): void => {
    const value = Math.max(1, watches.size());
    outbox.fact({ type: 'statement-wanted', kind: 'vouch', key: peer, value });
  };
  const watches = createWatches({ config, outbox, rng, health, onAsked: probes.ask, onVouchDue: vouchFor });
  const partition = createPartition(config);
  const solitude = createSolitude(config);
  const suspicions = createSuspicions({
    self,
    config,
    linksOf: vouches.linksOf,
    members: () => members.size,
    healthFactor: health.factor,
    mayBeCut: subject => cuts.mayBeCut(subject),
    heldUntil: () => Math.max(partition.heldUntil(), solitude.unansweredUntil()),
  });

  const onLinks = (now: Now): void => {
    solitude.onLinks(watches.size(), members.size - (members.has(self) ? 1 : 0), now);
    suspicions.review();
  };

  /** `undefined`: no member. */
  const saidOf = (peer: PeerId): number | undefined => saidSince.get(peer) ?? members.get(peer)?.hlc;

  /** Who said that it would be stopped is silent, and that proves nothing. A stack that hangs up is not stopped. */
  const isExcused = (peer: PeerId, seen: Seen): boolean => {
    const stated = members.get(peer);
    return seen !== HUNG_UP && stated !== undefined && activityOf(stated) === 'asleep';
  };

  const cuts = createCuts({ ...tools, members, watches, partition, suspicions, saidOf, isExcused });

  const accuse = (peer: PeerId, seen: Seen): void => {
    if (isExcused(peer, seen)) return;
    const value = evidenceToWire({ seen, proof: vouches.proofAgainst(peer) });
    outbox.fact({ type: 'statement-wanted', kind: 'accuse', key: peer, value });
  };

  const accuseSilent = (peer: PeerId, now: Now): void => {
    // A quorum is enough when thousands may be cut off, and K of Lifeguard at any time.
    if (!suspicions.hasEnough(peer, now.mono < partition.heldUntil())) return accuse(peer, null);
    suspect(peer, { peer: self, hlc: saidOf(peer) ?? 0, isWitness: true, sawHangUp: false }, now);
  };

  /** `at`: there may be no need to. */
  const accuseLater = (peer: PeerId, at: number | undefined, now: Now): void => {
    if (at === undefined) accuseSilent(peer, now);
    else toAccuse.set(peer, { at, why: cuts.mayBeCut(peer) ? 'claimed' : 'cut' });
  };

  /** It may be back with all of its region, and have had no reason to speak: it is asked before it is accused. */
  const askOfClaimed = (peer: PeerId, at: number | undefined, now: Now): void => {
    if (at !== undefined) return accuseLater(peer, at, now);
    toAccuse.set(peer, { at: now.mono + CLOSED_GRACE_MS, why: 'closed' });
    probes.ask(peer, now);
  };

  const accuseLost = (peer: PeerId, why: Intention['why'], now: Now): void => {
    if (why === 'doubt') {
      // Others doubted it at about the same time, and so many are enough.
      if (!watches.has(peer) && accusations.against(peer).length < OTHERS_NEEDED) accuse(peer, null);
    } else if (members.has(peer)) {
      if (why === 'hung-up') accuse(peer, HUNG_UP);
      else if (why === 'cut') accuseLater(peer, cuts.review(peer, now), now);
      else if (why === 'claimed') askOfClaimed(peer, cuts.review(peer, now), now);
      else accuseSilent(peer, now);
    }
  };

  const drop = (records: readonly SignedRecord[]): void => {
    for (const record of records) outbox.fact({ type: 'record-dropped', record });
  };

  const suspect = (subject: PeerId, accuser: Parameters<typeof suspicions.add>[1], now: Now): void => {
    if (isExcused(subject, accuser.sawHangUp ? HUNG_UP : null)) return;
    // What this node hears itself outweighs what it is told; the accused is left to answer.
    const watch = watches.get(subject);
    if (watch !== undefined && now.mono - watch.heardAt < config['liveness.silenceMs']) return;
    // Keys are free: who is nobody here, and no neighbour of the accused, has seen nothing.
    if (!accuser.isWitness && !members.has(accuser.peer)) return;
    if (suspicions.add(subject, accuser, now)) outbox.fact({ type: 'peer-suspected', peer: subject });
  };

  const weigh = (accusation: SignedRecord, now: Now): void => {
    const { author, hlc } = accusation;
    const subject = accusation.key as PeerId;
    const isWitness = author === self || vouches.isShown(subject, author);
    suspect(subject, { peer: author, hlc, isWitness, sawHangUp: evidenceOf(accusation).seen === HUNG_UP }, now);
  };

  const isStale = ({ key, hlc }: SignedRecord): boolean => hlc < (members.get(key as PeerId)?.hlc ?? 0);

  const ignore = (reason: 'stale-accusation' | 'quota' | 'no-proof'): void =>
    outbox.fact({ type: 'record-ignored', reason });

  const admit = (record: SignedRecord, from: Source, path: Path, now: Now): void => {
    const subject = record.key as PeerId;
    if (isStale(record)) return ignore('stale-accusation');
    const isProven = record.author === self || vouches.isShown(subject, record.author);
    if (!accusations.add(record, isProven, now)) return ignore('quota');
    outbox.fact({ type: 'record-stored', record, from, path, kept: true });
    if (subject === self) return;
    // Those that were heard while it still spoke to this node count from when this node says so as well.
    const counting = record.author === self ? accusations.against(subject) : [record];
    for (const one of counting) if (one.hlc > (saidOf(subject) ?? NEVER)) weigh(one, now);
  };

  const onAccusation = (record: SignedRecord, from: Source, path: Path, now: Now): void => {
    const { author } = record;
    const subject = record.key as PeerId;
    if (isStale(record)) return ignore('stale-accusation');
    if (subject === self) outbox.fact({ type: 'self-suspected' });
    const { proof } = evidenceOf(record);
    if (proof === undefined || author === self || subject === self || vouches.isShown(subject, author))
      return admit(record, from, path, now);
    const vouch = read(proof);
    if (!vouch.ok || !isVouchOf(vouch.value, subject, author)) return ignore('no-proof');
    vouches.wait({ record, from, path }, now);
    outbox.fact({ type: 'record-offered', bytes: proof, from: 'carried', path: 'sync' });
  };

  /** `author` said something at `hlc` that refutes what it is accused of. */
  const onWord = (author: PeerId, hlc: number, now: Now): void => {
    const cleared = suspicions.clear(author, hlc);
    // It was there all the time, and this node was wrong about it.
    if (cleared?.byThisNode) health.worsen(now);
    if (cleared?.wasSuspect) outbox.fact({ type: 'peers-cleared', peers: [author] });
    cuts.onWord(author, hlc, now);
  };

  /** It has spoken since: whoever was faster has its answer. */
  const dropDoubt = (peer: PeerId): void => {
    const why = toAccuse.get(peer)?.why;
    if (why === 'doubt' || why === 'cut' || why === 'claimed') toAccuse.delete(peer);
  };

  const onFresh = (watch: Watch | undefined, now: Now): void => {
    if (watch !== undefined) watch.spokeAt = now.mono;
  };

  return {
    onNeighbourUp(peer, now) {
      toAccuse.delete(peer);
      watches.add(peer, now);
      onLinks(now);
    },

    onNeighbourDown(peer, reason, now) {
      const links = watches.size();
      const watch = watches.remove(peer);
      onLinks(now);
      if (reason === 'silent') {
        const heardAt = watch?.heardAt ?? now.mono;
        // What it said meanwhile came by another way: the link is bad, and its peer is not accused.
        if (isExcused(peer, null) || (watch?.spokeAt ?? heardAt) > heardAt + CLOSED_GRACE_MS) return;
        const at = cuts.onSilent(peer, now);
        if (!members.has(peer)) return;
        partition.onSilentLink(links, now);
        suspicions.review();
        accuseLater(peer, at, now);
      } else if ((reason === 'closed' || reason === 'hung-up') && now.mono >= stallOverAt) {
        // After a stop of our own it was the others who gave us up, and they are alive.
        toAccuse.set(peer, { at: now.mono + (reason === 'hung-up' ? HUNG_UP_GRACE_MS : CLOSED_GRACE_MS), why: reason });
        if (reason === 'closed') probes.ask(peer, now);
      }
    },

    onHeard: watches.onHeard,
    onSent: watches.onSent,

    onFrame(from, frame, now) {
      if (frame.type === 'ping') return outbox.send(from, { type: 'pong', nonce: frame.nonce, view: view() });
      watches.onPong(from, frame.nonce, now);
    },

    onRecordAccepted(record, from, path, now) {
      const { author, hlc } = record;
      if (record.kind === 'leave' || record.kind === 'vouch') return;
      if (hlc > (saidOf(author) ?? NEVER)) {
        saidSince.set(author, hlc);
        onFresh(watches.get(author), now);
        dropDoubt(author);
      }
      onWord(author, hlc, now);
      if (record.kind === 'accuse') onAccusation(record, from, path, now);
      else if (record.kind === 'unreach') cuts.onClaim(record, from, path, now);
    },

    onVouch(record, from, now) {
      const { author } = record;
      const key = record.key as PeerId;
      if (author === self) {
        if (from !== 'self') return;
        vouches.given(key, now);
        outbox.send(key, { type: 'push', records: [record.bytes] });
        probes.answer(record, now);
      } else if (key === self) {
        if (!vouches.keep(record, now)) return;
        if (record.hlc > (saidOf(author) ?? NEVER)) saidSince.set(author, record.hlc);
        onFresh(watches.get(author), now);
        if (toAccuse.get(author)?.why !== 'hung-up') toAccuse.delete(author);
        onWord(author, record.hlc, now);
      } else for (const waiting of vouches.show(record, now)) admit(waiting.record, waiting.from, waiting.path, now);
    },

    onRecordStored(record, now) {
      // Only who has a place among the members is watched: strangers' keys are free, and without end.
      if (record.kind !== 'presence') return;
      const { author, hlc } = record;
      const old = members.get(author);
      members.set(author, record);
      if ((saidSince.get(author) ?? 0) <= hlc) saidSince.delete(author);
      drop(accusations.takeRefuted(author, hlc));
      cuts.onMember(record, old, now);
      if (old !== undefined) return;
      dropDoubt(author);
      suspicions.review();
      // A sync may bring the accusation before the presence it is about.
      if (author !== self) for (const accusation of accusations.against(author)) weigh(accusation, now);
    },

    onMemberGone(peer, now) {
      const stated = members.get(peer);
      members.delete(peer);
      if (stated !== undefined) cuts.onMemberGone(stated, now);
      saidSince.delete(peer);
      toAccuse.delete(peer);
      suspicions.forget(peer);
      suspicions.review();
    },

    onPeerDoubted(peer, now) {
      if (watches.has(peer) || toAccuse.get(peer) !== undefined || toAccuse.size() >= MAX_TO_ACCUSE) return;
      toAccuse.set(peer, { at: now.mono + rng.next() * DOUBT_SPREAD_MS, why: 'doubt' });
    },

    onProbed(by, session, now) {
      vouches.expire(now);
      // Whoever else asks would have this node sign for nothing.
      if (vouches.isGiven(by) && probes.take(by, session, now)) vouchFor(by);
    },

    onStall(stalledMs, now) {
      stallOverAt = now.mono + CLOSED_GRACE_MS;
      health.worsen(now);
      watches.onStall(now);
      suspicions.postpone(stalledMs);
      cuts.onStall(now);
    },

    onWake(now) {
      if (health.update(now)) suspicions.review();
      vouches.expire(now);
      watches.checkDue(now);
      for (const [peer, { why }] of toAccuse.takeDue(now)) accuseLost(peer, why, now);
      drop(accusations.takeExpired(now));
      cuts.onWake(now);
      if (now.mono < suspicions.nextDueAt()) return;
      partition.onSuspects(suspicions.recent(AT_ONCE_MS, now), members.size, now);
      for (const { peer, hlc, verdict } of suspicions.takeDue(now))
        if (verdict === 'failed') outbox.fact({ type: 'peer-failed', peer, hlc });
        else outbox.fact({ type: 'peers-unreachable', peers: [peer], isCut: false });
    },

    nextWakeAt: () => {
      const next = Math.min(
        watches.nextDueAt(),
        toAccuse.nextDueAt(),
        suspicions.nextDueAt(),
        accusations.nextDueAt(),
        cuts.nextDueAt(),
        health.nextChangeAt(),
      );
      return next === NEVER ? undefined : (next as MonoMs);
    },

    rttMs: peer => watches.get(peer)?.roundTrip.meanMs(),
    saidAt: saidOf,
    suspected: suspicions.size,
    isAccusedSince: suspicions.isAccusedSince,
    heldUntil: () => Math.max(partition.heldUntil(), solitude.unheardUntil()),
  };
}

function isVouchOf({ kind, author, key }: SignedRecord, subject: PeerId, accuser: PeerId): boolean {
  return kind === 'vouch' && author === subject && key === accuser;
}
