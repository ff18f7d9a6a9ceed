import type { ConfigOverrides } from '../../src/config.ts';
import type { Effect } from '../../src/effect.ts';
import { createEngine, type Engine, type EngineOptions } from '../../src/engine.ts';
import type { SignedRecord } from '../../src/identity/record.ts';
import type { Delivery, Input } from '../../src/input.ts';
import { seedFrom } from '../../src/lib/rng.ts';
import type { PeerId } from '../../src/types.ts';
import { decodeFrame, encodeFrame, type Frame } from '../../src/wire/frame.ts';
import { at, peer } from './peers.ts';
import type { Sent } from './recorder.ts';
import { APP, fakeSign, fakeVerify, ROOM } from './records.ts';

/** One engine with a clock and a crypto port that answers at once, and neighbours who are only names. */
export interface TestNode {
  readonly engine: Engine;
  readonly self: PeerId;
  /** Milliseconds since the start. */
  readonly mono: number;
  handle(input: Input): readonly Effect[];
  /** Time passes; wakes come exactly when they are asked for. */
  advance(ms: number): void;
  /** Time passes and no wake comes: the machine is asleep. */
  sleep(ms: number): void;
  link(peer: PeerId, outbound?: boolean): void;
  receive(from: PeerId, frame: Frame): void;
  push(from: PeerId, ...records: readonly SignedRecord[]): void;
  /** Since asked last. */
  sent(): readonly Sent[];
  effects(): readonly Effect[];
  deliveries(): readonly Delivery[];
}

export interface NodeOptions {
  readonly self?: PeerId;
  readonly config?: ConfigOverrides;
  readonly seed?: number;
  readonly sealKey?: Uint8Array;
  readonly read?: EngineOptions['read'];
  /** Verify effects wait for the test's own answers. */
  readonly slowCrypto?: boolean;
  /** What is sent stays in the machine until the test says otherwise. */
  readonly slowLinks?: boolean;
}

/** More wakes than this at one instant: the engine asks to be woken without end. */
const WAKES_AT_ONCE = 20;

export function createNode(options: NodeOptions = {}): TestNode {
  const self = options.self ?? peer(100);
  let mono = 0;
  let sent: Sent[] = [];
  let effects: Effect[] = [];
  const { config, seed = 1, sealKey, read } = options;
  const engine = createEngine({ self, app: APP, room: ROOM, config, sealKey, read, seed: seedFrom(seed, 0) }, at(0));

  const answer = (effect: Effect): void => {
    if (effect.type === 'sign') {
      node.handle({ type: 'signed', job: effect.job, signature: fakeSign(self, effect.bytes) });
    } else if (effect.type === 'verify' && !options.slowCrypto) {
      const ok = fakeVerify(effect.key, effect.signature, effect.bytes);
      node.handle({ type: 'verified', job: effect.job, ok });
    } else if (effect.type === 'watch-link' && !options.slowLinks) {
      node.handle({ type: 'link-drained', peer: effect.peer, waiting: 0 });
    }
  };

  const node: TestNode = {
    engine,
    self,
    get mono() {
      return mono;
    },
    handle(input) {
      const out = engine.handle(input, at(mono));
      for (const effect of out) {
        effects.push(effect);
        if (effect.type === 'send') sent.push({ to: effect.to, frame: frameOf(effect.bytes) });
      }
      for (const effect of out) answer(effect);
      return out;
    },
    advance(ms) {
      const until = mono + ms;
      let wakes = 0;
      for (let due = engine.nextWakeAt(); due !== undefined && due <= until; due = engine.nextWakeAt()) {
        wakes = due > mono ? 0 : wakes + 1;
        if (wakes > WAKES_AT_ONCE) throw new Error(`woken without end at ${mono} ms`);
        mono = Math.max(mono, due);
        node.handle({ type: 'wake' });
      }
      mono = until;
    },
    sleep(ms) {
      mono += ms;
    },
    link(other, outbound = false) {
      node.handle({ type: 'link-up', peer: other, outbound });
    },
    receive(from, frame) {
      node.handle({ type: 'frame', from, bytes: encodeFrame(frame) });
    },
    push(from, ...records) {
      node.receive(from, { type: 'push', records: records.map(record => record.bytes) });
    },
    sent() {
      const taken = sent;
      sent = [];
      return taken;
    },
    effects() {
      const taken = effects;
      effects = [];
      return taken;
    },
    deliveries: () => node.effects().flatMap(effect => (effect.type === 'deliver' ? [effect.delivery] : [])),
  };
  return node;
}

function frameOf(bytes: Uint8Array): Frame {
  const decoded = decodeFrame(bytes);
  if (!decoded.ok) throw new Error(`an engine sent what no engine takes: ${decoded.code}`);
  return decoded.value;
}
