/**
 * What of a record it takes to pass it on. It is remembered for a minute after the record itself has been replaced,
 * and the fields that are only for reading weigh as much again. It follows from the record alone, so it is made once,
 * whoever passes it on: a simulated world has many nodes with the same records.
 */
import type { SignedRecord } from '../identity/record.ts';
import { headOf } from '../lib/bytes.ts';
import type { RecordId } from '../types.ts';
import type { ShortId } from '../wire/frame.ts';
import { authorIdOf } from './branches.ts';

export interface Parcel extends Pick<SignedRecord, 'id' | 'author' | 'kind' | 'key' | 'bytes'> {
  readonly shortId: ShortId;
  /** Of the author's key, as short. */
  readonly authorId: ShortId;
}

const SHORT_DIGITS = 16;
const parcels = new WeakMap<SignedRecord, Parcel>();

export function parcelOf(record: SignedRecord): Parcel {
  const known = parcels.get(record);
  if (known !== undefined) return known;
  const { id, author, kind, key, bytes } = record;
  const parcel: Parcel = { id, author, kind, key, bytes, shortId: shortIdOf(id), authorId: authorIdOf(author) };
  parcels.set(record, parcel);
  return parcel;
}

export function shortIdOf(id: RecordId): ShortId {
  return headOf(id, SHORT_DIGITS);
}
