/**
 * The links as this node hears them: every frame is proof of life, an idle link carries heartbeats, a silent one is
 * pinged and, when the ping is not answered in time, reported.
 */
import type { Config } from '../config.ts';
import { createEarliest } from '../lib/earliest.ts';
import type { Rng } from '../lib/rng.ts';
import type { Outbox } from '../outbox.ts';
import type { Now, PeerId } from '../types.ts';
import type { LocalHealth } from './local-health.ts';
import { createRoundTrip, type RoundTrip } from './round-trip.ts';

export interface Watches {
  size(): number;
  has(peer: PeerId): boolean;
  get(peer: PeerId): Watch | undefined;
  /** Those that were heard later than that. */
  heardSince(mono: number): readonly PeerId[];
  add(peer: PeerId, now: Now): void;
  remove(peer: PeerId): Watch | undefined;
  /** False: there is no link with it. */
  onHeard(peer: PeerId, now: Now): boolean;
  onSent(peer: PeerId, now: Now): void;
  onPong(from: PeerId, nonce: number, now: Now): void;
  /** This node was stopped: its neighbours get their time anew. */
  onStall(now: Now): void;
  checkDue(now: Now): void;
  nextDueAt(): number;
}

export interface Watch {
  heardAt: number;
  /** When a newer word of the peer was accepted, by whatever way it came. */
  spokeAt: number;
  sentAt: number;
  pingedAt: number | undefined;
  pingNonce: number | undefined;
  /** When others were last asked for the peer. */
  soughtAt: number;
  measureAt: number;
  /** When this node's vouch for the peer is due to be renewed. */
  vouchAt: number;
  /** When a vouch from before this node had its links is due to be corrected; infinite: it was looked at. */
  correctAt: number;
  /** This node's links when this one was new. */
  linksThen: number;
  roundTrip: RoundTrip;
  /** When something is to be done about the link, as of the last change. */
  dueAt: number;
}

export interface WatchTools {
  readonly config: Config;
  readonly outbox: Outbox;
  readonly rng: Rng;
  readonly health: LocalHealth;
  /** It was silent for so long that it is to be asked for by other ways as well. */
  readonly onAsked: (peer: PeerId, now: Now) => void;
  readonly onVouchDue: (peer: PeerId) => void;
}

/** How many times the usual limits a slow line may be granted. */
const MOST_PATIENCE = 3;
/** A newcomer has its links by then. Whoever got the first was told that there is no other, and alone would be a quorum. */
const SETTLED_MS = 30_000;
/** Of this node's links: so many unanswered at once, and more than half of all, and its own line may be what is bad. */
const OWN_FAULT_LEAST = 3;

export function createWatches({ config, outbox, rng, health, onAsked, onVouchDue }: WatchTools): Watches {
  const watches = new Map<PeerId, Watch>();
  /** Counted as one sign of bad health until then. */
  let blamedUntil = Number.NEGATIVE_INFINITY;

  const due = createEarliest(() => {
    let next = Number.POSITIVE_INFINITY;
    for (const { dueAt } of watches.values()) next = Math.min(next, dueAt);
    return next;
  });

  /** Pinged since it was heard last, so its patience runs. */
  const isAsked = (watch: Watch): boolean => watch.pingedAt !== undefined && watch.pingedAt > watch.heardAt;

  /** A slow or busy line delivers late: that is granted, up to a bound that no peer can stretch. */
  const silenceLimitMs = ({ roundTrip }: Watch): number =>
    Math.min(config['liveness.silenceMs'] + 4 * roundTrip.variationMs(), MOST_PATIENCE * config['liveness.silenceMs']);

  const patienceMs = ({ roundTrip }: Watch): number =>
    health.factor() *
    Math.min(config['liveness.pingMs'] + roundTrip.timeoutMs(), MOST_PATIENCE * config['liveness.pingMs']);

  /** When silence is to be acted on: first by questions, then, with patience counted from those, which may be late, for good. */
  const silenceDueAt = (watch: Watch): number => {
    if (watch.soughtAt <= watch.heardAt) return watch.heardAt + silenceLimitMs(watch);
    return Math.max(watch.soughtAt, watch.pingedAt ?? 0) + patienceMs(watch);
  };

  /** A ping without an answer is not asked again: that would renew the patience for ever. */
  const measureDueAt = (watch: Watch): number => (isAsked(watch) ? Number.POSITIVE_INFINITY : watch.measureAt);

  const vouchDueAt = ({ vouchAt, correctAt }: Watch): number => Math.min(vouchAt, correctAt);

  const dueOf = (watch: Watch): number =>
    Math.min(
      watch.sentAt + config['liveness.heartbeatMs'],
      measureDueAt(watch),
      silenceDueAt(watch),
      vouchDueAt(watch),
    );

  /** Follows every change of a watch. */
  const plan = (watch: Watch): void => {
    const dueAt = dueOf(watch);
    due.moved(watch.dueAt, dueAt);
    watch.dueAt = dueAt;
  };

  const ping = (peer: PeerId, watch: Watch, now: Now): void => {
    watch.pingNonce = rng.uint32();
    watch.pingedAt = now.mono;
    watch.measureAt = now.mono + rng.jitter(config['liveness.rttMs'], 0.2);
    plan(watch);
    outbox.send(peer, { type: 'ping', nonce: watch.pingNonce });
  };

  const noteOwnFault = (now: Now): void => {
    if (now.mono < blamedUntil) return;
    let unanswered = 0;
    for (const watch of watches.values()) if (isAsked(watch)) unanswered += 1;
    if (unanswered < Math.max(OWN_FAULT_LEAST, watches.size / 2)) return;
    health.worsen(now);
    blamedUntil = health.nextChangeAt();
  };

  /** True: the link is given up. */
  const isSilent = (peer: PeerId, watch: Watch, now: Now): boolean => {
    if (now.mono < silenceDueAt(watch)) return false;
    if (watch.soughtAt <= watch.heardAt) {
      watch.soughtAt = now.mono;
      // A ping that measures may be on its way already.
      if (!isAsked(watch)) ping(peer, watch, now);
      onAsked(peer, now);
      return false;
    }
    noteOwnFault(now);
    return now.mono >= silenceDueAt(watch);
  };

  const vouch = (peer: PeerId, watch: Watch, now: Now): void => {
    const isWrong = now.mono >= watch.correctAt && watches.size > watch.linksThen;
    if (now.mono >= watch.correctAt) watch.correctAt = Number.POSITIVE_INFINITY;
    if (now.mono < watch.vouchAt && !isWrong) return;
    watch.vouchAt = now.mono + rng.jitter(config['liveness.vouchMs'] / 2, 0.2);
    onVouchDue(peer);
  };

  const check = (peer: PeerId, watch: Watch, now: Now): void => {
    if (isSilent(peer, watch, now)) return outbox.fact({ type: 'neighbour-silent', peer });
    if (now.mono >= measureDueAt(watch)) ping(peer, watch, now);
    if (now.mono >= vouchDueAt(watch)) vouch(peer, watch, now);
    if (now.mono >= watch.sentAt + config['liveness.heartbeatMs']) {
      // Planned first: a link too full for a heartbeat must not be due again at once, for ever.
      watch.sentAt = now.mono;
      outbox.send(peer, { type: 'heartbeat' });
    }
    plan(watch);
  };

  return {
    size: () => watches.size,
    has: peer => watches.has(peer),
    get: peer => watches.get(peer),
    heardSince: mono => [...watches].flatMap(([peer, { heardAt }]) => (heardAt > mono ? [peer] : [])),
    add(peer, { mono }) {
      const watch: Watch = {
        heardAt: mono,
        spokeAt: mono,
        sentAt: mono,
        pingedAt: undefined,
        pingNonce: undefined,
        soughtAt: Number.NEGATIVE_INFINITY,
        measureAt: mono,
        vouchAt: mono,
        correctAt: mono + SETTLED_MS,
        linksThen: watches.size + 1,
        roundTrip: createRoundTrip(),
        dueAt: Number.POSITIVE_INFINITY,
      };
      watches.set(peer, watch);
      plan(watch);
    },
    remove(peer) {
      const watch = watches.get(peer);
      if (watch !== undefined) due.moved(watch.dueAt, Number.POSITIVE_INFINITY);
      watches.delete(peer);
      return watch;
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
    onPong(from, nonce, now) {
      const watch = watches.get(from);
      if (watch?.pingedAt === undefined || watch.pingNonce !== nonce) return;
      watch.roundTrip.add(now.mono - watch.pingedAt);
      plan(watch);
      watch.pingNonce = undefined;
    },
    onStall(now) {
      for (const watch of watches.values()) {
        watch.heardAt = now.mono;
        watch.pingedAt = undefined;
        plan(watch);
      }
    },
    checkDue(now) {
      for (const [peer, watch] of watches) if (now.mono >= watch.dueAt) check(peer, watch, now);
    },
    nextDueAt: () => due.at(),
  };
}
