/**
 * Records of late, by short id: what a graft or a pull is answered from. Bounded by count, bytes and age; what
 * has left it is for anti-entropy to repair. Of what has been replaced there is nothing to tell any more, as what took
 * its place goes the same ways: only whose it was is remembered, for the grafts and refusals that name it.
 */
import type { SignedRecord } from '../identity/record.ts';
import { createExpiringSet, type ExpiringSet } from '../lib/expiring-set.ts';
import { createFifo } from '../lib/fifo.ts';
import type { Now, ShortId } from '../types.ts';
import { type Author, authorIdOf } from './branches.ts';

/** What of a record it takes to pass it on. */
export type Parcel = Pick<SignedRecord, 'id' | 'author' | 'kind' | 'key' | 'bytes' | 'size'>;

export interface Recent {
  add(record: SignedRecord, now: Now): Parcel;
  /** Known, though perhaps not worth keeping. */
  note(id: ShortId, now: Now): void;
  /** Nobody here keeps it any more, so it is not told to others either. */
  release(id: ShortId): void;
  knows(id: ShortId): boolean;
  get(id: ShortId): Parcel | undefined;
  authorOf(id: ShortId): Author | undefined;
  expire(now: Now): void;
  /** Newest last. */
  ids(): Iterable<ShortId>;
  /** Newest last. */
  all(): Iterable<[ShortId, Parcel]>;
}

const MAX_RECORDS = 4_096;
const MAX_KNOWN = 16_384;
const MAX_BYTES = 4_194_304;
const LIFETIME_MS = 60_000;

export function createRecent(): Recent {
  const known: ExpiringSet<ShortId> = createExpiringSet(MAX_KNOWN, LIFETIME_MS);
  /** Of what was released only the author. */
  const kept = new Map<ShortId, Parcel | Author>();
  /** When each of them ends, in the same order: a number for each, where a pair of both would be an object. */
  const ends = createFifo<number>();
  let records = 0;
  let bytes = 0;

  const parcelOf = (id: ShortId): Parcel | undefined => {
    const what = kept.get(id);
    return typeof what === 'string' ? undefined : what;
  };

  const count = (parcel: Parcel, sign: 1 | -1): void => {
    records += sign;
    bytes += sign * parcel.size;
  };

  const dropOldest = (): ShortId => {
    const [id, what] = kept.entries().next().value!;
    kept.delete(id);
    ends.shift();
    if (typeof what !== 'string') count(what, -1);
    return id;
  };

  return {
    add(record, now) {
      const { shortId } = record;
      const old = parcelOf(shortId);
      if (old !== undefined) return old;
      const parcel = toParcel(record);
      if (!kept.has(shortId)) ends.push(Math.ceil(now.mono + LIFETIME_MS));
      kept.set(shortId, parcel);
      known.delete(shortId);
      count(parcel, 1);
      while (records > MAX_RECORDS || kept.size > MAX_KNOWN || bytes > MAX_BYTES) known.add(dropOldest(), now.mono);
      return parcel;
    },
    note: (id, now) => known.add(id, now.mono),
    release(id) {
      const parcel = parcelOf(id);
      if (parcel === undefined) return;
      count(parcel, -1);
      kept.set(id, authorIdOf(parcel.author));
    },
    knows: id => known.has(id) || kept.has(id),
    get: parcelOf,
    authorOf(id) {
      const what = kept.get(id);
      return typeof what === 'object' ? authorIdOf(what.author) : what;
    },
    expire(now) {
      known.expire(now.mono);
      for (let end = ends.peek(); end !== undefined && end <= now.mono; end = ends.peek()) dropOldest();
    },
    ids: () => kept.keys(),
    *all() {
      for (const [id, what] of kept) if (typeof what !== 'string') yield [id, what];
    },
  };
}

/** Nobody else keeps an event, and what has been read of it weighs as much again; other records are kept anyway. */
function toParcel(record: SignedRecord): Parcel {
  if (record.kind !== 'event') return record;
  const { id, author, kind, key, bytes, size } = record;
  return { id, author, kind, key, bytes, size };
}
