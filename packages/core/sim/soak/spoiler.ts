/**
 * A faulty machine among honest ones: now and then it damages a record that it passes on, either the signature or
 * the last byte of the value. Too seldom to be banned for, and enough to find an engine that takes a damaged copy
 * for the genuine one.
 */
import { createRng, type Effect, type Engine, readRecord, seedFrom } from '@hearsay/core';
import { decodeFrame, encodeFrame } from '@hearsay/core/wire';

const STREAM = -41;
const SHARE = 0.05;
/** Below the strikes that cost a link. */
const MOST = 6;
/** What is lost for good when its first copy is damaged is no fault of the engine. */
const SPOILED_KINDS = new Set(['state', 'state-delete', 'presence']);

export function spoiling(engine: Engine, seed: number): Engine {
  const rng = createRng(seedFrom(seed, STREAM));
  let spoiled = 0;

  const spoil = (record: Uint8Array): Uint8Array => {
    if (spoiled >= MOST || rng.next() >= SHARE) return record;
    const read = readRecord(record, engine.networkId);
    if (!read.ok || !SPOILED_KINDS.has(read.value.kind)) return record;
    spoiled += 1;
    const copy = record.slice();
    const at = spoiled % 2 === 0 ? 0 : copy.length - 1;
    copy[at]! ^= 1;
    return copy;
  };

  const change = (effect: Effect): Effect => {
    if (effect.type !== 'send') return effect;
    const decoded = decodeFrame(effect.bytes);
    if (!decoded.ok || decoded.value.type !== 'push') return effect;
    return { ...effect, bytes: encodeFrame({ type: 'push', records: decoded.value.records.map(spoil) }) };
  };

  return { ...engine, handle: (input, now) => engine.handle(input, now).map(change) };
}
