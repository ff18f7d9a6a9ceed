/**
 * Records on their way to a neighbour that was found to lack them, at a bounded pace: bulk must delay neither
 * a heartbeat nor a fresh update, and must stay below what the other side admits.
 */
import type { SignedRecord } from '../identity/record.ts';
import { createTokenBucket } from '../lib/token-bucket.ts';
import type { MonoMs, Now } from '../types.ts';
import type { Frame } from '../wire/frame.ts';
import { wireLimits } from '../wire/limits.ts';

export interface BulkQueue {
  add(session: number, records: readonly SignedRecord[]): void;
  /** Said after all that was added for the session before. */
  addDone(session: number): void;
  /** The next frame that may go now, or `undefined`. */
  take(now: Now): Frame | undefined;
  nextWakeAt(now: Now): MonoMs | undefined;
}

type Item = { readonly session: number; readonly record: SignedRecord | undefined };

const FRAME_TARGET_BYTES = 8_192;
/** More than the largest room holds; a neighbour that wants still more asks again. */
const MAX_ITEMS = 32_768;

export function createBulkQueue(bytesPerSecond: number, startedAt: Now): BulkQueue {
  // A burst below one record would never let that record go.
  const pace = createTokenBucket(bytesPerSecond, Math.max(bytesPerSecond, wireLimits.recordBytes), startedAt.mono);
  let items: Item[] = [];
  let head = 0;

  const frameLength = (): number => {
    let bytes = 0;
    let at = head;
    while (at < items.length && at - head < wireLimits.recordsPerFrame) {
      const { session, record } = items[at]!;
      if (record === undefined || session !== items[head]!.session) break;
      if (bytes > 0 && bytes + record.bytes.length > FRAME_TARGET_BYTES) break;
      bytes += record.bytes.length;
      at += 1;
    }
    return at - head;
  };

  const drop = (count: number): void => {
    head += count;
    if (head < 1_024 && head < items.length) return;
    items = items.slice(head);
    head = 0;
  };

  const costOf = (count: number): number => {
    let bytes = 0;
    for (let i = head; i < head + count; i++) bytes += items[i]!.record?.bytes.length ?? 0;
    return bytes;
  };

  return {
    add(session, records) {
      for (const record of records) if (items.length - head < MAX_ITEMS) items.push({ session, record });
    },
    addDone(session) {
      // A full queue belongs to a neighbour that asks without reading: it may wait for its answer in vain.
      if (items.length - head < 2 * MAX_ITEMS) items.push({ session, record: undefined });
    },
    take(now) {
      const first = items[head];
      if (first === undefined) return undefined;
      if (first.record === undefined) {
        drop(1);
        return { type: 'done', session: first.session };
      }
      const count = frameLength();
      if (!pace.take(costOf(count), now.mono)) return undefined;
      const records = items.slice(head, head + count).map(item => item.record!.bytes);
      drop(count);
      return { type: 'delta', session: first.session, records };
    },
    nextWakeAt(now) {
      if (head >= items.length) return undefined;
      return (now.mono + pace.waitMs(costOf(frameLength()), now.mono)) as MonoMs;
    },
  };
}
