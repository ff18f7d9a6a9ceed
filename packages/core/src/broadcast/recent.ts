/**
 * Records of late, by short id: what a graft or a pull is answered from. Bounded by count, bytes and age; what
 * has left it is for anti-entropy to repair.
 */
import type { SignedRecord } from '../identity/record.ts';
import { createExpiringSet, type ExpiringSet } from '../lib/expiring-set.ts';
import type { Now, ShortId } from '../types.ts';

/**
 * What of a record it takes to pass it on: it is remembered for a minute, also after the record has been replaced, and
 * the fields that are only for reading weigh as much again.
 */
export type Parcel = Pick<SignedRecord, 'id' | 'author' | 'kind' | 'key' | 'bytes'>;

export interface Recent {
  add(record: SignedRecord, now: Now): Parcel;
  /** Known, though perhaps not worth keeping. */
  note(id: ShortId, now: Now): void;
  knows(id: ShortId): boolean;
  get(id: ShortId): Parcel | undefined;
  expire(now: Now): void;
  /** Newest last. */
  ids(): Iterable<ShortId>;
  /** Newest last. */
  all(): Iterable<[ShortId, Parcel]>;
}

interface Kept extends Parcel {
  readonly until: number;
}

const MAX_RECORDS = 4_096;
const MAX_KNOWN = 16_384;
const MAX_BYTES = 4_194_304;
const LIFETIME_MS = 60_000;

export function createRecent(): Recent {
  const known: ExpiringSet<ShortId> = createExpiringSet(MAX_KNOWN, LIFETIME_MS);
  const kept = new Map<ShortId, Kept>();
  let bytes = 0;

  const dropOldest = (): ShortId => {
    const [id, oldest] = kept.entries().next().value!;
    kept.delete(id);
    bytes -= oldest.bytes.length;
    return id;
  };

  return {
    add(record, now) {
      const { id, author, kind, key, shortId } = record;
      const old = kept.get(shortId);
      if (old !== undefined) return old;
      const parcel: Kept = { id, author, kind, key, bytes: record.bytes, until: Math.ceil(now.mono + LIFETIME_MS) };
      kept.set(shortId, parcel);
      known.delete(shortId);
      bytes += parcel.bytes.length;
      while (kept.size > MAX_RECORDS || bytes > MAX_BYTES) known.add(dropOldest(), now.mono);
      return parcel;
    },
    note: (id, now) => known.add(id, now.mono),
    knows: id => known.has(id) || kept.has(id),
    get: id => kept.get(id),
    expire(now) {
      known.expire(now.mono);
      for (const { until } of kept.values()) {
        if (until > now.mono) return;
        dropOldest();
      }
    },
    ids: () => kept.keys(),
    all: () => kept.entries(),
  };
}
