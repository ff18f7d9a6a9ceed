/**
 * One neighbour as anti-entropy sees it: at most one session that this node opened, one that the neighbour did,
 * what waits to be sent, and how much the neighbour has had of us of late.
 */
import type { SignedRecord } from '../identity/record.ts';
import { createTokenBucket, type TokenBucket } from '../lib/token-bucket.ts';
import type { MonoMs, Now, RecordId } from '../types.ts';
import type { Frame } from '../wire/frame.ts';
import type { SyncDomain } from '../wire/sync-topic.ts';
import { type BulkQueue, createBulkQueue } from './bulk-queue.ts';
import type { Exchange } from './exchange.ts';

export interface Session {
  readonly id: number;
  readonly exchanges: { readonly [domain in SyncDomain]: Exchange };
  readonly startedAt: MonoMs;
  touchedAt: MonoMs;
  turns: number;
}

export interface Link {
  readonly bulk: BulkQueue;
  /** Records that were looked at on the neighbour's behalf. */
  readonly work: TokenBucket;
  readonly shipped: Shipped;
  own: Session | undefined;
  theirs: Session | undefined;
  /** The neighbour's opening, as long as somebody else is sending. */
  held: Extract<Frame, { type: 'sync' }> | undefined;
  bulkAt: MonoMs | undefined;
}

/** A neighbour is sent the same record so often within a minute, and so many in all. */
export const SHIPPED_TIMES = 3;
export const SHIPPED_RECORDS = 32_768;
const SHIPPED_MS = 60_000;

/** Records a second: about 2 % of a slow core. The burst is a room of the largest size, gone through a dozen times. */
const WORK_PER_SECOND = 50_000;
const WORK_BURST = 400_000;

export function createLink(bytesPerSecond: number, now: Now): Link {
  return {
    bulk: createBulkQueue(bytesPerSecond, now),
    work: createTokenBucket(WORK_PER_SECOND, WORK_BURST, now.mono),
    shipped: createShipped(),
    own: undefined,
    theirs: undefined,
    held: undefined,
    bulkAt: undefined,
  };
}

export function sessionOf(link: Link, id: number): Session | undefined {
  if (link.own?.id === id) return link.own;
  return link.theirs?.id === id ? link.theirs : undefined;
}

export function endSession(link: Link, session: Session): void {
  if (link.own === session) link.own = undefined;
  if (link.theirs === session) link.theirs = undefined;
}

/** A neighbour works through one queue: while it sends for one session, the other waits for its turn. */
export function touch(link: Link, now: Now): void {
  for (const session of [link.own, link.theirs]) if (session !== undefined) session.touchedAt = now.mono;
}

export interface Shipped {
  /** Those of the records that may be sent once more; they count as sent. */
  admit(records: readonly SignedRecord[], now: Now): readonly SignedRecord[];
  /** Forgets what is too long ago to count. */
  expire(now: Now): void;
}

export function createShipped(): Shipped {
  return new Counted();
}

/** A class, because a node keeps one for every link. */
class Counted implements Shipped {
  /** Missing while nothing counts, as most of the time for most links. */
  #times: Map<RecordId, number> | undefined;
  #since = Number.NEGATIVE_INFINITY;

  expire(now: Now): void {
    if (now.mono - this.#since >= SHIPPED_MS) this.#times = undefined;
  }

  admit(records: readonly SignedRecord[], now: Now): readonly SignedRecord[] {
    this.expire(now);
    if (records.length === 0) return records;
    if (this.#times === undefined) {
      this.#times = new Map();
      this.#since = now.mono;
    }
    const times = this.#times;
    return records.filter(({ id }) => {
      const before = times.get(id) ?? 0;
      if (before >= SHIPPED_TIMES || (before === 0 && times.size >= SHIPPED_RECORDS)) return false;
      times.set(id, before + 1);
      return true;
    });
  }
}
