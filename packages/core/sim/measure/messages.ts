/**
 * The messages of a scenario's load: when each was published, and when each node's app was told. A newer value
 * of the same slot counts as delivery of the older ones: the app that has it misses nothing.
 */
import type { Delivery, PublishKind, Wire } from '@hearsay/core';
import type { SimNode } from '../world/node.ts';
import { meanOf, quantile, sortedOf } from './quantiles.ts';

export interface Message {
  readonly n: number;
  readonly load: number;
  readonly kind: PublishKind;
  readonly key: string;
  readonly writer: SimNode;
  readonly life: number;
  readonly at: number;
  /** Time from publication to delivery by node number, ms; NaN: not yet. */
  readonly tookMs: Float64Array;
  /** In which life a node was told, counted from 1. */
  readonly told: Uint16Array;
  readonly previous: Message | undefined;
  /** In which piece of what the last crash left its writer was. */
  readonly piece: number | undefined;
  signed: boolean;
}

export interface Spread {
  readonly t50Ms: number | null;
  readonly t90Ms: number | null;
  readonly t99Ms: number | null;
  readonly t100Ms: number | null;
  /** Share of the pairs (message, node alive at its publication and at the end) that were served. */
  readonly delivered: number | null;
  /** Time of a message to the last node, over the messages that reached all. */
  readonly toAllMs: { readonly mean: number | null; readonly max: number | null };
}

export interface Messages {
  /** Enters a message; what is returned is the value to publish. */
  create(load: number, kind: PublishKind, key: string, bytes: number, writer: SimNode, at: number): Wire;
  onSigned(node: SimNode, value: Wire): void;
  /** What is wrong with this delivery, if anything. */
  onDelivery(node: SimNode, delivery: Delivery, at: number): 'unsigned-delivery' | 'duplicate-delivery' | undefined;
  readonly count: number;
  /** Deliveries to other nodes than the writer. */
  readonly deliveries: number;
  deliveriesOf(load: number): number;
  /** Of one load, or of all; `nodes` as they are at the end. */
  spread(nodes: readonly SimNode[], load?: number): Spread;
  /** Pairs that were not served although both were in one piece right after the last crash; `null`: no such message. */
  missedInReach(nodes: readonly SimNode[], load: number): number | null;
  /** Sorted times of all pairs, or of those that `isAsked` accepts, infinite where undelivered. */
  times(nodes: readonly SimNode[], load?: number, isAsked?: IsAsked): Float64Array;
}

type IsAsked = (message: Message, node: SimNode) => boolean;

/** CBOR around the padding of a message's value. */
const VALUE_OVERHEAD = 12;

export function createMessages(nodeCount: () => number, pieceOf: (node: SimNode) => number | undefined): Messages {
  const messages: Message[] = [];
  const latest = new Map<string, Message>();
  let deliveries = 0;
  const ofLoad = new Map<number, number>();

  const find = (value: Wire | undefined): Message | undefined => {
    const n = (value as { readonly n?: unknown } | null | undefined)?.n;
    return typeof n === 'number' ? messages[n] : undefined;
  };

  const note = (message: Message, node: SimNode, at: number): void => {
    for (let m: Message | undefined = message; m !== undefined; m = m.previous) {
      if (node.index >= m.tookMs.length || !Number.isNaN(m.tookMs[node.index])) return;
      m.tookMs[node.index] = at - m.at;
      if (m.kind === 'event') return;
    }
  };

  const judge = (message: Message, node: SimNode, delivery: Told, at: number): ReturnType<Messages['onDelivery']> => {
    const isOwn = node === message.writer;
    if (delivery.from !== message.writer.id || delivery.key !== message.key) return 'unsigned-delivery';
    if (!isOwn && !message.signed) return 'unsigned-delivery';
    const life = (node.life & 0x7fff) + 1;
    const isRepeated = message.told[node.index] === life;
    if (isRepeated) return delivery.mayRepeat ? undefined : 'duplicate-delivery';
    if (node.index < message.told.length) message.told[node.index] = life;
    if (isOwn) return undefined;
    deliveries += 1;
    ofLoad.set(message.load, (ofLoad.get(message.load) ?? 0) + 1);
    note(message, node, at);
    return undefined;
  };

  const counted = (message: Message, node: SimNode): boolean =>
    node !== message.writer && node.engine !== undefined && node.bornAt <= message.at;

  const timesOf = (chosen: readonly Message[], nodes: readonly SimNode[], isAsked?: IsAsked): Float64Array => {
    const times: number[] = [];
    for (const message of chosen) {
      for (const node of nodes) {
        if (!counted(message, node) || isAsked?.(message, node) === false) continue;
        const ms = message.tookMs[node.index]!;
        times.push(Number.isNaN(ms) ? Number.POSITIVE_INFINITY : ms);
      }
    }
    return sortedOf(times);
  };

  /** A writer that is no more may have taken its words along. */
  const signedOf = (load: number | undefined): readonly Message[] =>
    messages.filter(message => (load === undefined || message.load === load) && message.signed);

  return {
    create(load, kind, key, bytes, writer, at) {
      const n = messages.length;
      const slot = `${writer.index} ${kind} ${key}`;
      const previous = kind === 'event' ? undefined : latest.get(slot);
      const size = nodeCount();
      const tookMs = new Float64Array(size).fill(Number.NaN);
      const told = new Uint16Array(size);
      const message: Message = {
        n,
        load,
        kind,
        key,
        writer,
        life: writer.life,
        at,
        tookMs,
        told,
        previous,
        piece: pieceOf(writer),
        signed: false,
      };
      messages.push(message);
      latest.set(slot, message);
      return { n, pad: 'x'.repeat(Math.max(0, bytes - VALUE_OVERHEAD)) };
    },
    onSigned(node, value) {
      const message = find(value);
      if (message?.writer === node) message.signed = true;
    },
    onDelivery(node, delivery, at) {
      const told = toldBy(delivery);
      const message = find(told?.value);
      return told === undefined || message === undefined ? undefined : judge(message, node, told, at);
    },
    get count() {
      return messages.length;
    },
    deliveriesOf: load => ofLoad.get(load) ?? 0,
    get deliveries() {
      return deliveries;
    },
    missedInReach(nodes, load) {
      const pieces = new Set(nodes.map(pieceOf));
      const said = signedOf(load).filter(({ piece }) => piece !== undefined && pieces.has(piece));
      if (said.length === 0) return null;
      const inReach = (message: Message, node: SimNode): boolean =>
        counted(message, node) && pieceOf(node) === message.piece;
      const missed = said.map(
        message => nodes.filter(node => inReach(message, node) && Number.isNaN(message.tookMs[node.index]!)).length,
      );
      return missed.reduce((sum, count) => sum + count, 0);
    },
    times: (nodes, load, isAsked) => timesOf(signedOf(load), nodes, isAsked),
    spread(nodes, load) {
      const chosen = signedOf(load);
      const times = timesOf(chosen, nodes);
      const toAll = chosen.map(message => timesOf([message], nodes).at(-1) ?? Number.NaN).filter(Number.isFinite);
      return {
        t50Ms: quantile(times, 0.5),
        t90Ms: quantile(times, 0.9),
        t99Ms: quantile(times, 0.99),
        t100Ms: quantile(times, 1),
        delivered: times.length === 0 ? null : times.filter(Number.isFinite).length / times.length,
        toAllMs: {
          mean: toAll.length === 0 ? null : meanOf(toAll),
          max: toAll.length === 0 ? null : Math.max(...toAll),
        },
      };
    },
  };
}

interface Told {
  readonly value: Wire | undefined;
  readonly from: string;
  readonly key: string;
  /** A presence is shown again when it is renewed or suspected. */
  readonly mayRepeat: boolean;
}

function toldBy(delivery: Delivery): Told | undefined {
  switch (delivery.what) {
    case 'state':
      return { value: delivery.value, from: delivery.author, key: delivery.key, mayRepeat: false };
    case 'event':
      return { value: delivery.value, from: delivery.from, key: delivery.key, mayRepeat: false };
    case 'presence':
      return { value: delivery.presence, from: delivery.peer, key: '', mayRepeat: true };
    default:
      return undefined;
  }
}
