/**
 * What a neighbour was found to lack, and the answers that come after it, at a bounded pace: bulk must delay
 * neither a heartbeat nor a fresh update, and must stay below what the other side admits. An answer waits for the
 * records before it: a session's last word means that all of them were sent.
 */
import { isLarge, offerOf } from '../identity/large.ts';
import type { SignedRecord } from '../identity/record.ts';
import { createTokenBucket, type TokenBucket } from '../lib/token-bucket.ts';
import type { Load } from '../outbox.ts';
import type { MonoMs, Now } from '../types.ts';
import type { Frame } from '../wire/frame.ts';
import { wireLimits } from '../wire/limits.ts';

export type Answer = Extract<Frame, { type: 'sync' | 'done' }>;

export interface BulkQueue {
  /** `isBare`: the neighbour has next to nothing of what they are a part of, and waits for it. */
  add(session: number, records: readonly SignedRecord[], isBare?: boolean): void;
  /** Said after all that was added before. */
  addAnswer(answer: Answer): void;
  /** The next frame that may go now, or `undefined`. */
  take(now: Now): Answer | Extract<Frame, { type: 'delta' | 'offer' }> | undefined;
  /** What the next frame counts as. */
  load(): Load;
  nextWakeAt(now: Now): MonoMs | undefined;
}

type Item =
  | { readonly session: number; readonly record: SignedRecord; readonly load: Load }
  | { readonly answer: Answer };

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
  return new Queue(bytesPerSecond, startedAt);
}

/** A class, because a node keeps one for every link. */
class Queue implements BulkQueue {
  readonly #pace: TokenBucket;
  #items: Item[] = [];
  #head = 0;
  #answers = 0;

  constructor(bytesPerSecond: number, startedAt: Now) {
    this.#pace = createTokenBucket(bytesPerSecond, BURST_BYTES, startedAt.mono);
  }

  add(session: number, records: readonly SignedRecord[], isBare = false): void {
    const load = isBare ? 'bulk' : 'repair';
    for (const record of records) {
      if (this.#items.length - this.#head < MAX_ITEMS) this.#items.push({ session, record, load });
    }
  }

  addAnswer(answer: Answer): void {
    if (this.#answers >= MAX_ANSWERS) return;
    this.#answers += 1;
    this.#items.push({ answer });
  }

  take(now: Now): ReturnType<BulkQueue['take']> {
    const first = this.#items[this.#head];
    if (first === undefined) return undefined;
    if ('answer' in first) {
      this.#answers -= 1;
      this.#drop(1);
      return first.answer;
    }
    const records = this.#nextRecords();
    if (!this.#pace.take(costOf(records), now.mono)) return undefined;
    this.#drop(records.length);
    if (isLarge(first.record)) return offerOf(first.record, false);
    return { type: 'delta', session: first.session, records: records.map(({ bytes }) => bytes) };
  }

  load(): Load {
    const first = this.#items[this.#head];
    return first === undefined || 'answer' in first ? 'bulk' : first.load;
  }

  nextWakeAt(now: Now): MonoMs | undefined {
    if (this.#head >= this.#items.length) return undefined;
    return (now.mono + this.#pace.waitMs(costOf(this.#nextRecords()), now.mono)) as MonoMs;
  }

  /** The records that go together next: of one session, up to the size of a frame; a large one is offered alone. */
  #nextRecords(): readonly SignedRecord[] {
    const items = this.#items;
    const records: SignedRecord[] = [];
    let bytes = 0;
    const first = items[this.#head];
    for (let at = this.#head; at < items.length && records.length < wireLimits.recordsPerFrame; at++) {
      const item = items[at]!;
      if ('answer' in item || 'answer' in first! || item.session !== first!.session || item.load !== first!.load) break;
      if (records.length > 0 && isLarge(item.record)) break;
      bytes += item.record.size;
      if (records.length > 0 && bytes > FRAME_TARGET_BYTES) break;
      records.push(item.record);
      if (isLarge(item.record)) break;
    }
    return records;
  }

  #drop(count: number): void {
    this.#head += count;
    if (this.#head < 1_024 && this.#head < this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}

function costOf(records: readonly SignedRecord[]): number {
  return records.reduce((sum, record) => sum + (isLarge(record) ? OFFER_COST_BYTES : record.size), 0);
}
