/**
 * Carry a signal to someone I can't see. Routes cost nothing: the link over which a member's presence arrived
 * first is the next hop towards it. Without a route a signal takes a random walk; the way back is the way it
 * came. Between peers without any link, and to those the mesh does not know, the signaling server carries it.
 * What is carried is opaque and unproven: HELLO proves both ends before a link carries anything.
 */
import type { Config } from '../config.ts';
import type { Fact, Source } from '../fact.ts';
import { createExpiringMap, type ExpiringMap } from '../lib/expiring-map.ts';
import { createExpiringSet, type ExpiringSet } from '../lib/expiring-set.ts';
import type { Rng } from '../lib/rng.ts';
import { createTokenBucket, type TokenBucket } from '../lib/token-bucket.ts';
import type { Outbox } from '../outbox.ts';
import type { Now, PeerId, Via } from '../types.ts';
import type { Frame } from '../wire/frame.ts';
import { wireLimits } from '../wire/limits.ts';

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
  onServerSignal(from: PeerId, payload: Uint8Array, now: Now): void;
  onServerUnreachable(peer: PeerId, now: Now): void;
  onServer(up: boolean): void;
  onFrame(from: PeerId, frame: RelayFrame, now: Now): void;
  carried(): number;
}

interface Unconfirmed {
  readonly payloads: Uint8Array[];
}

const MAX_SEEN = 4_096;
const SEEN_MS = 30_000;
const HEARD_MS = 30_000;
/** Payloads kept per target for a second try through the mesh, should the server not know the target. */
const RETRY_PAYLOADS = 4;

export interface RelayTools {
  readonly self: PeerId;
  readonly config: Config;
  readonly outbox: Outbox;
  readonly rng: Rng;
}

export function createRelay({ self, config, outbox, rng }: RelayTools): Relay {
  const links = new Map<PeerId, TokenBucket>();
  /** Believed until a newer record comes by another way or the member is gone: in large rooms many are silent for long. */
  const routes = new Map<PeerId, PeerId>();
  const seen: ExpiringSet<number> = createExpiringSet(MAX_SEEN, SEEN_MS);
  /** How a peer that is signaling with us was heard last: its answer goes the same way. */
  const heard: ExpiringMap<PeerId, Via> = createExpiringMap(256, HEARD_MS);
  const unconfirmed: ExpiringMap<PeerId, Unconfirmed> = createExpiringMap(64, 5_000);
  let serverUp = false;
  let carried = 0;

  const learn = (peer: PeerId, from: PeerId): void => {
    routes.set(peer, from);
    if (routes.size > config['presence.maxAuthors']) routes.delete(routes.keys().next().value!);
  };

  const routeTo = (to: PeerId, except: PeerId | undefined): PeerId | undefined => {
    if (links.has(to)) return to;
    const route = routes.get(to);
    if (route !== undefined && route !== except && links.has(route)) return route;
    return undefined;
  };

  const randomLink = (...except: readonly (PeerId | undefined)[]): PeerId | undefined =>
    rng.pick([...links.keys()].filter(peer => !except.includes(peer)));

  const sendMesh = (to: PeerId, payload: Uint8Array, now: Now): void => {
    const hop = routeTo(to, undefined) ?? randomLink();
    if (hop === undefined) return;
    const id = rng.uint32();
    seen.add(id, now.mono);
    outbox.send(hop, { type: 'relay', id, to, from: self, ttl: config['relay.ttl'], payload });
  };

  const sendServer = (to: PeerId, payload: Uint8Array, now: Now): void => {
    const waiting = unconfirmed.get(to) ?? { payloads: [] };
    waiting.payloads.push(payload);
    if (waiting.payloads.length > RETRY_PAYLOADS) waiting.payloads.shift();
    unconfirmed.set(to, waiting, now.mono);
    outbox.effect({ type: 'server-signal', to, payload });
  };

  const expire = (now: Now): void => {
    for (const map of [seen, heard, unconfirmed]) map.expire(now.mono);
  };

  return {
    onNeighbourUp(peer, now) {
      links.set(peer, createTokenBucket(config['relay.perSecond'], config['relay.burst'], now.mono));
    },
    onNeighbourDown(peer) {
      links.delete(peer);
    },
    onRecordAccepted(author, from) {
      if (from !== 'self' && from !== 'storage' && author !== self) learn(author, from);
    },
    onMemberGone: peer => void routes.delete(peer),
    onPeerNamed(peer, by) {
      // Hearsay makes a way where there is none; it never bends one that a record or a signal has taken.
      const hop = routeTo(by, undefined);
      if (hop !== undefined && !links.has(peer) && !routes.has(peer)) learn(peer, hop);
    },

    onSignalOut({ to, payload }, now) {
      // The next hop would take it for a broken frame, and us for the culprit.
      if (payload.length > wireLimits.signalBytes) return outbox.fact({ type: 'record-ignored', reason: 'bad-signal' });
      expire(now);
      const lastHeard = heard.get(to);
      const inMesh = routeTo(to, undefined) !== undefined;
      if (serverUp && (lastHeard === 'server' || (!inMesh && lastHeard !== 'mesh'))) sendServer(to, payload, now);
      else sendMesh(to, payload, now);
    },

    onServerSignal(from, payload, now) {
      heard.set(from, 'server', now.mono);
      outbox.fact({ type: 'signal-in', from, payload, via: 'server' });
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

    onFrame(from, frame, now) {
      expire(now);
      if (!links.get(from)?.take(1, now.mono)) return outbox.fact({ type: 'record-ignored', reason: 'author-rate' });
      if (frame.from === self) return;
      learn(frame.from, from);
      if (frame.to === self) {
        heard.set(frame.from, 'mesh', now.mono);
        return outbox.fact({ type: 'signal-in', from: frame.from, payload: frame.payload, via: 'mesh' });
      }
      // Seen before: the route led into a circle, so leave it at random.
      const circling = seen.has(frame.id);
      seen.add(frame.id, now.mono);
      const hop = (circling ? undefined : routeTo(frame.to, from)) ?? randomLink(from, frame.from);
      const ttl = Math.min(frame.ttl, config['relay.ttl']) - 1;
      if (hop === undefined || ttl <= 0) return;
      carried += 1;
      outbox.send(hop, { type: 'relay', id: frame.id, to: frame.to, from: frame.from, ttl, payload: frame.payload });
    },

    carried: () => carried,
  };
}
