/**
 * Carry a signal to someone I can't see. Routes cost nothing: the link over which a member's presence arrived
 * first is the next hop towards it. Without a route a signal takes a random walk; the way back is the way it
 * came. Between peers without any link, and to those the mesh does not know, the signaling server carries it.
 * Whoever carries it cannot make it up: it is signed by its source (proofs.ts).
 */
import type { Fact, Source } from '../fact.ts';
import { createExpiringMap, type Expiring, type ExpiringMap } from '../lib/expiring-map.ts';
import type { Rng } from '../lib/rng.ts';
import type { Job, Now, PeerId } from '../types.ts';
import type { Frame } from '../wire/frame.ts';
import { type Allowance, createAllowance } from './allowance.ts';
import { createProofs, type ProofTools } from './proofs.ts';
import { createWays } from './ways.ts';

type RelayFrame = Extract<Frame, { type: 'relay' }>;

export interface Relay {
  onNeighbourUp(peer: PeerId, now: Now): void;
  onNeighbourDown(peer: PeerId): void;
  /** A record of `author` arrived first over `from`. */
  onRecordAccepted(author: PeerId, from: Source): void;
  /** Failed or gone: the way to it leads nowhere, and only the server may still know it. */
  onMemberGone(peer: PeerId): void;
  /** `by` has a link to `peer`, or knows somebody who has. */
  onPeerNamed(peer: PeerId, by: PeerId): void;
  onSignalOut(fact: Extract<Fact, { type: 'signal-out' }>, now: Now): void;
  onSigned(job: Job, signature: Uint8Array, now: Now): void;
  onVerified(job: Job, ok: boolean, now: Now): void;
  onServerSignal(from: PeerId, payload: Uint8Array, now: Now): void;
  onServerUnreachable(peer: PeerId, now: Now): void;
  onServer(up: boolean): void;
  /** This node was stopped: who led where may have been stopped as well, or have lost its links. */
  onStall(now: Now): void;
  onFrame(from: PeerId, frame: RelayFrame, now: Now): void;
  /** Drops what has outlived its time. It hurts nobody and can wait until this node is awake for something else. */
  sweep(now: Now): void;
  /** Nothing is remembered that ends by itself. */
  isSwept(): boolean;
  carried(): number;
}

interface Unconfirmed {
  readonly payloads: Uint8Array[];
}

const MAX_PASSED = 4_096;
const PASSED_MS = 30_000;
const HEARD_MS = 30_000;
/** Payloads kept per target for a second try through the mesh, should the server not know the target. */
const RETRY_PAYLOADS = 4;
/** What a conversation has left behind is looked for so often, while there is any. */
const SWEEP_MS = 10_000;
const NEVER = Number.POSITIVE_INFINITY;
/** After a stop of this node the server is asked first for so long: by then its links are others. */
const STALL_AFTERMATH_MS = 3_000;
/** Ways that a probe, or its answer, takes at once. */
const DETOURS = 3;

export interface RelayTools extends ProofTools {
  readonly rng: Rng;
}

export function createRelay(tools: RelayTools): Relay {
  const { self, config, outbox, rng } = tools;
  const proofs = createProofs(tools);
  const ways = createWays(config);
  const links = new Map<PeerId, Allowance>();
  /** Signals that passed, and the links over which they left. */
  const passed: ExpiringMap<number, readonly PeerId[]> = createExpiringMap(MAX_PASSED, PASSED_MS);
  /** Over which link, or that by the server, a peer that is signaling with us was heard last: its answer goes the same way. */
  const heard: ExpiringMap<PeerId, PeerId | 'server'> = createExpiringMap(256, HEARD_MS);
  const unconfirmed: ExpiringMap<PeerId, Unconfirmed> = createExpiringMap(64, 5_000);
  const tables: readonly Expiring[] = [passed, heard, unconfirmed, ways.fresh, ...proofs.tables];
  let sweepAt = NEVER;
  let serverUp = false;
  let stalledAt = Number.NEGATIVE_INFINITY;
  let carried = 0;

  /** Links that are said to lead to `to`, the best first. */
  const hopsTo = (to: PeerId, except: readonly PeerId[]): readonly PeerId[] => {
    if (links.has(to)) return [to];
    const known = ways.to(to).filter(hop => hop !== undefined && links.has(hop) && !except.includes(hop));
    return [...new Set(known as PeerId[])];
  };

  const randomLink = (except: readonly PeerId[]): PeerId | undefined =>
    rng.pick([...links.keys()].filter(peer => !except.includes(peer)));

  /** What opens a conversation leaves twice: it looks for the way that all that follows takes. */
  const firstHops = (to: PeerId): readonly PeerId[] => {
    const known = hopsTo(to, []);
    if (links.has(to) || ways.isFresh(to)) return known.slice(0, 1);
    return filled(known, config['relay.copies'], []);
  };

  /** As many links as are wanted: those that are known to suit, then any. */
  const filled = (known: readonly PeerId[], count: number, except: readonly PeerId[]): readonly PeerId[] => {
    const hops = known.slice(0, count);
    while (hops.length < count) {
      const hop = randomLink([...hops, ...except]);
      if (hop === undefined) break;
      hops.push(hop);
    }
    return hops;
  };

  const sendMesh = (to: PeerId, payload: Uint8Array, now: Now): void => sendOver(firstHops(to), to, payload, now);

  /** Round a link with `to` that may carry nothing any more. */
  const sendRound = (to: PeerId, payload: Uint8Array, now: Now): void => {
    const known = ways.to(to).filter(hop => hop !== undefined && hop !== to && links.has(hop));
    const hops = filled((known as PeerId[]).slice(0, 1), DETOURS, [to]);
    if (hops.length > 0) sendOver(hops, to, payload, now);
    else if (serverUp) outbox.effect({ type: 'server-signal', to, payload });
  };

  const sendOver = (hops: readonly PeerId[], to: PeerId, payload: Uint8Array, now: Now): void => {
    if (hops.length === 0) return;
    const id = rng.uint32();
    passed.set(id, hops, now.mono);
    for (const hop of hops) {
      outbox.send(hop, { type: 'relay', id, to, from: self, ttl: config['relay.ttl'], payload });
    }
  };

  const sendServer = (to: PeerId, payload: Uint8Array, now: Now): void => {
    const waiting = unconfirmed.get(to) ?? { payloads: [] };
    waiting.payloads.push(payload);
    if (waiting.payloads.length > RETRY_PAYLOADS) waiting.payloads.shift();
    unconfirmed.set(to, waiting, now.mono);
    outbox.effect({ type: 'server-signal', to, payload });
  };

  /** Before a conversation leaves anything behind. */
  const expire = ({ mono }: Now): void => {
    for (const table of [passed, heard, unconfirmed, ways.fresh]) table.expire(mono);
    sweepAt = Math.min(sweepAt, mono + SWEEP_MS);
  };

  /** Back where it came from it would be of no use, and where it has been before it led to nothing. */
  const nextHop = (from: PeerId, { id, to, from: source }: RelayFrame): PeerId | undefined => {
    const behind = [from, source];
    const been = [...behind, ...(passed.get(id) ?? [])];
    return hopsTo(to, been)[0] ?? randomLink(been) ?? randomLink(behind);
  };

  return {
    onNeighbourUp(peer, now) {
      links.set(peer, createAllowance(config, now));
    },
    onNeighbourDown(peer) {
      links.delete(peer);
    },
    onRecordAccepted(author, from) {
      if (from !== 'self' && from !== 'storage' && from !== 'carried' && author !== self) ways.onRecord(author, from);
    },
    onMemberGone: peer => ways.forget(peer),
    onPeerNamed(peer, by) {
      const [hop] = hopsTo(by, []);
      if (hop !== undefined && !links.has(peer)) ways.onNamed(peer, hop);
    },

    onSignalOut({ to, payload, detour = false }, now) {
      expire(now);
      proofs.sign(to, payload, detour, now);
    },

    onSigned(job, signature, now) {
      const signed = proofs.takeSigned(job, signature);
      if (signed === undefined) return;
      expire(now);
      const { to, payload, detour } = signed;
      if (detour) return sendRound(to, payload, now);
      const lastBy = heard.get(to);
      // A link that ended since, as after a stop of this node, is no way.
      const isMeshUseful =
        hopsTo(to, []).length > 0 || (lastBy !== undefined && lastBy !== 'server' && links.has(lastBy));
      const isMeshSure = isMeshUseful && now.mono >= stalledAt + STALL_AFTERMATH_MS;
      if (serverUp && (lastBy === 'server' || !isMeshSure)) sendServer(to, payload, now);
      else sendMesh(to, payload, now);
    },

    onVerified(job, ok, now) {
      const arrival = proofs.takeChecked(job, ok, now);
      if (arrival === undefined) return;
      const { from, signal, via, hop } = arrival;
      heard.set(from, hop ?? 'server', now.mono);
      if (hop !== undefined) ways.onSignal(from, hop, now);
      outbox.fact({ type: 'signal-in', from, payload: signal, via });
    },

    onServerSignal(from, payload, now) {
      expire(now);
      proofs.check(from, payload, undefined, now);
    },

    onServerUnreachable(peer, now) {
      const waiting = unconfirmed.get(peer);
      unconfirmed.delete(peer);
      heard.delete(peer);
      for (const payload of waiting?.payloads ?? []) sendMesh(peer, payload, now);
    },

    onServer(up) {
      serverUp = up;
    },

    onStall(now) {
      stalledAt = now.mono;
    },

    onFrame(from, frame, now) {
      expire(now);
      if (!links.get(from)?.take(frame.from, now))
        return outbox.fact({ type: 'record-ignored', reason: 'author-rate' });
      if (frame.from === self) return;
      if (frame.to === self) return proofs.check(frame.from, frame.payload, from, now);
      // Its first way here has no circle in it; a later one would lead the answer round and round.
      if (!passed.has(frame.id)) ways.onSignal(frame.from, from, now);
      const hop = nextHop(from, frame);
      const ttl = Math.min(frame.ttl, config['relay.ttl']) - 1;
      if (hop === undefined || ttl <= 0) return;
      carried += 1;
      const before = passed.get(frame.id) ?? [];
      passed.set(frame.id, before.includes(hop) ? before : [...before, hop], now.mono);
      outbox.send(hop, { type: 'relay', id: frame.id, to: frame.to, from: frame.from, ttl, payload: frame.payload });
    },

    sweep({ mono }) {
      if (mono < sweepAt) return;
      let left = 0;
      for (const table of [...tables, ...[...links.values()].map(({ shares }) => shares)]) {
        table.expire(mono);
        left += table.size;
      }
      sweepAt = left > 0 ? mono + SWEEP_MS : NEVER;
    },

    isSwept: () => sweepAt === NEVER,
    carried: () => carried,
  };
}
