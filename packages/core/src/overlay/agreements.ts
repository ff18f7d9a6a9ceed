/**
 * Does a link come about? Both sides agree before anything is dialled: a request, and an answer to it. A full node
 * that must take in a newcomer without any link hands it one of its own neighbours, so that the graph stays in
 * one piece.
 */
import type { Config } from '../config.ts';
import type { Input } from '../input.ts';
import type { Rng } from '../lib/rng.ts';
import type { Outbox } from '../outbox.ts';
import type { Now, PeerId, Via } from '../types.ts';
import type { DisconnectReason } from '../wire/frame.ts';
import { encodeSignal, type Signal } from '../wire/signal.ts';
import type { BackOffs } from './back-offs.ts';
import { degreeFor } from './degree.ts';
import type { Dial, Dials, Purpose } from './dials.ts';
import type { Distance } from './distance.ts';
import type { Introducer, Links } from './links.ts';

/** What is said to get a link. */
export type LinkSignal = Exclude<Signal, { type: 'probe' | 'alive' }>;

export interface Agreements {
  /** Asks one that is known to suit. */
  ask(peer: PeerId, introducer: Introducer, purpose: Purpose, now: Now): void;
  /** Asks this one, whatever the degree, if it may be asked and there is budget. */
  askForced(peer: PeerId, introducer: Introducer, purpose: Purpose, now: Now): void;
  /** We may have no path to this one but the link that we ask for. A clique at its cap must make room for it. */
  askBridge(peer: PeerId, introducer: Introducer, now: Now): void;
  onSignal(from: PeerId, message: LinkSignal, via: Via, now: Now): void;
  onLinkUp(link: Extract<Input, { type: 'link-up' }>, now: Now): void;
  onDialFailed(peer: PeerId, session: number, now: Now): void;
  /** The server does not know it: without a link there is no other way, and somebody else is asked. */
  onUnreachable(peer: PeerId, now: Now): void;
  onRtcSignal(peer: PeerId, session: number, data: string): void;
  /** Gives up what was not answered in time. */
  onWake(now: Now): void;
  /** Ends a link with a goodbye. Both sides leave each other alone for a while: who is sent away must not come back in a circle. */
  dismiss(peer: PeerId, reason: DisconnectReason, alternatives: readonly PeerId[], now: Now): void;
  /** Is there a link with it, or one in the making? */
  isTaken(peer: PeerId): boolean;
  isFull(): boolean;
  /** How many links were dialled or agreed to since the start. */
  dialled(): number;
}

export interface AgreementTools {
  readonly self: PeerId;
  readonly config: Config;
  readonly outbox: Outbox;
  readonly rng: Rng;
  readonly isBanned: (peer: PeerId, now: Now) => boolean;
  /** What others seal their signals for this node to. */
  readonly sealKey?: Uint8Array | undefined;
}

export interface AgreementParts {
  readonly active: Links;
  readonly dials: Dials;
  readonly backOffs: BackOffs;
  readonly distance: Distance;
  readonly roomSize: () => number;
  /** `by` named these, who need a neighbour as well. */
  readonly onNamed: (by: PeerId, peers: readonly PeerId[], now: Now) => void;
}

/** The last neighbour that was given up for somebody. */
interface Eviction {
  readonly at: number;
  readonly heir: PeerId | undefined;
}

const REFUSED_ALTERNATIVES = 4;
const EVICT_EVERY_MS = 1_000;
const EVICTED_RETRY_MS = 10_000;
const REFUSED_RETRY_MS = 3_000;
/** A number of milliseconds from a stranger is believed up to here: overflowing back-offs were CVEs elsewhere. */
export const MAX_RETRY_AFTER_MS = 600_000;

export function createAgreements(tools: AgreementTools, parts: AgreementParts): Agreements {
  const { self, config, outbox, rng } = tools;
  const { active, dials, backOffs, distance, roomSize } = parts;
  let eviction: Eviction = { at: Number.NEGATIVE_INFINITY, heir: undefined };
  let dialled = 0;
  /** How many refused this node while it had no link at all. */
  let refusals = 0;

  const ownKey = keyOf({ key: tools.sealKey });

  const signal = (to: PeerId, message: Signal): void =>
    outbox.fact({ type: 'signal-out', to, payload: encodeSignal(message) });

  const isTaken = (peer: PeerId): boolean => active.has(peer) || dials.get(peer) !== undefined;

  /** Without any link, and all who were asked first have refused: somebody must give up a neighbour for this one. */
  const isDesperate = (): boolean =>
    active.size() === 0 && refusals > 0 && (dials.size() === 0 || refusals >= config['overlay.dialsAtOnce']);

  const ask = (peer: PeerId, introducer: Introducer, purpose: Purpose, now: Now): void => {
    const session = rng.uint32();
    const urgent = purpose === 'bridge' || isDesperate();
    const until = now.mono + config['overlay.askTimeoutMs'];
    dials.add({ peer, introducer, session, phase: 'asked', initiator: true, purpose, urgent, via: 'server', until });
    signal(peer, { type: 'request', session, urgent, ...ownKey });
  };

  const isFull = (): boolean => active.size() + dials.size() >= config['overlay.maxLinks'];

  const askForced = (peer: PeerId, introducer: Introducer, purpose: Purpose, now: Now): void => {
    if (peer === self || isTaken(peer) || tools.isBanned(peer, now)) return;
    if (dials.mayAsk(now)) ask(peer, introducer, purpose, now);
  };

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

  const onRequest = (from: PeerId, request: Extract<Signal, { type: 'request' }>, via: Via, now: Now): void => {
    const { session, urgent } = request;
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
    signal(from, { type: 'accept', session, ...ownKey });
    outbox.effect({ type: 'dial', peer: from, session, initiator: false, ...keyOf(request) });
  };

  const onAccept = (dial: Dial, accept: Extract<Signal, { type: 'accept' }>, via: Via, now: Now): void => {
    if (dial.phase !== 'asked') return;
    dial.phase = 'dialing';
    dial.via = via;
    dial.until = now.mono + config['overlay.dialTimeoutMs'];
    dialled += 1;
    if (active.size() + dials.size() > config['overlay.maxLinks']) handOver(dial.peer, now);
    outbox.effect({ type: 'dial', peer: dial.peer, session: dial.session, initiator: true, ...keyOf(accept) });
  };

  const onRefuse = (dial: Dial, refusal: Extract<Signal, { type: 'refuse' }>, now: Now): void => {
    if (dial.phase !== 'asked') return;
    dials.remove(dial.peer);
    refusals += 1;
    // The last hope of a newcomer is asked again at once, urgently.
    if (active.size() > 0 || dial.urgent || dials.size() > 0)
      backOffs.add(dial.peer, Math.min(refusal.retryAfterMs, MAX_RETRY_AFTER_MS), now);
    parts.onNamed(dial.peer, refusal.alternatives, now);
  };

  return {
    ask,
    askForced,
    askBridge(peer, introducer, now) {
      if (!isFull() || !dials.bridging()) askForced(peer, introducer, 'bridge', now);
    },
    onSignal(from, message, via, now) {
      if (message.type === 'request') onRequest(from, message, via, now);
      const dial = dials.get(from);
      if (dial === undefined || dial.session !== message.session) return;
      if (message.type === 'accept') onAccept(dial, message, via, now);
      if (message.type === 'refuse') onRefuse(dial, message, now);
      if (message.type === 'rtc' && dial.phase === 'dialing') {
        outbox.effect({ type: 'rtc-signal', peer: from, session: dial.session, data: message.data });
      }
    },
    onLinkUp({ peer, outbound }, now) {
      const { via, introducer, purpose } = dials.get(peer) ?? { via: 'server', introducer: 'itself', purpose: 'fill' };
      dials.remove(peer);
      if (active.has(peer)) return;
      refusals = 0;
      backOffs.forgive(peer);
      active.add({ peer, since: now.mono, via, outbound, introducer });
      // The other side holds the link already: closed without a goodbye, it would take us for dead.
      if (tools.isBanned(peer, now)) return dismiss(peer, 'banned', [], now);
      if (active.size() > config['overlay.maxLinks']) return dismiss(peer, 'full', [], now);
      if (purpose !== 'swap') return;
      const victim = distance.swappable(active.spare(degreeFor(roomSize(), config).wanted));
      if (victim !== undefined) dismiss(victim, 'surplus', [], now);
    },
    onDialFailed(peer, session, now) {
      if (dials.get(peer)?.session !== session) return;
      dials.remove(peer);
      backOffs.add(peer, config['overlay.retryMs'], now);
    },
    onUnreachable(peer, now) {
      if (active.size() > 0 || dials.get(peer)?.phase !== 'asked') return;
      dials.remove(peer);
      backOffs.add(peer, config['overlay.askTimeoutMs'] / 3, now);
    },
    onRtcSignal: (peer, session, data) => signal(peer, { type: 'rtc', session, data }),
    onWake(now) {
      for (const { peer, phase } of dials.takeOverdue(now)) {
        outbox.effect({ type: 'close-link', peer, reason: 'timeout' });
        // No answer may only mean a busy machine: ask again sooner than after a failed dial.
        backOffs.add(peer, phase === 'asked' ? config['overlay.askTimeoutMs'] / 3 : config['overlay.retryMs'], now);
      }
    },
    dismiss,
    isTaken,
    isFull,
    dialled: () => dialled,
  };
}

/** The field, where there is one. */
function keyOf({ key }: { readonly key?: Uint8Array | undefined }): { readonly key?: Uint8Array } {
  return key === undefined ? {} : { key };
}
