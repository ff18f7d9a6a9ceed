/**
 * Who are my neighbours? HyParView (Leitão et al. 2007) adapted to links that are expensive: both sides agree
 * before anything is dialled (agreements.ts), how many there are is looked after (upkeep.ts), and shuffles never
 * rewire. Whatever happens comes in here, and ends in a review.
 */
import type { Config } from '../config.ts';
import type { Fact, NeighbourLoss } from '../fact.ts';
import type { Input } from '../input.ts';
import type { Rng } from '../lib/rng.ts';
import type { Outbox } from '../outbox.ts';
import type { MonoMs, Now, PeerId, RoomStatus } from '../types.ts';
import type { Frame } from '../wire/frame.ts';
import { wireLimits } from '../wire/limits.ts';
import { decodeSignal } from '../wire/signal.ts';
import { createAgreements, MAX_RETRY_AFTER_MS } from './agreements.ts';
import { createBackOffs } from './back-offs.ts';
import { degreeFor } from './degree.ts';
import { createDials } from './dials.ts';
import { createDistance } from './distance.ts';
import { createLinks, type Neighbour } from './links.ts';
import { createLosses } from './losses.ts';
import { createNames } from './names.ts';
import { createRendezvousPolicy } from './rendezvous.ts';
import { createStanding } from './standing.ts';
import { createUpkeep } from './upkeep.ts';
import { createViews } from './views.ts';

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
  /** It cannot answer: it is nobody to ask for a link, and no reason to have one more. */
  onMemberAsleep(peer: PeerId, now: Now): void;
  onMemberGone(peer: PeerId, reason: 'left' | 'failed' | 'expired', now: Now): void;
  onNeighbourSilent(peer: PeerId, now: Now): void;
  onLinkOverflowed(peer: PeerId, now: Now): void;
  onPeerBanned(peer: PeerId, now: Now): void;
  onCaughtUp(): void;
  /** This node itself was stopped: what ends now ended because of that, and is to be had again at once. */
  onStall(now: Now): void;
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
  /** What others seal their signals for this node to. */
  readonly sealKey?: Uint8Array | undefined;
  /** Where this node is. */
  readonly region: string | undefined;
}

/** Links that hold two halves together, which came back to each other, are asked for within so long. */
const BRIDGES_SPREAD_MS = 4_000;
/** After a stop of this node: what its links said meanwhile is read within so long. */
const STALL_AFTERMATH_MS = 1_000;
/** The first of it says which links are gone. */
const STALL_SETTLES_MS = 250;

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
  const roomSize = (): number => views.roomSize(active.peers);
  const parts = { active, dials, backOffs, distance, roomSize };
  const agreements = createAgreements(tools, { ...parts, onNamed: names.onNamed });
  const isSure = (peer: PeerId, now: Now): boolean => losses.isOutlivedBy(tools.saidAt(peer) ?? 0, now);
  let stalledAt = Number.NEGATIVE_INFINITY;
  /** No link was lost by the last stop, or the server has been asked since. */
  let knowsRoom = true;
  /** Links that ended while this node was stopped would lose the question, and so would no link at all. */
  const mayAskAt = (): number =>
    active.size() > 0 || rendezvous.isUp() ? stalledAt + STALL_SETTLES_MS : Number.POSITIVE_INFINITY;
  const upkeep = createUpkeep(config, { ...parts, views, agreements, isBanned: tools.isBanned, isSure, mayAskAt });
  const { askBridge, dismiss } = agreements;
  /** Set at the end of every review: whatever changes what is due ends in one. */
  let wakeAt: number = startedAt.mono;
  let left = false;
  /** A link to one of those that came back. */
  let planned: { readonly peer: PeerId; readonly at: number } | undefined;

  /** Does what ends now end because this node was stopped? */
  const isStopsFault = (now: Now): boolean => now.mono < stalledAt + STALL_AFTERMATH_MS;

  const lose = (peer: PeerId, reason: NeighbourLoss, now: Now): void => {
    active.drop(peer, reason);
    if (knowsRoom || !isStopsFault(now)) return;
    // Whom the server named before the stop may be gone as well, and a link that is left may lead to nobody else.
    knowsRoom = true;
    rendezvous.checkIn(now);
  };

  const takePlanned = (now: Now): void => {
    if (planned === undefined || now.mono < planned.at) return;
    const { peer } = planned;
    planned = undefined;
    if (!agreements.isTaken(peer)) askBridge(peer, 'itself', now);
  };

  const review = (now: Now): void => {
    if (left) return;
    takePlanned(now);
    if (losses.takeDue(views.members.size + 1, now)) rendezvous.checkIn(now);
    upkeep.review(now);
    const size = roomSize();
    const { low, wanted } = degreeFor(size, config);
    const settled = active.size() >= low;
    rendezvous.review({ settled, links: active.size(), wanted, roomSize: size }, now);
    standing.review({ links: active.size(), serverUp: rendezvous.isUp(), alone: size === 1 });
    const next = Math.min(upkeep.nextDueAt(now), names.nextWakeAt(), rendezvous.nextWakeAt(), losses.nextWakeAt());
    wakeAt = Math.max(Math.min(next, planned?.at ?? Number.POSITIVE_INFINITY), now.mono);
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
    const lost = losses.candidate(peer => peer !== stranger && !agreements.isTaken(peer), now);
    if (lost !== undefined) askBridge(lost, 'itself', now);
  };

  /** The room is whole again by somebody's link. One link does not hold two halves: some take one of their own. */
  const onReturned = (peer: PeerId, now: Now): void => {
    losses.onReturned(peer);
    losses.onFound();
    // Not all at once: each new link between the halves brings what an earlier one has brought already.
    if (planned === undefined && rng.next() < 1 / roomSize())
      planned = { peer, at: now.mono + rng.next() * BRIDGES_SPREAD_MS };
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
        if (left) return outbox.effect({ type: 'close-link', peer: input.peer, reason: 'leaving' });
        return agreements.onLinkUp(input, now);
      case 'link-down':
        if (active.has(input.peer) && !isStopsFault(now))
          backOffs.addExactly(input.peer, config['overlay.retryMs'] / 5, now);
        return lose(input.peer, input.reason === 'remote-closed' ? 'hung-up' : 'closed', now);
      case 'dial-failed':
        return agreements.onDialFailed(input.peer, input.session, now);
      case 'rtc-signal':
        return agreements.onRtcSignal(input.peer, input.session, input.data);
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
        return agreements.onUnreachable(input.peer, now);
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
        const wasStopped = frame.reason === 'silent' && isStopsFault(now);
        if (!wasStopped) backOffs.addExactly(from, Math.min(frame.retryAfterMs, MAX_RETRY_AFTER_MS), now);
        outbox.effect({ type: 'close-link', peer: from, reason: 'goodbye' });
        // Its signed goodbye came before, or was lost: then it has hung up.
        lose(from, frame.reason === 'leaving' ? 'hung-up' : 'goodbye', now);
        if (frame.reason === 'leaving') views.passive.delete(from);
        const heir = frame.alternatives[0];
        if (heir !== undefined && !agreements.isFull()) agreements.askForced(heir, from, 'fill', now);
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
      if (message.type === 'probe') return outbox.fact({ type: 'probed', by: from, session: message.session });
      if (message.type === 'alive')
        return outbox.fact({ type: 'record-offered', bytes: message.record, from: 'carried', path: 'sync' });
      agreements.onSignal(from, message, via, now);
      review(now);
    },

    onMemberJoined(peer, region, now) {
      views.addMember(peer);
      distance.onMember(peer, region);
      if (losses.isLost(peer)) onReturned(peer, now);
      review(now);
    },
    onMemberAsleep(peer, now) {
      views.forget(peer);
      review(now);
    },
    onMemberGone(peer, reason, now) {
      // Whoever became unreachable before was counted then.
      const isKnown = views.members.has(peer);
      views.forget(peer);
      if (!isKnown && reason !== 'left') return review(now);
      // Its last word is asked for now: who hears of this next forgets it.
      if (losses.onGone(peer, reason, views.members.size + 1, now, tools.saidAt(peer)))
        outbox.fact({ type: 'many-failed' });
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
    onStall(now) {
      stalledAt = now.mono;
      knowsRoom = false;
    },

    onWake(now) {
      agreements.onWake(now);
      names.onWake(now);
      review(now);
    },

    nextWakeAt: () => (left ? undefined : (wakeAt as MonoMs)),

    has: peer => active.has(peer),
    neighbours: () => [...active.all()],
    status: () => standing.status(),
    dialled: agreements.dialled,
  };
}
