/**
 * Rule U: which Ed25519 signatures this mesh takes, on whatever library computes the equation.
 *
 * Libraries disagree about signatures that only an attacker makes: points with a small-order part,
 * second encodings of one point, a scalar plus the group order. If honest peers disagreed, one crafted
 * record would have them ban each other. So everything libraries differ on is refused here, before any
 * of them is asked, and what is left (`Equation`) has one answer everywhere.
 */
import { Point } from '@noble/ed25519';
import { fromHex } from '../../lib/bytes.ts';
import type { PeerId } from '../../types.ts';
import { createBoundedCache } from './bounded-cache.ts';

export const SIGNATURE_BYTES = 64;
export const KEY_BYTES = 32;
/** Authors whose key check is remembered: as many as a room holds. */
export const AUTHOR_CACHE_LIMIT = 4096;

/** A public key that passed: canonical, on the curve, of the prime-order subgroup, not the identity. */
export interface Author {
  readonly id: PeerId;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly point: Point;
}

/** `[S]B − [k]A`, encoded, equals R byte for byte: no cofactor, no decoding of R. Rejects never. */
export interface Equation {
  readonly backend: Backend;
  holds(author: Author, signature: Uint8Array<ArrayBuffer>, bytes: Uint8Array<ArrayBuffer>): Promise<boolean>;
}

export type Backend = 'webcrypto' | 'noble';

export interface RuleU {
  /** The author when nothing but the equation is left to ask, else `undefined`. Never throws. */
  admit(key: PeerId, signature: Uint8Array): Author | undefined;
  /** Key checks remembered now. */
  readonly cached: number;
}

export function createRuleU(cacheLimit: number = AUTHOR_CACHE_LIMIT): RuleU {
  // Refusals are kept too: a liar who repeats one bad key must not buy a scalar multiplication each time.
  const authors = createBoundedCache<PeerId, Author | 'refused'>(cacheLimit);

  function authorOf(key: PeerId): Author | undefined {
    // Longer text is refused before it is hashed, or kept, as a cache key.
    if (key.length !== 2 * KEY_BYTES) return undefined;
    let author = authors.get(key);
    if (author === undefined) {
      author = checkAuthor(key) ?? 'refused';
      authors.set(key, author);
    }
    return author === 'refused' ? undefined : author;
  }

  return {
    get cached() {
      return authors.size;
    },
    // Cheap checks first: the key of a stranger costs a scalar multiplication.
    admit: (key, signature) => (isPlausible(signature) ? authorOf(key) : undefined),
  };
}

function isPlausible(signature: Uint8Array): boolean {
  return signature.length === SIGNATURE_BYTES && isScalarReduced(signature) && isCommitmentSound(signature);
}

/** S < L. Otherwise S + L is a second signature of the same bytes. */
function isScalarReduced(signature: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const order = GROUP_ORDER[i]!;
    const byte = signature[32 + i]!;
    if (byte !== order) return byte < order;
  }
  return false;
}

/**
 * R is a canonical encoding of something else than the identity. Byte comparison refuses the other
 * encodings anyway; saying so here keeps a library that decodes R from ever being asked.
 */
function isCommitmentSound(signature: Uint8Array): boolean {
  const negative = signature[31]! >= 128;
  const first = signature[0]!;
  if (isFilled(signature, 0xff)) return first < (negative ? 0xec : 0xed);
  return first !== 1 || !isFilled(signature, 0);
}

/** All of the encoded y but its lowest byte is `fill`, the sign bit aside. */
function isFilled(encoded: Uint8Array, fill: number): boolean {
  for (let i = 1; i < 31; i++) if (encoded[i] !== fill) return false;
  return (encoded[31]! & 0x7f) === (fill & 0x7f);
}

function checkAuthor(id: PeerId): Author | undefined {
  const bytes = fromHex(id);
  const point = bytes === undefined ? undefined : soundPoint(bytes);
  return bytes === undefined || point === undefined ? undefined : { id, bytes: new Uint8Array(bytes), point };
}

/** What these bytes encode, if that is canonical, on the curve, of the prime-order subgroup and not the identity. */
function soundPoint(bytes: Uint8Array): Point | undefined {
  try {
    // Strict decoding. (On this curve each non-canonical encoding has torsion besides; that is luck, not the rule.)
    const point = Point.fromBytes(bytes, false);
    // The identity is torsion-free, so both questions are needed.
    return point.isSmallOrder() || !point.isTorsionFree() ? undefined : point;
  } catch {
    return undefined;
  }
}

/** L = 2^252 + 27742317777372353535851937790883648493, little-endian. */
const GROUP_ORDER: readonly number[] = [
  0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];
