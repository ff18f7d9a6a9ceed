/**
 * Records of late, by short id: what a graft or a pull is answered from. Bounded by count, bytes and age; what
 * has left it is for anti-entropy to repair.
 */
import type { SignedRecord } from '../identity/record.ts';
import { createExpiringMap, type ExpiringMap } from '../lib/expiring-map.ts';
import type { Now, RecordId } from '../types.ts';
import type { ShortId } from '../wire/frame.ts';

export interface Recent {
  add(record: SignedRecord, now: Now): void;
  /** Known, though perhaps not worth keeping. */
  note(id: RecordId, now: Now): void;
  knows(id: ShortId): boolean;
  get(id: ShortId): SignedRecord | undefined;
  expire(now: Now): void;
  /** Newest last. */
  records(): Iterable<SignedRecord>;
}

const MAX_RECORDS = 4_096;
const MAX_KNOWN = 16_384;
const MAX_BYTES = 4_194_304;
const LIFETIME_MS = 60_000;

export function createRecent(): Recent {
  const known: ExpiringMap<ShortId, true> = createExpiringMap(MAX_KNOWN, LIFETIME_MS);
  const kept = new Map<ShortId, { readonly record: SignedRecord; readonly until: number }>();
  let bytes = 0;

  const dropOldest = (): ShortId => {
    const [id, { record }] = kept.entries().next().value!;
    kept.delete(id);
    bytes -= record.bytes.length;
    return id;
  };

  return {
    add(record, now) {
      const id = shortIdOf(record.id);
      if (kept.has(id)) return;
      kept.set(id, { record, until: Math.ceil(now.mono + LIFETIME_MS) });
      known.delete(id);
      bytes += record.bytes.length;
      while (kept.size > MAX_RECORDS || bytes > MAX_BYTES) known.set(dropOldest(), true, now.mono);
    },
    note: (id, now) => known.set(shortIdOf(id), true, now.mono),
    knows: id => known.has(id) || kept.has(id),
    get: id => kept.get(id)?.record,
    expire(now) {
      known.expire(now.mono);
      for (const { until } of kept.values()) {
        if (until > now.mono) return;
        dropOldest();
      }
    },
    *records() {
      for (const { record } of kept.values()) yield record;
    },
  };
}

export function shortIdOf(id: RecordId): ShortId {
  return id.slice(0, 16);
}
