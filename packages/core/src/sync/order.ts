/**
 * The order that sets are reconciled in: 10-second bucket of a record's clock, then its id, so that what is
 * recent lies together. Clocks alone would not do: an author may give thousands of records the same one.
 */
import { wallMsOf } from '../identity/hlc.ts';
import type { SignedRecord } from '../identity/record.ts';
import { fromHex, toHex } from '../lib/bytes.ts';

/** A place between records: before every record of its bucket whose id is not below `id`, a prefix in hex. */
export interface Bound {
  readonly bucket: number;
  readonly id: string;
}

/** lower ≤ record < upper. */
export interface Range {
  readonly lower: Bound;
  /** `undefined`: no end. */
  readonly upper: Bound | undefined;
}

const BUCKET_MS = 10_000;
const BUCKET_DIGITS = 8;

/** Before everything. */
export const START: Bound = { bucket: 0, id: '' };

export function bucketOf(record: SignedRecord): number {
  return Math.floor(wallMsOf(record.hlc) / BUCKET_MS);
}

export function isBelow(record: SignedRecord, bound: Bound): boolean {
  const bucket = bucketOf(record);
  return bucket === bound.bucket ? record.id < bound.id : bucket < bound.bucket;
}

export function isAbove(record: SignedRecord, bound: Bound): boolean {
  const bucket = bucketOf(record);
  return bucket === bound.bucket ? record.id > bound.id : bucket > bound.bucket;
}

export function boundOf(record: SignedRecord): Bound {
  return { bucket: bucketOf(record), id: record.id };
}

/** The bound between two neighbours of the order that takes the fewest bytes on the wire. */
export function boundBetween(lower: SignedRecord, upper: SignedRecord): Bound {
  const [below, above] = [digitsOf(boundOf(lower)), digitsOf(boundOf(upper))];
  let same = 0;
  while (same < above.length && below[same] === above[same]) same += 1;
  return boundOfDigits(above.slice(0, 2 * Math.floor(same / 2) + 2));
}

/** 4 bytes of bucket, then the id's; trailing ones may be missing and are then zero. */
export function boundToWire({ bucket, id }: Bound): Uint8Array {
  const digits = digitsOf({ bucket, id });
  return fromHex(id === '' ? digits.replace(/(00)+$/, '') : digits)!;
}

export function boundFromWire(bytes: Uint8Array): Bound {
  return boundOfDigits(toHex(bytes));
}

export function rangeToWire({ lower, upper }: Range): { readonly lower: Uint8Array; readonly upper: Uint8Array } {
  return { lower: boundToWire(lower), upper: upper === undefined ? new Uint8Array(0) : boundToWire(upper) };
}

export function rangeFromWire(said: { readonly lower: Uint8Array; readonly upper: Uint8Array }): Range {
  return { lower: boundFromWire(said.lower), upper: upperFromWire(said.upper) };
}

/** An empty upper bound is no bound. */
export function upperFromWire(bytes: Uint8Array): Bound | undefined {
  return bytes.length === 0 ? undefined : boundFromWire(bytes);
}

function digitsOf({ bucket, id }: Bound): string {
  return bucket.toString(16).padStart(BUCKET_DIGITS, '0').slice(-BUCKET_DIGITS) + id;
}

function boundOfDigits(digits: string): Bound {
  const bucket = Number.parseInt(digits.slice(0, BUCKET_DIGITS).padEnd(BUCKET_DIGITS, '0'), 16);
  return { bucket, id: digits.slice(BUCKET_DIGITS) };
}
