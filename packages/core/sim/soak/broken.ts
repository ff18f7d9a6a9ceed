/**
 * Engines that are broken on purpose, each in one way that a careless change could bring about. The soak must
 * find every one: this tests the checks, not the engine. A fault is put round a real engine, and what the engine
 * counts is made to fit, so that only the fault itself can give it away.
 */
import { type Effect, type Engine, type Input, type PeerId, readRecord, type SignedRecord } from '@hearsay/core';
import { decodeFrame, encodeFrame, type Frame } from '@hearsay/core/wire';

export interface Fault {
  readonly name: string;
  /** What a build with this fault does. */
  readonly about: string;
  readonly wrap: (engine: Engine, self: PeerId) => Engine;
}

type Sent = Extract<Effect, { type: 'send' }>;
type ChangeFrame = (frame: Frame, peer: string) => Frame | undefined;
type ChangeEffect = (effect: Effect) => readonly Effect[];

/** What a fault may change: frames before the engine reads them, frames it sends, and other effects. */
interface Changes {
  readonly received?: (engine: Engine, self: PeerId) => ChangeFrame;
  readonly sent?: (engine: Engine) => ChangeFrame;
  readonly effects?: (engine: Engine) => ChangeEffect;
}

export const faults: readonly Fault[] = [
  fault('skips-grafts', 'asks nobody for what was announced', {
    sent: () => frame => (frame.type === 'graft' ? undefined : frame),
  }),
  fault('skips-announcements', 'announces nothing over lazy links', {
    sent: () => frame => (frame.type === 'ihave' ? undefined : frame),
  }),
  fault('skips-one-neighbour', 'never pushes to its neighbour with the lowest id', {
    sent: engine => (frame, peer) => (frame.type === 'push' && peer === lowest(engine) ? undefined : frame),
  }),
  fault('drops-tombstones', 'takes no deletes from others', {
    received: engine => withoutRecords(engine, record => record.kind === 'state-delete'),
  }),
  fault('ignores-leave', 'takes no goodbyes from others', {
    received: engine => withoutRecords(engine, record => record.kind === 'leave'),
  }),
  fault('forgets-refutation', 'does not hear that it is accused itself', {
    received: (engine, self) => withoutRecords(engine, ({ kind, key }) => kind === 'accuse' && key === self),
  }),
  fault('never-expires', 'shows for ever whom nobody accused', {
    effects: () => effect =>
      effect.type === 'deliver' && effect.delivery.what === 'presence-gone' && effect.delivery.reason === 'expired'
        ? []
        : [effect],
  }),
  fault('misses-failures', 'does not tell its app who failed', {
    effects: () => effect =>
      effect.type === 'deliver' && effect.delivery.what === 'presence-gone' && effect.delivery.reason === 'failed'
        ? []
        : [effect],
  }),
  fault('delivers-twice', 'tells its app every tenth event twice', { effects: () => everyTenthEventTwice() }),
  fault('accepts-older', 'tells its app an older value after a newer one', { effects: () => olderAgain() }),
  fault('loses-local-news', 'does not tell its app of every twentieth value', { effects: () => everyTwentiethLost() }),
  fault('seen-before-verified', 'takes a copy for known before its signature is checked', {
    received: engine => seenTooEarly(engine),
  }),
  fault('echoes', 'sends every record back to whom it came from', { effects: engine => echoing(engine) }),
  fault('deaf-to-sync', 'answers no reconciliation', {
    received: () => frame => (frame.type === 'sync' ? undefined : frame),
  }),
];

function fault(name: string, about: string, changes: Changes): Fault {
  return { name, about, wrap: (engine, self) => changed(engine, self, changes) };
}

/** Counts bytes as a build with the fault would: what it never sent or read, and what it sent too often. */
function changed(engine: Engine, self: PeerId, changes: Changes): Engine {
  const received = changes.received?.(engine, self);
  const sent = changes.sent?.(engine);
  const change = changes.effects?.(engine) ?? (effect => [effect]);
  let bytesIn = 0;
  let bytesOut = 0;

  const read = (input: Input): Input | undefined => {
    if (input.type !== 'frame' || received === undefined) return input;
    const bytes = changedFrame(input.bytes, frame => received(frame, input.from));
    bytesIn += input.bytes.length - (bytes?.length ?? 0);
    return bytes === undefined ? undefined : { ...input, bytes };
  };

  const send = (effect: Effect): readonly Effect[] => {
    if (effect.type !== 'send' || sent === undefined) return [effect];
    const bytes = changedFrame(effect.bytes, frame => sent(frame, effect.to));
    return bytes === undefined ? [] : [{ ...effect, bytes }];
  };

  return {
    ...engine,
    handle(input, now) {
      const taken = read(input);
      // Whatever it is deaf to, time goes on.
      const before = engine.handle(taken ?? { type: 'wake' }, now);
      const after = before.flatMap(send).flatMap(change);
      bytesOut += sizeOf(after) - sizeOf(before);
      return after;
    },
    stats() {
      const stats = engine.stats();
      return { ...stats, bytesIn: stats.bytesIn + bytesIn, bytesOut: stats.bytesOut + bytesOut };
    },
  };
}

function changedFrame(bytes: Uint8Array, change: (frame: Frame) => Frame | undefined): Uint8Array | undefined {
  const decoded = decodeFrame(bytes);
  if (!decoded.ok) return bytes;
  const frame = change(decoded.value);
  if (frame === decoded.value) return bytes;
  return frame === undefined ? undefined : encodeFrame(frame);
}

function sizeOf(effects: readonly Effect[]): number {
  return effects.reduce((sum, effect) => sum + (effect.type === 'send' ? effect.bytes.length : 0), 0);
}

/** Cuts records out of frames that carry them; a frame without any other is not seen at all. */
function withoutRecords(engine: Engine, isCut: (record: SignedRecord) => boolean): ChangeFrame {
  return frame => {
    if (frame.type !== 'push' && frame.type !== 'delta') return frame;
    const records = frame.records.filter(bytes => {
      const read = readRecord(bytes, engine.networkId);
      return !read.ok || !isCut(read.value);
    });
    if (records.length === frame.records.length) return frame;
    return records.length === 0 ? undefined : { ...frame, records };
  };
}

function lowest(engine: Engine): string | undefined {
  const peers = engine.neighbours().map(({ peer }) => peer);
  return peers.length < 2 ? undefined : peers.sort()[0];
}

function everyTenthEventTwice(): ChangeEffect {
  let events = 0;
  return effect => {
    if (effect.type !== 'deliver' || effect.delivery.what !== 'event') return [effect];
    events += 1;
    return events % 10 === 0 ? [effect, effect] : [effect];
  };
}

function olderAgain(): ChangeEffect {
  const last = new Map<string, Effect>();
  return effect => {
    if (effect.type !== 'deliver' || effect.delivery.what !== 'state') return [effect];
    const older = last.get(effect.delivery.key);
    last.set(effect.delivery.key, effect);
    return older === undefined ? [effect] : [effect, older];
  };
}

function everyTwentiethLost(): ChangeEffect {
  let told = 0;
  return effect => {
    if (effect.type !== 'deliver' || effect.delivery.what !== 'state') return [effect];
    told += 1;
    return told % 20 === 0 ? [] : [effect];
  };
}

function seenTooEarly(engine: Engine): ChangeFrame {
  const seen = new Set<string>();
  return withoutRecords(engine, ({ id }) => {
    const known = seen.has(id);
    seen.add(id);
    return known;
  });
}

function echoing(engine: Engine): ChangeEffect {
  const isPush = (effect: Sent): boolean => effect.bytes[1] === 1;
  return effect => {
    if (effect.type !== 'send' || !isPush(effect)) return [effect];
    const others = engine.neighbours().filter(({ peer }) => peer !== effect.to);
    return [effect, ...others.map(({ peer }) => ({ ...effect, to: peer }))];
  };
}
