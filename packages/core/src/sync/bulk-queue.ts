/**
 * What a neighbour was found to lack, and the answers that come after it, at a bounded pace: bulk must delay
 * neither a heartbeat nor a fresh update, and must stay below what the other side admits. An answer waits for the
 * records before it: a session's last word means that all of them were sent.
 */
import { isLarge, offerOf } from '../identity/large.ts';
import type { SignedRecord } from '../identity/record.ts';
import { createTokenBucket } from '../lib/token-bucket.ts';
import type { MonoMs, Now } from '../types.ts';
import type { Frame } from '../wire/frame.ts';
import { wireLimits } from '../wire/limits.ts';

export type Answer = Extract<Frame, { type: 'sync' | 'done' }>;

export interface BulkQueue {
  add(session: number, records: readonly SignedRecord[]): void;
  /** Said after all that was added before. */
  addAnswer(answer: Answer): void;
  /** The next frame that may go now, or `undefined`. */
  take(now: Now): Answer | Extract<Frame, { type: 'delta' | 'offer' }> | undefined;
  nextWakeAt(now: Now): MonoMs | undefined;
}

type Item = { readonly session: number; readonly record: SignedRecord } | { readonly answer: Answer };

const FRAME_TARGET_BYTES = 4_096;
/** What may go at once: a heartbeat behind it is late by half a second where 1 Mbit/s go up. Above one record. */
const BURST_BYTES = 65_536;
/** An offer is small, but a frame: at the usual pace a hundred a second, half of what the other side admits. */
const OFFER_COST_BYTES = 2_560;
/** More than the largest room holds; a neighbour that wants still more asks again. */
const MAX_ITEMS = 32_768;
/** A neighbour that asks without reading waits in vain for what is beyond. */
export const MAX_ANSWERS = 64;

export function createBulkQueue(bytesPerSecond: number, startedAt: Now): BulkQueue {
  const pace = createTokenBucket(bytesPerSecond, BURST_BYTES, startedAt.mono);
  let items: Item[] = [];
  let head = 0;
  let answers = 0;

  /** The records that go together next: of one session, up to the size of a frame; a large one is offered alone. */
  const nextRecords = (): readonly SignedRecord[] => {
    const records: SignedRecord[] = [];
    let bytes = 0;
    const first = items[head];
    for (let at = head; at < items.length && records.length < wireLimits.recordsPerFrame; at++) {
      const item = items[at]!;
      if ('answer' in item || 'answer' in first! || item.session !== first!.session) break;
      if (records.length > 0 && isLarge(item.record)) break;
      bytes += item.record.bytes.length;
      if (records.length > 0 && bytes > FRAME_TARGET_BYTES) break;
      records.push(item.record);
      if (isLarge(item.record)) break;
    }
    return records;
  };

  const drop = (count: number): void => {
    head += count;
    if (head < 1_024 && head < items.length) return;
    items = items.slice(head);
    head = 0;
  };

  return {
    add(session, records) {
      for (const record of records) if (items.length - head < MAX_ITEMS) items.push({ session, record });
    },
    addAnswer(answer) {
      if (answers >= MAX_ANSWERS) return;
      answers += 1;
      items.push({ answer });
    },
    take(now) {
      const first = items[head];
      if (first === undefined) return undefined;
      if ('answer' in first) {
        answers -= 1;
        drop(1);
        return first.answer;
      }
      const records = nextRecords();
      if (!pace.take(costOf(records), now.mono)) return undefined;
      drop(records.length);
      if (isLarge(first.record)) return offerOf(first.record, false);
      return { type: 'delta', session: first.session, records: records.map(({ bytes }) => bytes) };
    },
    nextWakeAt(now) {
      if (head >= items.length) return undefined;
      return (now.mono + pace.waitMs(costOf(nextRecords()), now.mono)) as MonoMs;
    },
  };
}

function costOf(records: readonly SignedRecord[]): number {
  return records.reduce((sum, record) => sum + (isLarge(record) ? OFFER_COST_BYTES : record.bytes.length), 0);
}
