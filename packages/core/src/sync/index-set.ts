/**
 * The set that is reconciled: every kept record, ordered by (10-second bucket of its clock, id), so that what
 * is recent lies together. Ranges are compared by fingerprint: a hash over the sum of ids and their count;
 * never a bare XOR or sum, which could be steered to collide.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { wallMsOf } from '../identity/hlc.ts';
import type { SignedRecord } from '../identity/record.ts';
import { fromHex, toHex } from '../lib/bytes.ts';
import type { RecordId } from '../types.ts';

export interface IndexEntry {
  /** 8 hex digits of the record's bucket, then its id: where it stands in the order. */
  readonly position: string;
  readonly record: SignedRecord;
  /** The id as four 32-bit numbers: a neighbour may have thousands summed up with every frame. */
  readonly limbs: readonly [number, number, number, number];
}

export interface IndexSet {
  add(record: SignedRecord): void;
  delete(record: SignedRecord): void;
  get(id: RecordId): SignedRecord | undefined;
  readonly size: number;
  /** Entries with lower ≤ position < upper, in order. `undefined`: no bound. */
  range(lower: string | undefined, upper: string | undefined): readonly IndexEntry[];
}

const BUCKET_MS = 10_000;

export function createIndexSet(): IndexSet {
  const records = new Map<RecordId, SignedRecord>();
  /** Sorted; an insertion moves memory, which beats a tree up to some ten thousand. */
  const entries: IndexEntry[] = [];

  const lowerBound = (position: string): number => {
    let low = 0;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (entries[middle]!.position < position) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  return {
    get size() {
      return records.size;
    },
    add(record) {
      if (records.has(record.id)) return;
      records.set(record.id, record);
      const entry = toEntry(record);
      entries.splice(lowerBound(entry.position), 0, entry);
    },
    delete(record) {
      if (!records.delete(record.id)) return;
      entries.splice(lowerBound(positionOf(record)), 1);
    },
    get: id => records.get(id),
    range(lower, upper) {
      const from = lower === undefined ? 0 : lowerBound(lower);
      const to = upper === undefined ? entries.length : lowerBound(upper);
      return entries.slice(from, to);
    },
  };
}

function toEntry(record: SignedRecord): IndexEntry {
  const limb = (at: number): number => Number.parseInt(record.id.slice(8 * at, 8 * at + 8), 16);
  return { position: positionOf(record), record, limbs: [limb(0), limb(1), limb(2), limb(3)] };
}

function positionOf(record: SignedRecord): string {
  const bucket = Math.floor(wallMsOf(record.hlc) / BUCKET_MS);
  return bucket.toString(16).padStart(8, '0').slice(-8) + record.id;
}

/** 16 bytes of SHA-256 over (sum of the ids mod 2^128, count). */
export function fingerprint(entries: readonly IndexEntry[]): Uint8Array {
  // Each limb is summed up on its own: 2^20 of them stay exact, and carries are settled once.
  const sums = [0, 0, 0, 0];
  for (const { limbs } of entries) for (let i = 0; i < 4; i++) sums[i]! += limbs[i]!;
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  let carry = 0;
  for (let i = 3; i >= 0; i--) {
    const total = sums[i]! + carry;
    view.setUint32(4 * i, total % 4_294_967_296);
    carry = Math.floor(total / 4_294_967_296);
  }
  view.setUint32(16, entries.length);
  return sha256(bytes).slice(0, 16);
}

export function boundToWire(position: string | undefined): Uint8Array {
  return position === undefined ? new Uint8Array(0) : fromHex(position)!;
}

export function boundFromWire(bytes: Uint8Array): string | undefined {
  return bytes.length === 0 ? undefined : toHex(bytes);
}
