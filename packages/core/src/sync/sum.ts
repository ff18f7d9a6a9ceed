/**
 * Sums of records' digests, modulo 2^256, as eight 32-bit words, lowest first. A digest is the whole SHA-256 that the
 * id is the head of. A sum can be taken apart again, so a tree can keep one for each of its parts; what leaves this
 * node is only ever a hash over a sum: bare sums could be steered.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import type { Digest } from '../types.ts';

export type Sum = Uint32Array;

export const SUM_WORDS = 8;
export const FINGERPRINT_BYTES = 5;

const scratch: Sum = new Uint32Array(SUM_WORDS);

/** A digest as a sum of one, the lowest byte first. It is good until the next one is asked for: none is kept. */
export function wordsOf(digest: Digest): Sum {
  for (let i = 0; i < SUM_WORDS; i++) scratch[i] = wordAt(digest, i);
  return scratch;
}

/** Four bytes of a digest, the lowest first. */
export function wordAt(digest: Digest, i: number): number {
  const at = 4 * i;
  const low = digest.charCodeAt(at) | (digest.charCodeAt(at + 1) << 8);
  return low | (digest.charCodeAt(at + 2) << 16) | (digest.charCodeAt(at + 3) << 24);
}

export function addTo(sum: Sum, other: Sum): void {
  let carry = 0;
  for (let i = 0; i < SUM_WORDS; i++) {
    const word = sum[i]! + other[i]! + carry;
    sum[i] = word;
    carry = word > 0xffffffff ? 1 : 0;
  }
}

export function takeFrom(sum: Sum, other: Sum): void {
  let borrow = 0;
  for (let i = 0; i < SUM_WORDS; i++) {
    const word = sum[i]! - other[i]! - borrow;
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
