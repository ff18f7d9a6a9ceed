/**
 * Who are my neighbours? HyParView (Leitão et al. 2007) adapted to links that are expensive: both sides agree
 * before anything is dialled, shuffles never rewire, and a full node that must take in a newcomer without any
 * link hands it one of its own neighbours, so that the graph stays in one piece.
 */
import type { Config } from '../config.ts';
import type { Fact, NeighbourLoss } from '../fact.ts';
import type { Input } from '../input.ts';
import type { Rng } from '../lib/rng.ts';
import type { Outbox } from '../outbox.ts';
import type { MonoMs, Now, PeerId, RoomStatus, Via } from '../types.ts';
import type { DisconnectReason, Frame } from '../wire/frame.ts';
import { wireLimits } from '../wire/limits.ts';
import { decodeSignal, encodeSignal, type Signal } from '../wire/signal.ts';
import { degreeFor } from './degree.ts';
import { createDials, type Dial } from './dials.ts';
import { createLosses } from './losses.ts';
import { createRendezvousPolicy } from './rendezvous.ts';
import { createStanding } from './standing.ts';
import { createViews } from './views.ts';

export type OverlayFrame = Extract<Frame, { type: 'shuffle' | 'shuffle-reply' | 'disconnect' }>;
export type OverlayInput = Extract<
  Input,
  {
    type:
      | 'start'
      | 'link-up'
      | 'link-down'
      | 'dial-failed'
      | 'rtc-signal'
      | 'rendezvous-up'
      | 'rendezvous-down'
      | 'introduced'
      | 'entry-role'
      | 'server-unreachable'
      | 'leave';
  }
>;

export interface Neighbour {
  readonly peer: PeerId;
  readonly since: MonoMs;
  readonly via: Via;
  readonly outbound: boolean;
}

export interface Overlay {
  onInput(input: OverlayInput, now: Now): void;
  onFrame(from: PeerId, frame: OverlayFrame, now: Now): void;
  onSignalIn(fact: Extract<Fact, { type: 'signal-in' }>, now: Now): void;
  onMemberJoined(peer: PeerId, now: Now): void;
  onMemberGone(peer: PeerId, reason: 'left' | 'failed' | 'expired', now: Now): void;
  onNeighbourSilent(peer: PeerId, now: Now): void;
  onLinkOverflowed(peer: PeerId, now: Now): void;
  onPeerBanned(peer: PeerId, now: Now): void;
  onCaughtUp(): void;
  onWake(now: Now): void;
  nextWakeAt(): MonoMs | undefined;
  has(peer: PeerId): boolean;
  neighbours(): readonly Neighbour[];
  status(): RoomStatus;
  /** How many links were dialled or agreed to since the start. */
  dialled(): number;
}

export interface OverlayTools {
  readonly self: PeerId;
  readonly config: Config;
  readonly outbox: Outbox;
  readonly rng: Rng;
  readonly isBanned: (peer: PeerId, now: Now) => boolean;
}

const SHUFFLE_ENTRIES = 8;
const FIRST_MINUTE_MS = 60_000;
const REFUSED_ALTERNATIVES = 4;
const EVICT_EVERY_MS = 1_000;
const EVICTED_RETRY_MS = 10_000;
const REFUSED_RETRY_MS = 3_000;
/** A number of milliseconds from a stranger is believed up to here: overflowing back-offs were CVEs elsewhere. */
const MAX_RETRY_AFTER_MS = 600_000;

export function createOverlay(tools: OverlayTools, startedAt: Now): Overlay {
  const { self, config, outbox, rng } = tools;
  const active = new Map<PeerId, Neighbour>();
  const views = createViews(self, config, rng);
  const dials = createDials(config, startedAt);
  const rendezvous = createRendezvousPolicy(config, outbox, rng);
  const standing = createStanding(outbox);
  const losses = createLosses(rng);
  let shuffleAt = startedAt.mono + rng.jitter(config['overlay.shuffleMs'] / 3, 0.2);
  let evictedAt = Number.NEGATIVE_INFINITY;
  let evictedFor: PeerId | undefined;
  let dialled = 0;
  let starved = false;
  /** Set at the end of every review: whatever changes what is due ends in one. */
  let wakeAt: number = startedAt.mono;
  let surplusSince: number | undefined;
  let left = false;
  /** How many refused this node while it had no link at all. */
  let refusals = 0;

  const signal = (to: PeerId, message: Signal): void =>
    outbox.fact({ type: 'signal-out', to, payload: encodeSignal(message) });

  const taken = (peer: PeerId): boolean => active.has(peer) || dials.get(peer) !== undefined;

  /** Without any link, and all who were asked first have refused: somebody must give up a neighbour for this one. */
  const isDesperate = (): boolean =>
    active.size === 0 && refusals > 0 && (dials.size === 0 || refusals >= config['overlay.dialsAtOnce']);

  const ask = (peer: PeerId, bridge: boolean, now: Now): void => {
    const session = rng.uint32();
    const urgent = bridge || isDesperate();
    const until = now.mono + config['overlay.askTimeoutMs'];
    dials.add({ peer, session, phase: 'asked', initiator: true, bridge, urgent, via: 'server', until });
    signal(peer, { type: 'request', session, urgent });
  };

  const isFull = (): boolean => active.size + dials.size >= config['overlay.maxLinks'];

  /** Ask this one now, whatever the degree. */
  const askForced = (peer: PeerId, bridge: boolean, now: Now): void => {
    if (peer === self || taken(peer) || tools.isBanned(peer, now)) return;
    if (dials.mayAsk(now)) ask(peer, bridge, now);
  };

  /** We may have no path to this one but the link that we ask for. A clique at its cap must make room for it. */
  const askBridge = (peer: PeerId, now: Now): void => {
    if (!isFull() || !dials.bridging()) askForced(peer, true, now);
  };

  const lacksLinks = (): boolean => {
    const { enough, own, accepted } = degreeFor(views.roomSize(), config);
    const held = active.size + dials.size;
    return held < enough || (held < accepted && ownLinks() < own);
  };

  /** Links that this node dialled, or dials. */
  const ownLinks = (): number => {
    let count = dials.own();
    for (const { outbound } of active.values()) if (outbound) count += 1;
    return count;
  };

  const fill = (now: Now): void => {
    starved = false;
    while (lacksLinks()) {
      // To look for somebody costs as much as the room is large: not while nobody may be asked.
      if (dials.nextBudgetAt(now) > now.mono) return;
      const peer = views.candidate(active.size === 0, other => taken(other) || tools.isBanned(other, now), now);
      starved = peer === undefined;
      if (peer === undefined || !dials.mayAsk(now)) return;
      ask(peer, false, now);
    }
  };

  /** A growing room leaves early members with too many links: the oldest go, whose other end has most likely many too. */
  const trim = (now: Now): void => {
    const { accepted } = degreeFor(views.roomSize(), config);
    surplusSince = active.size > accepted ? (surplusSince ?? now.mono) : undefined;
    if (surplusSince === undefined || now.mono < surplusSince + config['overlay.settleMs']) return;
    surplusSince = now.mono;
    const oldest = active.keys().next().value;
    if (oldest !== undefined) dismiss(oldest, 'surplus', []);
  };

  const review = (now: Now): void => {
    if (left) return;
    if (losses.takeDue(views.members.size + 1, now)) rendezvous.checkIn(now);
    fill(now);
    trim(now);
    const roomSize = views.roomSize();
    const { low, wanted } = degreeFor(roomSize, config);
    const settled = active.size >= low;
    rendezvous.review({ settled, links: active.size, wanted, roomSize }, now);
    standing.review({ links: active.size, serverUp: rendezvous.up, alone: roomSize === 1 });
    wakeAt = nextDueAt(now);
  };

  const nextDueAt = (now: Now): number => {
    let next = Math.min(shuffleAt, dials.nextDueAt(), rendezvous.nextWakeAt(), losses.nextWakeAt());
    if (surplusSince !== undefined) next = Math.min(next, surplusSince + config['overlay.settleMs']);
    if (lacksLinks()) {
      next = Math.min(next, starved ? views.nextForgivenAt(now) : dials.nextBudgetAt(now));
    }
    return Math.max(next, now.mono);
  };

  const drop = (peer: PeerId, reason: NeighbourLoss): void => {
    if (active.delete(peer)) outbox.fact({ type: 'neighbour-down', peer, reason });
  };

  const dismiss = (peer: PeerId, reason: DisconnectReason, alternatives: readonly PeerId[]): void => {
    const retryAfterMs = reason === 'banned' ? config['guard.banMs'] : EVICTED_RETRY_MS;
    outbox.send(peer, { type: 'disconnect', reason, retryAfterMs, alternatives });
    outbox.effect({ type: 'close-link', peer, reason });
    drop(peer, reason === 'banned' || reason === 'silent' ? reason : 'goodbye');
  };

  const refuse = (peer: PeerId, session: number): void => {
    const others = [...active.keys()].filter(other => other !== peer);
    const alternatives = rng.sample(others, REFUSED_ALTERNATIVES);
    signal(peer, { type: 'refuse', session, retryAfterMs: REFUSED_RETRY_MS, alternatives });
  };

  /** A newcomer without any link goes before a neighbour that has others: that one is given the newcomer. */
  const makeRoomFor = (newcomer: PeerId, now: Now): boolean => {
    // One at a time: who asks is unproven, and a liar with many names must not empty the view.
    if (now.mono - evictedAt < EVICT_EVERY_MS || (evictedFor !== undefined && dials.get(evictedFor))) return false;
    return handOver(newcomer, now);
  };

  const handOver = (newcomer: PeerId, now: Now): boolean => {
    const victim = rng.pick([...active.keys()]);
    if (victim === undefined) return false;
    evictedAt = now.mono;
    evictedFor = newcomer;
    views.backOffFor(victim, EVICTED_RETRY_MS, now);
    dismiss(victim, 'full', [newcomer]);
    return true;
  };

  /** Does the dial in progress with `from` give way to its new request? */
  const yields = (dial: Dial | undefined, from: PeerId, session: number): boolean => {
    if (dial === undefined) return true;
    // Both asked at once: the larger id's request counts.
    if (dial.phase === 'asked') return self < from;
    // It asks anew, so it has given up the attempt that we are still answering.
    return !dial.initiator && dial.session !== session;
  };

  const onRequest = (from: PeerId, session: number, urgent: boolean, via: Via, now: Now): void => {
    if (active.has(from)) return refuse(from, session);
    if (!yields(dials.get(from), from, session)) return;
    // Who asks is there, known or not: a crowd that arrives at once is none of small rooms.
    const { accepted, acceptedUrgent } = degreeFor(Math.max(views.roomSize(), active.size + dials.size + 1, 2), config);
    // Whom we asked may say yes: a link promised beyond the cap would have to be taken back.
    const held = active.size + dials.size - (dials.get(from) ? 1 : 0);
    if (held >= (urgent ? acceptedUrgent : accepted) && !(urgent && makeRoomFor(from, now)))
      return refuse(from, session);
    const until = now.mono + config['overlay.dialTimeoutMs'];
    dials.add({ peer: from, session, phase: 'dialing', initiator: false, bridge: false, urgent, via, until });
    dialled += 1;
    signal(from, { type: 'accept', session });
    outbox.effect({ type: 'dial', peer: from, session, initiator: false });
  };

  const onAccept = (dial: Dial, via: Via, now: Now): void => {
    if (dial.phase !== 'asked') return;
    dial.phase = 'dialing';
    dial.via = via;
    dial.until = now.mono + config['overlay.dialTimeoutMs'];
    dialled += 1;
    if (active.size + dials.size > config['overlay.maxLinks']) handOver(dial.peer, now);
    outbox.effect({ type: 'dial', peer: dial.peer, session: dial.session, initiator: true });
  };

  const onRefuse = (dial: Dial, refusal: Extract<Signal, { type: 'refuse' }>, now: Now): void => {
    if (dial.phase !== 'asked') return;
    dials.remove(dial.peer);
    refusals += 1;
    // The last hope of a newcomer is asked again at once, urgently.
    if (active.size > 0 || dial.urgent || dials.size > 0)
      views.backOff(dial.peer, Math.min(refusal.retryAfterMs, MAX_RETRY_AFTER_MS), now);
    for (const peer of refusal.alternatives) if (peer !== self) views.passive.set(peer, true, now.mono);
  };

  const failDial = (peer: PeerId, now: Now): void => {
    dials.remove(peer);
    views.backOff(peer, config['overlay.retryMs'], now);
  };

  const onLinkUp = ({ peer, outbound }: Extract<OverlayInput, { type: 'link-up' }>, now: Now): void => {
    const via = dials.get(peer)?.via ?? 'server';
    dials.remove(peer);
    if (active.has(peer)) return;
    if (left) return outbox.effect({ type: 'close-link', peer, reason: 'leaving' });
    refusals = 0;
    active.set(peer, { peer, since: now.mono, via, outbound });
    views.forgive(peer);
    outbox.fact({ type: 'neighbour-up', peer, outbound });
    // The other side holds the link already: closed without a goodbye, it would take us for dead.
    if (tools.isBanned(peer, now)) return dismiss(peer, 'banned', []);
    if (active.size <= config['overlay.maxLinks']) return;
    views.backOffFor(peer, EVICTED_RETRY_MS, now);
    dismiss(peer, 'full', []);
  };

  const onIntroduced = (peers: readonly PeerId[], now: Now): void => {
    for (const peer of peers.slice(0, wireLimits.peersPerList)) {
      if (peer !== self) views.introduced.set(peer, true, now.mono);
    }
  };

  /** A check-in named somebody whom we do not know: a newcomer, or the other half of a room that fell apart. */
  const bridge = (peers: readonly PeerId[], now: Now): void => {
    const stranger = active.size > 0 ? peers.find(peer => peer !== self && !views.members.has(peer)) : undefined;
    if (stranger !== undefined) askBridge(stranger, now);
    // Whom the server does not name it may still reach: one that failed here may have failed for us alone.
    const lost = losses.candidate(peer => peer !== stranger && !taken(peer), now);
    if (lost !== undefined) askBridge(lost, now);
  };

  /** The room is whole again by somebody's link. One link does not hold two halves: some take one of their own. */
  const onReturned = (peer: PeerId, now: Now): void => {
    losses.onReturned(peer);
    losses.onFound();
    if (rng.next() < 1 / views.roomSize()) askBridge(peer, now);
  };

  const onLeave = (): void => {
    for (const peer of [...active.keys()]) dismiss(peer, 'leaving', []);
    for (const peer of dials.peers()) outbox.effect({ type: 'close-link', peer, reason: 'leaving' });
    rendezvous.onLeave();
    left = true;
    standing.onLeave();
  };

  const shuffle = (now: Now): void => {
    const early = now.mono - startedAt.mono < FIRST_MINUTE_MS;
    shuffleAt = now.mono + rng.jitter(config['overlay.shuffleMs'] / (early ? 3 : 1), 0.2);
    const peer = rng.pick([...active.keys()]);
    if (peer !== undefined) outbox.send(peer, { type: 'shuffle', peers: shuffleSample(peer) });
  };

  const shuffleSample = (except: PeerId): readonly PeerId[] => {
    const known = new Set([
      ...active.keys(),
      ...views.passive.keys(),
      ...rng.sample([...views.members], SHUFFLE_ENTRIES),
    ]);
    known.delete(except);
    return [self, ...rng.sample([...known], SHUFFLE_ENTRIES - 1)];
  };

  const react = (input: OverlayInput, now: Now): void => {
    switch (input.type) {
      case 'start':
        return;
      case 'link-up':
        return onLinkUp(input, now);
      case 'link-down':
        if (active.has(input.peer)) views.backOffFor(input.peer, config['overlay.retryMs'] / 5, now);
        return drop(input.peer, input.reason === 'remote-closed' ? 'hung-up' : 'closed');
      case 'dial-failed':
        if (dials.get(input.peer)?.session === input.session) failDial(input.peer, now);
        return;
      case 'rtc-signal':
        return signal(input.peer, { type: 'rtc', session: input.session, data: input.data });
      case 'rendezvous-up':
        rendezvous.onUp(input.entry, now);
        onIntroduced(input.peers, now);
        return bridge(input.peers, now);
      case 'rendezvous-down':
        return rendezvous.onDown();
      case 'introduced':
        onIntroduced(input.peers, now);
        return bridge(input.peers, now);
      case 'entry-role':
        return rendezvous.onEntryRole(input.entry, now);
      case 'server-unreachable':
        views.introduced.delete(input.peer);
        return;
      case 'leave':
        return onLeave();
    }
  };

  return {
    onInput(input, now) {
      react(input, now);
      review(now);
    },

    onFrame(from, frame, now) {
      if (frame.type === 'disconnect') {
        views.backOffFor(from, Math.min(frame.retryAfterMs, MAX_RETRY_AFTER_MS), now);
        outbox.effect({ type: 'close-link', peer: from, reason: 'goodbye' });
        drop(from, 'goodbye');
        const heir = frame.alternatives[0];
        if (heir !== undefined && !isFull()) askForced(heir, false, now);
        return review(now);
      }
      if (frame.type === 'shuffle') outbox.send(from, { type: 'shuffle-reply', peers: shuffleSample(from) });
      for (const peer of frame.peers) if (peer !== self) views.passive.set(peer, true, now.mono);
    },

    onSignalIn({ from, payload, via }, now) {
      if (from === self || left || tools.isBanned(from, now)) return;
      const decoded = decodeSignal(payload);
      if (!decoded.ok) return outbox.fact({ type: 'record-ignored', reason: 'bad-signal' });
      const message = decoded.value;
      if (message.type === 'request') onRequest(from, message.session, message.urgent, via, now);
      const dial = dials.get(from);
      if (dial === undefined || dial.session !== message.session) return review(now);
      if (message.type === 'accept') onAccept(dial, via, now);
      if (message.type === 'refuse') onRefuse(dial, message, now);
      if (message.type === 'rtc' && dial.phase === 'dialing') {
        outbox.effect({ type: 'rtc-signal', peer: from, session: dial.session, data: message.data });
      }
      review(now);
    },

    onMemberJoined(peer, now) {
      views.members.add(peer);
      if (losses.isLost(peer)) onReturned(peer, now);
      review(now);
    },
    onMemberGone(peer, reason, now) {
      views.members.delete(peer);
      if (losses.onGone(peer, reason, views.members.size + 1, now)) outbox.fact({ type: 'many-failed' });
      views.introduced.delete(peer);
      views.passive.delete(peer);
      if (active.has(peer)) outbox.effect({ type: 'close-link', peer, reason: 'gone' });
      drop(peer, 'goodbye');
      review(now);
    },
    onNeighbourSilent(peer, now) {
      if (!active.has(peer)) return;
      views.backOff(peer, config['overlay.retryMs'], now);
      // It may hear us though we do not hear it: a close without a word would look like our death.
      dismiss(peer, 'silent', []);
      review(now);
    },
    onLinkOverflowed(peer, now) {
      if (!active.has(peer)) return;
      views.backOff(peer, config['overlay.retryMs'], now);
      dismiss(peer, 'overflow', []);
      review(now);
    },
    onPeerBanned(peer, now) {
      views.introduced.delete(peer);
      views.passive.delete(peer);
      if (active.has(peer)) dismiss(peer, 'banned', []);
      review(now);
    },
    onCaughtUp: () => standing.onCaughtUp(),

    onWake(now) {
      for (const { peer, phase } of dials.takeOverdue(now)) {
        outbox.effect({ type: 'close-link', peer, reason: 'timeout' });
        // No answer may only mean a busy machine: ask again sooner than after a failed dial.
        views.backOff(peer, phase === 'asked' ? config['overlay.askTimeoutMs'] / 3 : config['overlay.retryMs'], now);
      }
      if (now.mono >= shuffleAt) shuffle(now);
      review(now);
    },

    nextWakeAt: () => (left ? undefined : (wakeAt as MonoMs)),

    has: peer => active.has(peer),
    neighbours: () => [...active.values()],
    status: () => standing.status(),
    dialled: () => dialled,
  };
}
