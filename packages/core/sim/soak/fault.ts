/**
 * How a fault is put round a real engine: between it and what it hears, sends and does. What the engine counts is
 * made to fit, so that only the fault itself can give it away.
 */
import {
  type ConfigOverrides,
  type Effect,
  type Engine,
  type Input,
  type PeerId,
  readRecord,
  type SignedRecord,
} from '@hearsay/core';
import { decodeFrame, encodeFrame, type Frame } from '@hearsay/core/wire';

export interface Fault {
  readonly name: string;
  /** What a build with this fault does. */
  readonly about: string;
  /** Numbers that such a build has wrong. */
  readonly config: ConfigOverrides;
  readonly wrap: (engine: Engine, self: PeerId) => Engine;
}

export type ChangeFrame = (frame: Frame, peer: string) => Frame | undefined;
export type ChangeEffect = (effect: Effect) => readonly Effect[];

/** What a fault may change: frames before the engine reads them, frames it sends, and other effects. */
export interface Changes {
  readonly received?: (engine: Engine, self: PeerId) => ChangeFrame;
  readonly sent?: (engine: Engine, self: PeerId) => ChangeFrame;
  readonly effects?: (engine: Engine) => ChangeEffect;
}

export function fault(name: string, about: string, changes: Changes): Fault {
  return { name, about, config: {}, wrap: (engine, self) => changed(engine, self, changes) };
}

/** Counts bytes as a build with the fault would: what it never sent or read, and what it sent too often. */
function changed(engine: Engine, self: PeerId, changes: Changes): Engine {
  const received = changes.received?.(engine, self);
  const sent = changes.sent?.(engine, self);
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
export function withoutRecords(engine: Engine, isCut: (record: SignedRecord) => boolean): ChangeFrame {
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
