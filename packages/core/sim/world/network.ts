/**
 * Links between simulated nodes: reliable, ordered, and as slow as the scenario says. A lost packet delays what
 * is behind it; a partition holds frames the way a dead link does, without a word to either side.
 */
import type { Input, PeerId, Rng } from '@hearsay/core';
import type { NetworkSettings } from '../scenario/scenario.ts';
import type { Frame, Link, SimNode } from './node.ts';
import { createUplinks } from './uplinks.ts';

/** A cut between two sides. Nodes on neither side are not concerned. */
export interface Partition {
  /** 0: the first side; undefined: on no side. */
  readonly sideOf: (node: SimNode) => number | undefined;
  /** The first side sends but receives nothing. */
  readonly oneWay: boolean;
  /** It concerns two nodes and nobody else, so each can still hear of the other. */
  readonly isOneLink: boolean;
  readonly since: number;
  until: number;
}

export interface Network {
  /** Opens a link at both ends at once. */
  connect(initiator: SimNode, responder: SimNode): void;
  send(from: SimNode, to: PeerId, bytes: Uint8Array): void;
  /** Tells `node` once, as soon as no more than `below` bytes of what it sent to `peer` wait. */
  watch(node: SimNode, peer: PeerId, below: number): void;
  /** Closes this end; the other hears of it behind all frames sent before. */
  close(node: SimNode, peer: PeerId): void;
  /** The bytes of a frame that has arrived, or `undefined` when nobody is there to take it. */
  receive(frame: Frame): Input | undefined;
  /** All links of a node that is no more go silent. With a crash, what still waits for its uplink is gone too. */
  abandon(node: SimNode, crashed: boolean): void;
  isCut(from: SimNode, to: SimNode): boolean;
  partition(cut: Partition): void;
  heal(cut?: Partition): void;
  /** Partitions of now and of the past. */
  readonly partitions: readonly Partition[];
  latencyMs(from: SimNode, to: SimNode): number;
  readonly traffic: Traffic;
  /** Bytes that a partition holds back, or that wait for a narrow uplink. */
  heldBytes(): number;
  /** The most that ever waited for one link, bytes. */
  longestQueue(): number;
}

/** Totals over all nodes, bytes. */
export interface Traffic {
  sent: number;
  received: number;
  dropped: number;
}

export interface NetworkTools {
  readonly settings: NetworkSettings;
  readonly rng: Rng;
  readonly now: () => number;
  readonly schedule: (at: number, frame: Frame) => void;
  readonly after: (ms: number, act: () => void) => void;
  readonly tell: (node: SimNode, input: Input) => void;
}

/** A browser throws away a link whose send queue grows beyond its limit. */
const HELD_BYTES = 8 * 1024 * 1024;
const RETRANSMIT_MS = 200;
const MAX_RETRANSMITS = 8;
/** After a heal the next retransmission is due within so long. */
const HEAL_SPREAD_MS = 1_000;

export function createNetwork(tools: NetworkTools): Network {
  const { settings, rng, now } = tools;
  const partitions: Partition[] = [];
  const holding = new Set<Link>();
  const traffic: Traffic = { sent: 0, received: 0, dropped: 0 };
  /** Partitions that are in force now. */
  let cuts: Partition[] = [];

  const isCut = (from: SimNode, to: SimNode): boolean => cuts.some(cut => separates(cut, from, to));

  const latencyMs = (from: SimNode, to: SimNode): number => {
    const { of, jitter } = settings.latencyMs;
    return rng.jitter(of[from.region]![to.region]!, jitter) + from.extraLatencyMs + to.extraLatencyMs;
  };

  const lossDelayMs = (from: SimNode, to: SimNode, latency: number): number => {
    const loss = 1 - (1 - settings.loss) * (1 - from.extraLoss) * (1 - to.extraLoss);
    if (loss === 0) return 0;
    let delay = 0;
    let timeout = Math.max(RETRANSMIT_MS, 3 * latency);
    for (let i = 0; i < MAX_RETRANSMITS && rng.next() < loss; i++) {
      delay += timeout;
      timeout *= 2;
    }
    return delay;
  };

  const kbpsOf = (from: SimNode): number => from.kbps || settings.bandwidthKbps;

  const transmit = (frame: Frame, extraMs = 0): void => {
    const { link, to, bytes } = frame;
    const sender = link.nodes[to === 0 ? 1 : 0];
    if (kbpsOf(sender) === 0 && !uplinks.isWaiting(link, to)) return depart(frame, extraMs);
    if (!uplinks.add(sender, frame, extraMs)) overflow(frame, bytes?.length ?? 0);
  };

  /** The frame has left the sender's machine. */
  const depart = (frame: Frame, extraMs: number): void => {
    const { link, to } = frame;
    const sender = link.nodes[to === 0 ? 1 : 0];
    const receiver = link.nodes[to];
    if (link.held[to].length > 0 || isCut(sender, receiver)) return hold(frame);
    const latency = latencyMs(sender, receiver);
    const at = now() + latency + lossDelayMs(sender, receiver, latency) + extraMs;
    link.lastArrival[to] = Math.max(link.lastArrival[to], at);
    tools.schedule(link.lastArrival[to], frame);
  };

  /** `end`: whose sending it is. */
  const tellIfDrained = (link: Link, end: 0 | 1): void => {
    const below = link.watch[end];
    const to = end === 0 ? 1 : 0;
    const waiting = uplinks.waitingFor(link, to) + link.heldBytes[to];
    if (below === undefined || waiting > below) return;
    link.watch[end] = undefined;
    if (link.up[end]) tools.tell(link.nodes[end], { type: 'link-drained', peer: link.nodes[to].id, waiting });
  };

  const hold = (frame: Frame): void => {
    const { link, to } = frame;
    const size = frame.bytes?.length ?? 0;
    if (link.heldBytes[to] + size > HELD_BYTES) return overflow(frame, size);
    link.held[to].push(frame);
    link.heldBytes[to] += size;
    holding.add(link);
  };

  const overflow = ({ link, to }: Frame, bytes: number): void => {
    traffic.dropped += bytes;
    const sender = to === 0 ? 1 : 0;
    if (link.up[sender]) endAt(link, sender, 'overflow');
  };

  const release = (link: Link): void => {
    for (const to of [0, 1] as const) {
      if (isCut(link.nodes[to === 0 ? 1 : 0], link.nodes[to])) continue;
      const frames = link.held[to];
      link.held[to] = [];
      link.heldBytes[to] = 0;
      const waitMs = rng.next() * HEAL_SPREAD_MS;
      for (const frame of frames) transmit(frame, waitMs);
      tellIfDrained(link, to === 0 ? 1 : 0);
    }
    if (link.held[0].length + link.held[1].length === 0) holding.delete(link);
  };

  const endAt = (link: Link, end: 0 | 1, reason: string): void => {
    const node = link.nodes[end];
    const { id } = link.nodes[end === 0 ? 1 : 0];
    link.up[end] = false;
    node.links.delete(id);
    tools.tell(node, { type: 'link-down', peer: id, reason });
  };

  const leave = (frame: Frame, extraMs: number): void => {
    depart(frame, extraMs);
    tellIfDrained(frame.link, frame.to === 0 ? 1 : 0);
  };
  const uplinks = createUplinks({ kbpsOf, after: tools.after, leave, maxBytes: HELD_BYTES });

  return {
    connect(initiator, responder) {
      const link: Link = {
        nodes: [initiator, responder],
        up: [true, true],
        lastArrival: [0, 0],
        held: [[], []],
        heldBytes: [0, 0],
        watch: [undefined, undefined],
      };
      initiator.links.set(responder.id, link);
      responder.links.set(initiator.id, link);
      tools.tell(initiator, { type: 'link-up', peer: responder.id, outbound: true });
      tools.tell(responder, { type: 'link-up', peer: initiator.id, outbound: false });
    },

    send(from, to, bytes) {
      traffic.sent += bytes.length;
      from.bytesOut += bytes.length;
      const link = from.links.get(to);
      if (link === undefined) traffic.dropped += bytes.length;
      else transmit({ link, to: link.nodes[0] === from ? 1 : 0, bytes });
    },

    watch(node, peer, below) {
      const link = node.links.get(peer);
      if (link === undefined) return;
      const end = link.nodes[0] === node ? 0 : 1;
      link.watch[end] = below;
      tellIfDrained(link, end);
    },

    close(node, peer) {
      const link = node.links.get(peer);
      if (link === undefined) return;
      const end = link.nodes[0] === node ? 0 : 1;
      endAt(link, end, 'closed');
      transmit({ link, to: end === 0 ? 1 : 0, bytes: undefined });
    },

    receive({ link, to, bytes }) {
      const { id: from } = link.nodes[to === 0 ? 1 : 0];
      const receiver = link.nodes[to];
      if (bytes === undefined) {
        if (link.up[to]) endAt(link, to, 'remote-closed');
        return undefined;
      }
      if (!link.up[to]) {
        traffic.dropped += bytes.length;
        return undefined;
      }
      traffic.received += bytes.length;
      receiver.bytesIn += bytes.length;
      return { type: 'frame', from, bytes };
    },

    abandon(node, crashed) {
      if (crashed) traffic.dropped += uplinks.drop(node);
      for (const link of node.links.values()) link.up[link.nodes[0] === node ? 0 : 1] = false;
      node.links.clear();
    },

    isCut,
    partition(cut) {
      partitions.push(cut);
      cuts.push(cut);
    },
    heal(cut) {
      for (const healed of cuts) if (cut === undefined || cut === healed) healed.until = now();
      cuts = cuts.filter(other => other.until > now());
      for (const link of [...holding]) release(link);
    },
    partitions,
    latencyMs,
    traffic,
    heldBytes() {
      let bytes = uplinks.waitingBytes();
      for (const link of holding) bytes += link.heldBytes[0] + link.heldBytes[1];
      return bytes;
    },
    longestQueue: () => uplinks.longest,
  };
}

/** Does `cut` stop what `from` says to `to`? */
export function separates(cut: Partition, from: SimNode, to: SimNode): boolean {
  const fromSide = cut.sideOf(from);
  const toSide = cut.sideOf(to);
  if (fromSide === undefined || toSide === undefined || fromSide === toSide) return false;
  return !cut.oneWay || toSide === 0;
}
