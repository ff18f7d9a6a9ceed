/**
 * Sums of item hashes, modulo 2^256, as eight 32-bit words, lowest first. An item hash is SHA-256 of a record's
 * id. A sum can be taken apart again, so a tree can keep one for each of its parts; what leaves this node is only
 * ever a hash over a sum: bare sums could be steered.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { fromHex } from '../lib/bytes.ts';
import type { RecordId } from '../types.ts';

export type Sum = Uint32Array;

export const SUM_WORDS = 8;
export const FINGERPRINT_BYTES = 5;

export function itemHash(id: RecordId): Sum {
  const hash = sha256(fromHex(id)!);
  const view = new DataView(hash.buffer, hash.byteOffset);
  return Uint32Array.from({ length: SUM_WORDS }, (_, i) => view.getUint32(4 * i, true));
}

/** Adds the eight words of `items` from `at` on. */
export function addTo(sum: Sum, items: Sum, at = 0): void {
  let carry = 0;
  for (let i = 0; i < SUM_WORDS; i++) {
    const word = sum[i]! + items[at + i]! + carry;
    sum[i] = word;
    carry = word > 0xffffffff ? 1 : 0;
  }
}

export function takeFrom(sum: Sum, items: Sum, at = 0): void {
  let borrow = 0;
  for (let i = 0; i < SUM_WORDS; i++) {
    const word = sum[i]! - items[at + i]! - borrow;
    sum[i] = word;
    borrow = word < 0 ? 1 : 0;
  }
}

/**
 * What a session says of a range: 5 bytes of SHA-256 over (session, sum, count). The session's number is random,
 * so who makes records cannot know which of them would look alike in it, and in the next one they do not.
 */
export function fingerprint(session: number, sum: Sum, count: number): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * SUM_WORDS + 4);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, session);
  for (let i = 0; i < SUM_WORDS; i++) view.setUint32(4 + 4 * i, sum[i]!);
  view.setUint32(4 + 4 * SUM_WORDS, count);
  return sha256(bytes).slice(0, FINGERPRINT_BYTES);
}
