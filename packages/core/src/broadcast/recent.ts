/**
 * Records of late, by short id: what a graft or a pull is answered from. Bounded by count, bytes and age; what
 * has left it is for anti-entropy to repair. Of what has been replaced there is nothing to tell any more, as what took
 * its place goes the same ways: only whose it was is remembered, for the grafts and refusals that name it.
 */
import type { SignedRecord } from '../identity/record.ts';
import { createExpiringMap, type ExpiringMap } from '../lib/expiring-map.ts';
import { createExpiringSet, type ExpiringSet } from '../lib/expiring-set.ts';
import type { Now, ShortId } from '../types.ts';
import { type Author, authorIdOf } from './branches.ts';

/** What of a record it takes to pass it on. */
export type Parcel = Pick<SignedRecord, 'id' | 'author' | 'kind' | 'key' | 'bytes'>;

export interface Recent {
  add(record: SignedRecord, now: Now): Parcel;
  /** Known, though perhaps not worth keeping. */
  note(id: ShortId, now: Now): void;
  /** Nobody here keeps it any more, so it is not told to others either. */
  release(id: ShortId, now: Now): void;
  knows(id: ShortId): boolean;
  get(id: ShortId): Parcel | undefined;
  authorOf(id: ShortId): Author | undefined;
  expire(now: Now): void;
  /** Newest last, but for what was released. */
  ids(): Iterable<ShortId>;
  /** Newest last. */
  all(): Iterable<[ShortId, Parcel]>;
}

interface Kept {
  readonly parcel: Parcel;
  /** Whole milliseconds, which take no object of their own. */
  readonly until: number;
}

const MAX_RECORDS = 4_096;
const MAX_KNOWN = 16_384;
const MAX_BYTES = 4_194_304;
const LIFETIME_MS = 60_000;

export function createRecent(): Recent {
  const known: ExpiringSet<ShortId> = createExpiringSet(MAX_KNOWN, LIFETIME_MS);
  const released: ExpiringMap<ShortId, Author> = createExpiringMap(MAX_KNOWN, LIFETIME_MS);
  const kept = new Map<ShortId, Kept>();
  let bytes = 0;

  const take = (id: ShortId): Parcel | undefined => {
    const parcel = kept.get(id)?.parcel;
    if (parcel === undefined) return undefined;
    kept.delete(id);
    bytes -= parcel.bytes.length;
    return parcel;
  };

  const release = (id: ShortId, now: Now): void => {
    const parcel = take(id);
    if (parcel !== undefined) released.set(id, authorIdOf(parcel.author), now.mono);
  };

  return {
    add(record, now) {
      const { shortId } = record;
      const old = kept.get(shortId);
      if (old !== undefined) return old.parcel;
      const parcel = parcelOf(record);
      kept.set(shortId, { parcel, until: Math.ceil(now.mono + LIFETIME_MS) });
      known.delete(shortId);
      released.delete(shortId);
      bytes += parcel.bytes.length;
      while (kept.size > MAX_RECORDS || bytes > MAX_BYTES) release(kept.keys().next().value!, now);
      return parcel;
    },
    note: (id, now) => known.add(id, now.mono),
    release,
    knows: id => known.has(id) || kept.has(id) || released.has(id),
    get: id => kept.get(id)?.parcel,
    authorOf(id) {
      const parcel = kept.get(id)?.parcel;
      return parcel === undefined ? released.get(id) : authorIdOf(parcel.author);
    },
    expire(now) {
      known.expire(now.mono);
      released.expire(now.mono);
      for (const [id, { until }] of kept) {
        if (until > now.mono) return;
        take(id);
      }
    },
    *ids() {
      yield* released.keys();
      yield* kept.keys();
    },
    *all() {
      for (const [id, { parcel }] of kept) yield [id, parcel];
    },
  };
}

/** Nobody else keeps an event, and what has been read of it weighs as much again; other records are kept anyway. */
function parcelOf(record: SignedRecord): Parcel {
  const { id, author, kind, key, bytes } = record;
  return kind === 'event' ? { id, author, kind, key, bytes } : record;
}
