/**
 * Many engines, one virtual clock, one seed. The engines are the shipped ones with their wire encoding; links,
 * timers, signatures and the signaling server are the world's. Nothing here reads a real clock or real chance.
 */
import {
  createEngine,
  createRng,
  type Effect,
  type Engine,
  type EngineOptions,
  type Input,
  isPeerId,
  type Job,
  type MonoMs,
  makeConfig,
  type Now,
  type PageActivity,
  type PeerId,
  type PublishKind,
  seedFrom,
  type WallMs,
  type Wire,
} from '@hearsay/core';
import type { Frame as WireFrame } from '@hearsay/core/wire';
import type { Scenario } from '../scenario/scenario.ts';
import { createDialer } from './dials.ts';
import { createEventQueue } from './event-queue.ts';
import { createNetwork, type Network } from './network.ts';
import { type Arrival, createNode, type Frame, isUp, type SimNode } from './node.ts';
import { createSharedCodec } from './shared-codec.ts';
import { createSignaling, type Signaling } from './signaling.ts';
import { createSignatures, type Signatures } from './signatures.ts';
import { createTrace } from './trace.ts';

export interface World {
  /** Virtual milliseconds since the beginning. */
  readonly now: number;
  readonly events: number;
  /** All that ever were, in the order of their numbers. */
  readonly nodes: readonly SimNode[];
  readonly network: Network;
  readonly signaling: Signaling;
  readonly signatures: Signatures;
  nodeOf(peer: PeerId): SimNode | undefined;
  /** A new peer with a new key, not started yet. */
  add(): SimNode;
  start(node: SimNode): void;
  /** Without a word to anyone. */
  crash(node: SimNode): void;
  leave(node: SimNode): void;
  /** Inputs and timers wait for so long. */
  pause(node: SimNode, forMs: number): void;
  /** Its page came into view, went out of it, or is about to be stopped. */
  turn(node: SimNode, page: PageActivity): void;
  hide(node: SimNode, hidden: boolean): void;
  publish(node: SimNode, kind: PublishKind, key: string, value: Wire): void;
  at(ms: number, act: () => void): void;
  /** Goes on until `untilMs` or for so many events. True when the time has been reached. */
  advance(untilMs: number, maxEvents: number): boolean;
  /** Bytes that are on their way. */
  inFlight(): number;
  traceHash(): string;
}

/** Watches a world. Everything is called while the node's clock stands still. */
export interface Observer {
  onEffect(node: SimNode, effect: Effect): void;
  onHandled(node: SimNode, input: Input): void;
  /** A frame was read by its receiver. */
  onFrame(frame: WireFrame, bytes: Uint8Array): void;
  onRecordCopy(kind: string, key: string): void;
  onStarted(node: SimNode): void;
  /** After a stop that was long enough to be missed, before it takes what has waited. */
  onResumed(node: SimNode): void;
  onStopped(node: SimNode, engine: Engine): void;
  onBroken(rule: 'wake-loop' | 'engine-threw', node: SimNode | undefined, detail: string): void;
}

export interface WorldOptions {
  readonly scenario: Scenario;
  readonly observer: Observer;
  /** Sees every input before it is handled. */
  readonly onInput?: ((at: number, node: SimNode, input: Input) => void) | undefined;
  /** Puts something round an engine; for tests of the simulator itself. */
  readonly wrapEngine?: ((engine: Engine, node: SimNode) => Engine) | undefined;
  /** A stop of so long is noticed by others. */
  readonly missedAfterMs: number;
  /** Must records survive restarts? Costs memory. */
  readonly keepsStorage: boolean;
}

type WorldEvent = number | Arrival | (() => void);

/** The wall clock at the beginning of every world, ms since 1970. */
const EPOCH = 1_750_000_000_000;
const STREAMS = { network: -1, signaling: -2, keys: -3 };
const NODE_STREAMS = 1_024;
const HIDDEN_TIMER_MS = 1_000;
const ISOLATED_TIMER_MS = 60_000;
/** An engine that asks to be woken at once, again and again, with nothing to do, is broken. */
const IDLE_WAKES = 1_000;

/** Nobody reads it here: it is as long as a key of the shipped hosts, so that bytes are counted right. */
const SEAL_KEY: Uint8Array = new Uint8Array(32);

export function createWorld(options: WorldOptions): World {
  const { scenario, observer } = options;
  const { seed } = scenario;
  const queue = createEventQueue<WorldEvent>();
  const nodes: SimNode[] = [];
  const byId = new Map<PeerId, SimNode>();
  const keys = createRng(seedFrom(seed, STREAMS.keys));
  const signatures = createSignatures();
  const trace = createTrace();
  const codec = createSharedCodec(observer.onFrame, record => observer.onRecordCopy(record.kind, record.key));
  const regionOf = createRegions(scenario);
  const config = makeConfig(scenario.config);
  let now = 0;
  let events = 0;

  const at = (ms: number, act: () => void): void => queue.push(Math.max(now, ms), act);
  const after = (ms: number, act: () => void): void => at(now + ms, act);
  const tell = (node: SimNode, input: Input): void => queue.push(now, { node, life: node.life, input });
  const answer = (node: SimNode, afterMs: number, input: Input): void =>
    queue.push(now + afterMs, { node, life: node.life, input });
  const clockOf = (node: SimNode): Now => ({ mono: now as MonoMs, wall: (EPOCH + now + node.skewMs) as WallMs });

  const network = createNetwork({
    settings: scenario.network,
    rng: createRng(seedFrom(seed, STREAMS.network)),
    now: () => now,
    schedule: (due, frame) => queue.push(due, frame),
    after,
    tell,
  });
  const chance = createRng(seedFrom(seed, STREAMS.signaling));
  const signaling = createSignaling({
    settings: scenario.server,
    network: scenario.network,
    rng: chance,
    now: () => now,
    latencyMs: () => chance.jitter(scenario.network.latencyMs.server, scenario.network.latencyMs.jitter),
    after,
    tell,
  });
  const dialer = createDialer({
    settings: scenario.network,
    rng: createRng(seedFrom(seed, STREAMS.network - 10)),
    network,
    nodeOf: peer => byId.get(peer),
    after,
    fail: (node, peer, session, reason) => tell(node, { type: 'dial-failed', peer, session, reason }),
  });

  const obey = (node: SimNode, effect: Effect): void => {
    switch (effect.type) {
      case 'send':
        return network.send(node, effect.to, effect.bytes);
      case 'watch-link':
        return network.watch(node, effect.peer, effect.below);
      case 'close-link':
        return node.links.has(effect.peer) ? network.close(node, effect.peer) : dialer.cancel(node, effect.peer);
      case 'dial':
        return dialer.dial(node, effect.peer, effect.session, effect.initiator);
      case 'rendezvous':
        return effect.open ? signaling.open(node) : signaling.close(node);
      case 'introduce':
        return signaling.introduce(node);
      case 'server-signal':
        return signaling.signal(node, effect.to, effect.payload);
      case 'sign': {
        const signature = signatures.sign(node.id, effect.bytes);
        return answer(node, scenario.crypto.signMs, { type: 'signed', job: effect.job, signature });
      }
      case 'verify':
        return verify(node, effect.job, signatures.verify(effect.key, effect.signature, effect.bytes));
      case 'keep':
        return options.keepsStorage ? void node.storage.set(effect.id, effect.bytes) : undefined;
      case 'forget':
        return void node.storage.delete(effect.id);
      case 'deliver':
      case 'rtc-signal':
        // Links are made by the world; what WebRTC stacks would say to each other it has no use for.
        return;
    }
  };

  const verify = (node: SimNode, job: Job, ok: boolean): void =>
    answer(node, scenario.crypto.verifyMs, { type: 'verified', job, ok });

  const handle = (node: SimNode & { engine: Engine }, input: Input): void => {
    events += 1;
    trace.add(now, node.index, input);
    options.onInput?.(now, node, input);
    let effects: readonly Effect[];
    try {
      effects = node.engine.handle(input, clockOf(node));
    } catch (error) {
      observer.onBroken('engine-threw', node, String(error));
      return stop(node);
    }
    for (const effect of effects) {
      observer.onEffect(node, effect);
      obey(node, effect);
    }
    observer.onHandled(node, input);
    if (input.type === 'wake') watchIdleWakes(node, effects.length);
    plan(node);
  };

  const watchIdleWakes = (node: SimNode, effects: number): void => {
    const isIdle = effects === 0 && (node.engine?.nextWakeAt() ?? Number.POSITIVE_INFINITY) <= now;
    node.idleWakes = isIdle ? node.idleWakes + 1 : 0;
    if (node.idleWakes === IDLE_WAKES) observer.onBroken('wake-loop', node, `${IDLE_WAKES} wakes without any effect`);
  };

  /** Puts the engine's next wake into the queue, unless an earlier one stands there: that will see to it. */
  const plan = (node: SimNode): void => {
    const wanted = node.engine?.nextWakeAt() ?? Number.POSITIVE_INFINITY;
    // A timer needs a millisecond; an engine that wants to be woken at once must not stop the clock.
    node.wakeAt = onTick(node, wanted <= now ? now + 1 : wanted);
    if (node.wakeAt >= node.queuedWakeAt) return;
    node.queuedWakeAt = node.wakeAt;
    queue.push(node.wakeAt, node.index);
  };

  const wake = (node: SimNode): void => {
    if (now !== node.queuedWakeAt) return;
    node.queuedWakeAt = Number.POSITIVE_INFINITY;
    if (!isUp(node) || node.pausedUntil > now) return;
    if (node.wakeAt <= now) return handle(node, { type: 'wake' });
    if (node.wakeAt === Number.POSITIVE_INFINITY) return;
    node.queuedWakeAt = node.wakeAt;
    queue.push(node.wakeAt, node.index);
  };

  const arrive = (arrival: Arrival): void => {
    const node = 'link' in arrival ? arrival.link.nodes[arrival.to] : arrival.node;
    if (isUp(node) && node.pausedUntil > now) return void node.backlog.push(arrival);
    const input = 'link' in arrival ? network.receive(arrival) : arrival.life === node.life ? arrival.input : undefined;
    if (input !== undefined && isUp(node)) handle(node, input);
  };

  const stop = (node: SimNode & { engine: Engine }): void => {
    const { engine } = node;
    node.goneAt = now;
    network.abandon(node, !node.left);
    node.dials.clear();
    Object.assign(node, { engine: undefined, life: node.life + 1, pausedUntil: 0, wakeAt: Number.POSITIVE_INFINITY });
    signaling.close(node);
    for (const arrival of node.backlog) if ('link' in arrival) network.receive(arrival);
    node.backlog = [];
    observer.onStopped(node, engine);
  };

  const resume = (node: SimNode, life: number): void => {
    if (node.life !== life || !isUp(node) || node.pausedUntil > now) return;
    if (now - node.pausedSince >= options.missedAfterMs) {
      node.lastStop = [node.pausedSince, now];
      observer.onResumed(node);
    }
    const waiting = node.backlog;
    node.backlog = [];
    for (const arrival of waiting) arrive(arrival);
    plan(node);
  };

  return {
    get now() {
      return now;
    },
    get events() {
      return events;
    },
    nodes,
    network,
    signaling,
    signatures,
    nodeOf: peer => byId.get(peer),

    add() {
      const node = createNode(nodes.length, newKey(keys), regionOf(nodes.length));
      nodes.push(node);
      byId.set(node.id, node);
      return node;
    },

    start(node) {
      if (isUp(node)) return;
      const stream = node.index * NODE_STREAMS + (node.life % NODE_STREAMS);
      const engineOptions: EngineOptions = {
        self: node.id,
        app: 'simulation',
        room: scenario.room,
        config,
        region: scenario.regionsTold ? scenario.regions[node.region]!.name : undefined,
        seed: seedFrom(seed, stream),
        sealKey: SEAL_KEY,
        decode: codec.decode,
        read: codec.read,
      };
      const engine = createEngine(engineOptions, clockOf(node));
      node.engine = options.wrapEngine?.(engine, node) ?? engine;
      Object.assign(node, { bornAt: now, goneAt: Number.POSITIVE_INFINITY, left: false, bytesIn: 0, bytesOut: 0 });
      observer.onStarted(node);
      tell(node, { type: 'start' });
      if (node.hidden) tell(node, { type: 'activity', state: 'hidden' });
      if (node.storage.size > 0) tell(node, { type: 'restore', records: [...node.storage.values()] });
      if (node.index < scenario.presence)
        tell(node, { type: 'publish', kind: 'presence', key: '', value: { node: node.index } });
    },

    crash: node => (isUp(node) ? stop(node) : undefined),
    leave(node) {
      if (!isUp(node)) return;
      handle(node, { type: 'leave' });
      if (!isUp(node)) return;
      node.left = true;
      stop(node);
    },

    pause(node, forMs) {
      if (!isUp(node)) return;
      if (node.pausedUntil <= now) node.pausedSince = now;
      node.pausedUntil = Math.max(node.pausedUntil, now + forMs);
      const { life } = node;
      at(node.pausedUntil, () => resume(node, life));
    },

    turn: (node, page) => tell(node, { type: 'activity', state: page }),
    hide(node, hidden) {
      node.hidden = hidden;
      tell(node, { type: 'activity', state: hidden ? 'hidden' : 'active' });
    },

    publish: (node, kind, key, value) => tell(node, { type: 'publish', kind, key, value }),
    at,

    advance(untilMs, maxEvents) {
      const last = events + maxEvents;
      while (events < last) {
        if (queue.nextAt() > untilMs) {
          now = untilMs;
          return true;
        }
        now = queue.nextAt();
        const event = queue.take()!;
        if (typeof event === 'number') wake(nodes[event]!);
        else if (typeof event === 'function') event();
        else arrive(event);
      }
      return false;
    },

    inFlight() {
      let bytes = network.heldBytes();
      for (const event of queue.items()) if (typeof event === 'object' && 'link' in event) bytes += sizeOf(event);
      for (const { backlog } of nodes) for (const arrival of backlog) if ('link' in arrival) bytes += sizeOf(arrival);
      return bytes;
    },
    traceHash: trace.hash,
  };

  /** Timers of a hidden tab fire once a second, and once a minute when it has no link that keeps it awake. */
  function onTick(node: SimNode, due: number): number {
    if (!node.hidden) return due;
    const tick = node.links.size > 0 ? HIDDEN_TIMER_MS : ISOLATED_TIMER_MS;
    return Math.ceil(due / tick) * tick;
  }
}

function sizeOf(frame: Frame): number {
  return frame.bytes?.length ?? 0;
}

function newKey(rng: ReturnType<typeof createRng>): PeerId {
  let hex = '';
  for (let i = 0; i < 8; i++) hex += rng.uint32().toString(16).padStart(8, '0');
  if (!isPeerId(hex)) throw new Error(`${hex} is no peer id`);
  return hex;
}

/** Which region a node number belongs to: the shares follow each other, over and over, so joins mix. */
function createRegions({ regions }: Scenario): (index: number) => number {
  const total = regions.reduce((sum, { share }) => sum + share, 0);
  const counts = regions.map(() => 0);
  const assigned: number[] = [];
  return index => {
    while (assigned.length <= index) {
      const behind = regions.map(({ share }, i) => ((assigned.length + 1) * share) / total - counts[i]!);
      const region = behind.indexOf(Math.max(...behind));
      counts[region]! += 1;
      assigned.push(region);
    }
    return assigned[index]!;
  };
}
