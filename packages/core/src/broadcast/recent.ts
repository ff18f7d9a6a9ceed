/**
 * Records of late, by short id: what a graft or a pull is answered from. Bounded by count, bytes and age; what
 * has left it is for anti-entropy to repair.
 */
import { createExpiringMap, type ExpiringMap } from '../lib/expiring-map.ts';
import type { Now } from '../types.ts';
import type { ShortId } from '../wire/frame.ts';
import type { Parcel } from './parcel.ts';

export interface Recent {
  add(parcel: Parcel, now: Now): void;
  /** Known, though perhaps not worth keeping. */
  note(id: ShortId, now: Now): void;
  knows(id: ShortId): boolean;
  get(id: ShortId): Parcel | undefined;
  expire(now: Now): void;
  /** Newest last. */
  parcels(): Iterable<Parcel>;
}

const MAX_RECORDS = 4_096;
const MAX_KNOWN = 16_384;
const MAX_BYTES = 4_194_304;
const LIFETIME_MS = 60_000;

export function createRecent(): Recent {
  const known: ExpiringMap<ShortId, true> = createExpiringMap(MAX_KNOWN, LIFETIME_MS);
  const kept = new Map<ShortId, { readonly parcel: Parcel; readonly until: number }>();
  let bytes = 0;

  const dropOldest = (): ShortId => {
    const [id, { parcel }] = kept.entries().next().value!;
    kept.delete(id);
    bytes -= parcel.bytes.length;
    return id;
  };

  return {
    add(parcel, now) {
      const id = parcel.shortId;
      if (kept.has(id)) return;
      kept.set(id, { parcel, until: Math.ceil(now.mono + LIFETIME_MS) });
      known.delete(id);
      bytes += parcel.bytes.length;
      while (kept.size > MAX_RECORDS || bytes > MAX_BYTES) known.set(dropOldest(), true, now.mono);
    },
    note: (id, now) => known.set(id, true, now.mono),
    knows: id => known.has(id) || kept.has(id),
    get: id => kept.get(id)?.parcel,
    expire(now) {
      known.expire(now.mono);
      for (const { until } of kept.values()) {
        if (until > now.mono) return;
        dropOldest();
      }
    },
    *parcels() {
      for (const { parcel } of kept.values()) yield parcel;
    },
  };
}
