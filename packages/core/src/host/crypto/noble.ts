/**
 * Ed25519 in plain JavaScript, for pages without WebCrypto (plain http) and runtimes without its Ed25519.
 * Not constant-time; verification handles public data only.
 */
import { hashes, Point, sign } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { concatBytes, equalBytes, toHex } from '../../lib/bytes.ts';
import type { Equation } from './rule-u.ts';

/**
 * The equation by noble's point arithmetic. noble's own `verify` multiplies by the cofactor and so takes
 * signatures that WebCrypto refuses (R plus a small-order point): it is never called.
 */
export const nobleEquation: Equation = {
  backend: 'noble',
  async holds(author, signature, bytes) {
    const r = signature.subarray(0, 32);
    const s = littleEndian(signature.subarray(32));
    const k = littleEndian(sha512(concatBytes(r, author.bytes, bytes))) % GROUP_ORDER;
    const expected = Point.BASE.multiply(s, false).subtract(author.point.multiply(k, false));
    return equalBytes(expected.toBytes(), r);
  },
};

/**
 * The public key of a 32-byte seed (RFC 8032, 5.1.5). noble's own call builds a table of multiples of the base point
 * first, 20 ms of a page that joins and makes one key; multiples of another point are computed without it. 2B stands
 * for B: the secret scalar is even, so half of it is a whole number.
 */
export function publicKeyOf(seed: Uint8Array): Uint8Array {
  const head = sha512(seed).slice(0, 32);
  head[0]! &= 0xf8;
  head[31] = (head[31]! & 0x7f) | 0x40;
  const half = littleEndian(head) / 2n;
  return Point.BASE.double()
    .multiply(half % GROUP_ORDER)
    .toBytes();
}

/** Signs as RFC 8032 says: deterministic, the same bytes as WebCrypto gives. */
export function signWithSeed(seed: Uint8Array, bytes: Uint8Array): Uint8Array {
  hashes.sha512 ??= sha512;
  return sign(bytes, seed);
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes.slice().reverse())}`);
}

const GROUP_ORDER: bigint = 2n ** 252n + 27742317777372353535851937790883648493n;
