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

export interface IndexSet {
  add(record: SignedRecord): void;
  delete(record: SignedRecord): void;
  get(id: RecordId): SignedRecord | undefined;
  readonly size: number;
  /** Records with lower ≤ position < upper, in order. `undefined`: no bound. */
  range(lower: string | undefined, upper: string | undefined): readonly SignedRecord[];
  /** Position of a record: 8 hex digits of its bucket, then its id. */
  positionOf(record: SignedRecord): string;
}

const BUCKET_MS = 10_000;

export function createIndexSet(): IndexSet {
  const records = new Map<RecordId, SignedRecord>();
  /** Sorted positions; an insertion moves memory, which beats a tree up to some ten thousand. */
  const positions: string[] = [];

  const lowerBound = (position: string): number => {
    let low = 0;
    let high = positions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (positions[middle]! < position) low = middle + 1;
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
      const position = positionOf(record);
      positions.splice(lowerBound(position), 0, position);
    },
    delete(record) {
      if (!records.delete(record.id)) return;
      positions.splice(lowerBound(positionOf(record)), 1);
    },
    get: id => records.get(id),
    range(lower, upper) {
      const from = lower === undefined ? 0 : lowerBound(lower);
      const to = upper === undefined ? positions.length : lowerBound(upper);
      return positions.slice(from, to).map(position => records.get(position.slice(8) as RecordId)!);
    },
    positionOf,
  };
}

function positionOf(record: SignedRecord): string {
  const bucket = Math.floor(wallMsOf(record.hlc) / BUCKET_MS);
  return bucket.toString(16).padStart(8, '0').slice(-8) + record.id;
}

/** 16 bytes of SHA-256 over (sum of the ids mod 2^128, count). */
export function fingerprint(records: readonly SignedRecord[]): Uint8Array {
  const sum = new Uint32Array(5);
  for (const { id } of records) {
    let carry = 0;
    for (let limb = 3; limb >= 0; limb--) {
      const total = sum[limb]! + Number.parseInt(id.slice(8 * limb, 8 * limb + 8), 16) + carry;
      sum[limb] = total;
      carry = total > 0xffffffff ? 1 : 0;
    }
  }
  sum[4] = records.length;
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  for (let limb = 0; limb < 5; limb++) view.setUint32(4 * limb, sum[limb]!);
  return sha256(bytes).slice(0, 16);
}

export function boundToWire(position: string | undefined): Uint8Array {
  return position === undefined ? new Uint8Array(0) : fromHex(position)!;
}

export function boundFromWire(bytes: Uint8Array): string | undefined {
  return bytes.length === 0 ? undefined : toHex(bytes);
}
