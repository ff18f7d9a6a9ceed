/**
 * Ed25519 in plain JavaScript, for pages without WebCrypto (plain http) and runtimes without its Ed25519.
 * Not constant-time; verification handles public data only.
 */
import { getPublicKey, hashes, Point, sign } from '@noble/ed25519';
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

/** The public key of a 32-byte seed. */
export function publicKeyOf(seed: Uint8Array): Uint8Array {
  hashes.sha512 ??= sha512;
  return getPublicKey(seed);
}

/** Signs as RFC 8032 says: deterministic, the same bytes as WebCrypto gives. */
export function signWithSeed(seed: Uint8Array, bytes: Uint8Array): Uint8Array {
  hashes.sha512 ??= sha512;
  return sign(bytes, seed);
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes.slice().reverse())}`);
}

const GROUP_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
