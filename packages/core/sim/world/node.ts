/** One simulated peer: an engine, and what the world knows about the machine it runs on. */
import type { Engine, Input, PeerId } from '@hearsay/core';
import type { Dial } from './dials.ts';
import type { Frame, Link } from './network.ts';

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
  kbps: number;
  uplinkFreeAt: number;
  extraLatencyMs: number;
  extraLoss: number;
  readonly storage: Map<string, Uint8Array>;
  bytesIn: number;
  bytesOut: number;
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
    kbps: 0,
    uplinkFreeAt: 0,
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
