/** One simulated peer: an engine, the machine it runs on, and the ends of its links. */
import type { Engine, Input, PeerId } from '@hearsay/core';

export interface SimNode {
  readonly index: number;
  readonly id: PeerId;
  readonly region: number;
  /** Missing before the node joins and after it has crashed or left. */
  engine: Engine | undefined;
  /** Counts restarts: what was meant for an earlier life is lost. */
  life: number;
  bornAt: number;
  /** When it crashed or left; infinite while it runs. */
  goneAt: number;
  left: boolean;
  skewMs: number;
  /** When the engine wants to be woken, and the earliest wake that stands in the event queue for it. */
  wakeAt: number;
  queuedWakeAt: number;
  idleWakes: number;
  /** Timers of a hidden tab fire on whole seconds. */
  hidden: boolean;
  /** Stopped until this time; what arrives meanwhile waits in `backlog`. */
  pausedUntil: number;
  pausedSince: number;
  /** The last stop that was long enough to be missed, as [from, to]. */
  lastStop: readonly [from: number, to: number];
  backlog: Arrival[];
  readonly links: Map<PeerId, Link>;
  readonly dials: Map<PeerId, Dial>;
  wantsServer: boolean;
  /** What a timeline does to its lines now; the three figures below follow from it. */
  readonly troubles: Set<{ readonly kind: 'latency' | 'loss' | 'slow'; readonly value: number }>;
  /** Has a timeline done anything to it, ever? A link that is bad does not count: others reach it. */
  troubled: boolean;
  kbps: number;
  extraLatencyMs: number;
  extraLoss: number;
  readonly storage: Map<string, Uint8Array>;
  bytesIn: number;
  bytesOut: number;
}

export interface Link {
  readonly nodes: readonly [SimNode, SimNode];
  /** Does the node at each end hold the link open? */
  readonly up: [boolean, boolean];
  readonly lastArrival: [number, number];
  readonly held: [Frame[], Frame[]];
  readonly heldBytes: [number, number];
  /** The node at each end wants to know when no more than so much of what it sent waits. */
  readonly watch: [number | undefined, number | undefined];
}

/** On its way to `nodes[to]`. Without bytes: the news that the other side has closed. */
export interface Frame {
  readonly link: Link;
  readonly to: 0 | 1;
  readonly bytes: Uint8Array | undefined;
}

/** A link that this node is making. */
export interface Dial {
  readonly session: number;
  readonly initiator: boolean;
  connecting: boolean;
}

/** What reaches a node: a frame over a link, or anything else the world has to tell it. */
export type Arrival = Frame | { readonly node: SimNode; readonly life: number; readonly input: Input };

export function createNode(index: number, id: PeerId, region: number): SimNode {
  return {
    index,
    id,
    region,
    engine: undefined,
    life: 0,
    bornAt: Number.POSITIVE_INFINITY,
    goneAt: Number.POSITIVE_INFINITY,
    left: false,
    skewMs: 0,
    wakeAt: Number.POSITIVE_INFINITY,
    queuedWakeAt: Number.POSITIVE_INFINITY,
    idleWakes: 0,
    hidden: false,
    pausedUntil: 0,
    pausedSince: 0,
    lastStop: [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
    backlog: [],
    links: new Map(),
    dials: new Map(),
    wantsServer: false,
    troubles: new Set(),
    troubled: false,
    kbps: 0,
    extraLatencyMs: 0,
    extraLoss: 0,
    storage: new Map(),
    bytesIn: 0,
    bytesOut: 0,
  };
}

export function isUp(node: SimNode): node is SimNode & { engine: Engine } {
  return node.engine !== undefined;
}
