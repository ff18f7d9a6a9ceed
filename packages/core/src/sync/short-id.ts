/**
 * Ids as they travel in one session: 40 bits of HalfSipHash-2-4 (Aumasson and Bernstein) under the session's random
 * number, over a record's id. It is made for short keyed input; who makes records does
 * not know the key, so cannot make two that look alike, let alone one that hides another's. Two that do so by chance
 * (one pair in 2^40) hide a difference for one session: the next has another key. That is why so few bits are enough.
 */
import type { Digest } from '../types.ts';
import { wordAt } from './sum.ts';

/** The first 32 bits, and the other 8. */
export interface ShortId {
  readonly high: number;
  readonly low: number;
}

export const SHORT_ID_BYTES = 5;
/** The last word taken in: how many bytes there were. */
const LENGTH_WORD = 16 << 24;

const words = new Uint32Array(4);

/** Of the first 16 bytes of a digest, which are the id. */
export function shortId(session: number, digest: Digest): ShortId {
  for (let i = 0; i < words.length; i++) words[i] = wordAt(digest, i);
  const { high, low } = halfSipHash(session, 0, words);
  return { high, low: low >>> 24 };
}

/** 64 bits over four words. Rounds 0 to 9 take in a word in two rounds each, the rest bring out two. */
export function halfSipHash(
  key0: number,
  key1: number,
  said: Uint32Array,
): { readonly high: number; readonly low: number } {
  let a = key0;
  let b = key1 ^ 0xee;
  let c = 0x6c796765 ^ key0;
  let d = 0x74656462 ^ key1;
  let word = 0;
  let low = 0;
  for (let round = 0; round < 18; round++) {
    if (round < 10 && round % 2 === 0) {
      word = round < 8 ? said[round / 2]! : LENGTH_WORD;
      d ^= word;
    } else if (round === 10) {
      c ^= 0xee;
    } else if (round === 14) {
      low = b ^ d;
      b ^= 0xdd;
    }
    a = (a + b) | 0;
    b = rotate(b, 5) ^ a;
    a = rotate(a, 16);
    c = (c + d) | 0;
    d = rotate(d, 8) ^ c;
    a = (a + d) | 0;
    d = rotate(d, 7) ^ a;
    c = (c + b) | 0;
    b = rotate(b, 13) ^ c;
    c = rotate(c, 16);
    if (round < 10 && round % 2 === 1) a ^= word;
  }
  return { high: (b ^ d) >>> 0, low: low >>> 0 };
}

/** A key for maps. */
export function keyOf({ high, low }: ShortId): number {
  return high * 256 + low;
}

export function shortIdsToWire(ids: readonly ShortId[]): Uint8Array {
  const bytes = new Uint8Array(SHORT_ID_BYTES * ids.length);
  const view = new DataView(bytes.buffer);
  for (const [i, { high, low }] of ids.entries()) {
    view.setUint32(SHORT_ID_BYTES * i, high);
    view.setUint8(SHORT_ID_BYTES * i + 4, low);
  }
  return bytes;
}

export function shortIdsFromWire(bytes: Uint8Array): readonly ShortId[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / SHORT_ID_BYTES }, (_, i) => ({
    high: view.getUint32(SHORT_ID_BYTES * i),
    low: view.getUint8(SHORT_ID_BYTES * i + 4),
  }));
}

/** The first 32 bits of each id. */
export function highWordsToWire(ids: readonly ShortId[]): Uint8Array {
  const bytes = new Uint8Array(4 * ids.length);
  const view = new DataView(bytes.buffer);
  for (const [i, { high }] of ids.entries()) view.setUint32(4 * i, high);
  return bytes;
}

export function highWordsFromWire(bytes: Uint8Array): readonly number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i));
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}
