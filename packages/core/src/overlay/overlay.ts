/**
 * Who are my neighbours? HyParView (Leitão et al. 2007) adapted to links that are expensive: both sides agree
 * before anything is dialled, shuffles never rewire, and a full node that must take in a newcomer without any
 * link hands it one of its own neighbours, so that the graph stays in one piece.
 */
import type { Config } from '../config.ts';
import type { Fact } from '../fact.ts';
import type { Input } from '../input.ts';
import type { Rng } from '../lib/rng.ts';
import type { Outbox } from '../outbox.ts';
import type { MonoMs, Now, PeerId, RoomStatus, Via } from '../types.ts';
import type { DisconnectReason, Frame } from '../wire/frame.ts';
import { wireLimits } from '../wire/limits.ts';
import { decodeSignal, encodeSignal, type Signal } from '../wire/signal.ts';
import { createBackOffs } from './back-offs.ts';
import { type Degree, degreeFor } from './degree.ts';
import { createDials, type Dial, type Purpose } from './dials.ts';
import { createDistance } from './distance.ts';
import { anchorsOf, createLinks, type Introducer, type Neighbour } from './links.ts';
import { createLosses } from './losses.ts';
import { createNames } from './names.ts';
import { createRendezvousPolicy } from './rendezvous.ts';
import { createStanding } from './standing.ts';
import { createViews, type Wish } from './views.ts';

export type { Neighbour } from './links.ts';

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

export interface Overlay {
  onInput(input: OverlayInput, now: Now): void;
  onFrame(from: PeerId, frame: OverlayFrame, now: Now): void;
  onSignalIn(fact: Extract<Fact, { type: 'signal-in' }>, now: Now): void;
  onMemberJoined(peer: PeerId, region: string | undefined, now: Now): void;
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
  /** Of a link, once it was measured. */
  readonly rttMs: (peer: PeerId) => number | undefined;
  /** The newest word of a member, by hybrid clock. */
  readonly saidAt: (peer: PeerId) => number | undefined;
  /** Where this node is. */
  readonly region: string | undefined;
}

/** The last neighbour that was given up for somebody. */
interface Eviction {
  readonly at: number;
  readonly heir: PeerId | undefined;
}

const REFUSED_ALTERNATIVES = 4;
const MAX_NAMED_BY_ONE = 2;
const EVICT_EVERY_MS = 1_000;
const EVICTED_RETRY_MS = 10_000;
const REFUSED_RETRY_MS = 3_000;
/** A number of milliseconds from a stranger is believed up to here: overflowing back-offs were CVEs elsewhere. */
const MAX_RETRY_AFTER_MS = 600_000;

export function createOverlay(tools: OverlayTools, startedAt: Now): Overlay {
  const { self, config, outbox, rng } = tools;
  const active = createLinks(config, outbox);
  const views = createViews(self, config, rng, startedAt);
  const names = createNames(tools, active, views, startedAt);
  const backOffs = createBackOffs(rng);
  const dials = createDials(config, startedAt);
  const distance = createDistance(tools, active, dials, views, startedAt);
  const rendezvous = createRendezvousPolicy(config, outbox, rng);
  const standing = createStanding(outbox);
  const losses = createLosses(rng);
  let eviction: Eviction = { at: Number.NEGATIVE_INFINITY, heir: undefined };
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

  const roomSize = (): number => views.roomSize(active.peers);

  const taken = (peer: PeerId): boolean => active.has(peer) || dials.get(peer) !== undefined;

  /** Without any link, and all who were asked first have refused: somebody must give up a neighbour for this one. */
  const isDesperate = (): boolean =>
    active.size() === 0 && refusals > 0 && (dials.size() === 0 || refusals >= config['overlay.dialsAtOnce']);

  const ask = (peer: PeerId, introducer: Introducer, purpose: Purpose, now: Now): void => {
    const session = rng.uint32();
    const urgent = purpose === 'bridge' || isDesperate();
    const until = now.mono + config['overlay.askTimeoutMs'];
    dials.add({ peer, introducer, session, phase: 'asked', initiator: true, purpose, urgent, via: 'server', until });
    signal(peer, { type: 'request', session, urgent });
  };

  const isFull = (): boolean => active.size() + dials.size() >= config['overlay.maxLinks'];

  /** Ask this one now, whatever the degree. */
  const askForced = (peer: PeerId, introducer: Introducer, purpose: Purpose, now: Now): void => {
    if (peer === self || taken(peer) || tools.isBanned(peer, now)) return;
    if (dials.mayAsk(now)) ask(peer, introducer, purpose, now);
  };

  /** We may have no path to this one but the link that we ask for. A clique at its cap must make room for it. */
  const askBridge = (peer: PeerId, introducer: Introducer, now: Now): void => {
    if (!isFull() || !dials.bridging()) askForced(peer, introducer, 'bridge', now);
  };

  const lacksLinks = ({ enough, own, accepted }: Degree): boolean => {
    const held = active.size() + dials.size();
    return held < enough || (held < accepted && ownLinks() < own);
  };

  /** Links that this node dialled, or dials. */
  const ownLinks = (): number => active.own() + dials.own();

  const wish = (now: Now): Wish => ({
    lonely: active.size() === 0,
    anchor: active.anchors() + dials.namedBy('server') < anchorsOf(config),
    near: distance.wantsNear(degreeFor(roomSize(), config)),
    isFree: peer => !taken(peer) && !backOffs.covers(peer, now) && !tools.isBanned(peer, now),
    // After a crash most members may be dead, and each costs the patience of a request.
    isSure: peer => losses.isOutlivedBy(tools.saidAt(peer) ?? 0, now),
    // A neighbour that names all our others would decide whom we hear. The server and members speak for themselves.
    mayName: introducer =>
      introducer === 'server' ||
      introducer === 'itself' ||
      active.namedBy(introducer) + dials.namedBy(introducer) < MAX_NAMED_BY_ONE,
  });

  const fill = (now: Now): void => {
    starved = false;
    while (lacksLinks(degreeFor(roomSize(), config))) {
      // Nobody is looked for while nobody may be asked.
      if (dials.nextBudgetAt(now) > now.mono) return;
      const candidate = views.candidate(wish(now), now);
      starved = candidate === undefined;
      if (candidate === undefined || !dials.mayAsk(now)) return;
      ask(candidate.peer, candidate.introducer, 'fill', now);
    }
  };

  const trim = ({ accepted, wanted }: Degree, now: Now): void => {
    // A growing room leaves early members with too many: the far go, then the oldest, whose other end has many too.
    surplusSince = active.size() > accepted ? (surplusSince ?? now.mono) : undefined;
    if (surplusSince === undefined || now.mono - surplusSince < config['overlay.settleMs']) return;
    surplusSince = now.mono;
    const spare = active.spare(wanted);
    const victim = distance.outlier(spare) ?? spare[0]?.peer;
    if (victim !== undefined) dismiss(victim, 'surplus', [], now);
  };

  const trySwap = (now: Now): void => {
    // One in the own region is asked if there is a far link that this node could do without.
    if (!distance.takeSwapDue(now)) return;
    const degree = degreeFor(roomSize(), config);
    if (lacksLinks(degree) || !distance.wantsNear(degree) || active.size() + dials.size() >= degree.accepted) return;
    if (distance.swappable(active.spare(degree.wanted)) === undefined) return;
    const peer = views.nearby(wish(now));
    if (peer !== undefined) askForced(peer, 'itself', 'swap', now);
  };

  const review = (now: Now): void => {
    if (left) return;
    if (losses.takeDue(views.members.size + 1, now)) rendezvous.checkIn(now);
    fill(now);
    trim(degreeFor(roomSize(), config), now);
    trySwap(now);
    const size = roomSize();
    const degree = degreeFor(size, config);
    const settled = active.size() >= degree.low;
    rendezvous.review({ settled, links: active.size(), wanted: degree.wanted, roomSize: size }, now);
    standing.review({ links: active.size(), serverUp: rendezvous.isUp(), alone: size === 1 });
    wakeAt = nextDueAt(degree, now);
  };

  const nextDueAt = (degree: Degree, now: Now): number => {
    let next = Math.min(names.nextWakeAt(), dials.nextDueAt(), rendezvous.nextWakeAt(), losses.nextWakeAt());
    next = Math.min(next, distance.nextWakeAt());
    if (surplusSince !== undefined) next = Math.min(next, surplusSince + config['overlay.settleMs']);
    if (lacksLinks(degree)) {
      next = Math.min(next, starved ? backOffs.nextEndAt(now) : dials.nextBudgetAt(now));
    }
    return Math.max(next, now.mono);
  };

  /** Both sides leave each other alone for a while: who is sent away must not come back in a circle. */
  const dismiss = (peer: PeerId, reason: DisconnectReason, alternatives: readonly PeerId[], now: Now): void => {
    const retryAfterMs = reason === 'banned' ? config['guard.banMs'] : EVICTED_RETRY_MS;
    if (reason === 'full' || reason === 'surplus') backOffs.addExactly(peer, retryAfterMs, now);
    active.dismiss(peer, reason, retryAfterMs, alternatives);
  };

  const refuse = (peer: PeerId, session: number): void => {
    const others = active.peers().filter(other => other !== peer);
    const alternatives = rng.sample(others, REFUSED_ALTERNATIVES);
    signal(peer, { type: 'refuse', session, retryAfterMs: REFUSED_RETRY_MS, alternatives });
  };

  /** A newcomer without any link goes before a neighbour that has others: that one is given the newcomer. */
  const makeRoomFor = (newcomer: PeerId, now: Now): boolean => {
    // One at a time: who asks is unproven, and a liar with many names must not empty the view.
    if (now.mono - eviction.at < EVICT_EVERY_MS || (eviction.heir && dials.get(eviction.heir))) return false;
    return handOver(newcomer, now);
  };

  const handOver = (newcomer: PeerId, now: Now): boolean => {
    const spare = active.spare(degreeFor(roomSize(), config).wanted);
    const victim = distance.outlier(spare) ?? rng.pick(spare)?.peer;
    if (victim === undefined) return false;
    eviction = { at: now.mono, heir: newcomer };
    dismiss(victim, 'full', [newcomer], now);
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
    const { accepted, acceptedUrgent } = degreeFor(Math.max(roomSize(), active.size() + dials.size() + 1, 2), config);
    // Whom we asked may say yes: a link promised beyond the cap would have to be taken back.
    const held = active.size() + dials.size() - (dials.get(from) ? 1 : 0);
    if (held >= (urgent ? acceptedUrgent : accepted) && !(urgent && makeRoomFor(from, now)))
      return refuse(from, session);
    const until = now.mono + config['overlay.dialTimeoutMs'];
    dials.add({
      peer: from,
      introducer: 'itself',
      session,
      phase: 'dialing',
      initiator: false,
      purpose: 'fill',
      urgent,
      via,
      until,
    });
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
    if (active.size() + dials.size() > config['overlay.maxLinks']) handOver(dial.peer, now);
    outbox.effect({ type: 'dial', peer: dial.peer, session: dial.session, initiator: true });
  };

  const onRefuse = (dial: Dial, refusal: Extract<Signal, { type: 'refuse' }>, now: Now): void => {
    if (dial.phase !== 'asked') return;
    dials.remove(dial.peer);
    refusals += 1;
    // The last hope of a newcomer is asked again at once, urgently.
    if (active.size() > 0 || dial.urgent || dials.size() > 0)
      backOffs.add(dial.peer, Math.min(refusal.retryAfterMs, MAX_RETRY_AFTER_MS), now);
    names.onNamed(dial.peer, refusal.alternatives, now);
  };

  const failDial = (peer: PeerId, now: Now): void => {
    dials.remove(peer);
    backOffs.add(peer, config['overlay.retryMs'], now);
  };

  const onLinkUp = ({ peer, outbound }: Extract<OverlayInput, { type: 'link-up' }>, now: Now): void => {
    const { via, introducer, purpose } = dials.get(peer) ?? { via: 'server', introducer: 'itself', purpose: 'fill' };
    dials.remove(peer);
    if (active.has(peer)) return;
    if (left) return outbox.effect({ type: 'close-link', peer, reason: 'leaving' });
    refusals = 0;
    backOffs.forgive(peer);
    active.add({ peer, since: now.mono, via, outbound, introducer });
    // The other side holds the link already: closed without a goodbye, it would take us for dead.
    if (tools.isBanned(peer, now)) return dismiss(peer, 'banned', [], now);
    if (active.size() > config['overlay.maxLinks']) return dismiss(peer, 'full', [], now);
    if (purpose !== 'swap') return;
    const victim = distance.swappable(active.spare(degreeFor(roomSize(), config).wanted));
    if (victim !== undefined) dismiss(victim, 'surplus', [], now);
  };

  const onIntroduced = (peers: readonly PeerId[], now: Now): void => {
    for (const peer of peers.slice(0, wireLimits.peersPerList)) {
      if (peer === self) continue;
      views.introduced.add(peer, now.mono);
      // Two that failed each other through a long partition would not try again for minutes.
      if (active.size() === 0) backOffs.ease(peer, now);
    }
  };

  /** A check-in named somebody whom we do not know: a newcomer, or the other half of a room that fell apart. */
  const bridge = (peers: readonly PeerId[], now: Now): void => {
    const stranger = active.size() > 0 ? peers.find(peer => peer !== self && !views.members.has(peer)) : undefined;
    if (stranger !== undefined) askBridge(stranger, 'server', now);
    // Whom the server does not name it may still reach: one that failed here may have failed for us alone.
    const lost = losses.candidate(peer => peer !== stranger && !taken(peer), now);
    if (lost !== undefined) askBridge(lost, 'itself', now);
  };

  /** The room is whole again by somebody's link. One link does not hold two halves: some take one of their own. */
  const onReturned = (peer: PeerId, now: Now): void => {
    losses.onReturned(peer);
    losses.onFound();
    if (rng.next() < 1 / roomSize()) askBridge(peer, 'itself', now);
  };

  const onLeave = (now: Now): void => {
    for (const peer of active.peers()) dismiss(peer, 'leaving', [], now);
    for (const peer of dials.peers()) outbox.effect({ type: 'close-link', peer, reason: 'leaving' });
    rendezvous.onLeave();
    left = true;
    standing.onLeave();
  };

  const react = (input: OverlayInput, now: Now): void => {
    switch (input.type) {
      case 'start':
        return;
      case 'link-up':
        return onLinkUp(input, now);
      case 'link-down':
        if (active.has(input.peer)) backOffs.addExactly(input.peer, config['overlay.retryMs'] / 5, now);
        return active.drop(input.peer, input.reason === 'remote-closed' ? 'hung-up' : 'closed');
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
        return onLeave(now);
    }
  };

  return {
    onInput(input, now) {
      react(input, now);
      review(now);
    },

    onFrame(from, frame, now) {
      if (frame.type === 'disconnect') {
        backOffs.addExactly(from, Math.min(frame.retryAfterMs, MAX_RETRY_AFTER_MS), now);
        outbox.effect({ type: 'close-link', peer: from, reason: 'goodbye' });
        // Its signed goodbye came before, or was lost: then it has hung up.
        active.drop(from, frame.reason === 'leaving' ? 'hung-up' : 'goodbye');
        if (frame.reason === 'leaving') views.passive.delete(from);
        const heir = frame.alternatives[0];
        if (heir !== undefined && !isFull()) askForced(heir, from, 'fill', now);
        return review(now);
      }
      if (frame.type === 'shuffle') names.reply(from);
      names.onNamed(from, frame.peers, now);
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

    onMemberJoined(peer, region, now) {
      views.members.add(peer);
      distance.onMember(peer, region);
      if (losses.isLost(peer)) onReturned(peer, now);
      review(now);
    },
    onMemberGone(peer, reason, now) {
      views.forget(peer);
      // Asked now: who hears of this next forgets it.
      if (reason === 'failed') losses.onLastWord(tools.saidAt(peer) ?? 0);
      if (losses.onGone(peer, reason, views.members.size + 1, now)) outbox.fact({ type: 'many-failed' });
      // Others may be wrong about it: it hears why its link ends.
      if (active.has(peer)) dismiss(peer, reason === 'left' ? 'leaving' : 'silent', [], now);
      review(now);
    },
    onNeighbourSilent(peer, now) {
      if (!active.has(peer)) return;
      backOffs.add(peer, config['overlay.retryMs'], now);
      // It may hear us though we do not hear it: a close without a word would look like our death.
      dismiss(peer, 'silent', [], now);
      review(now);
    },
    onLinkOverflowed(peer, now) {
      if (!active.has(peer)) return;
      backOffs.add(peer, config['overlay.retryMs'], now);
      dismiss(peer, 'overflow', [], now);
      review(now);
    },
    onPeerBanned(peer, now) {
      views.introduced.delete(peer);
      views.passive.delete(peer);
      if (active.has(peer)) dismiss(peer, 'banned', [], now);
      review(now);
    },
    onCaughtUp: () => standing.onCaughtUp(),

    onWake(now) {
      for (const { peer, phase } of dials.takeOverdue(now)) {
        outbox.effect({ type: 'close-link', peer, reason: 'timeout' });
        // No answer may only mean a busy machine: ask again sooner than after a failed dial.
        backOffs.add(peer, phase === 'asked' ? config['overlay.askTimeoutMs'] / 3 : config['overlay.retryMs'], now);
      }
      names.onWake(now);
      review(now);
    },

    nextWakeAt: () => (left ? undefined : (wakeAt as MonoMs)),

    has: peer => active.has(peer),
    neighbours: () => [...active.all()],
    status: () => standing.status(),
    dialled: () => dialled,
  };
}
