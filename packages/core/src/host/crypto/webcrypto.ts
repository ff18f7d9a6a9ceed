/** Ed25519 by the platform's WebCrypto, handed in as `SubtleLike`: nothing here reads a global. */
import { createBoundedCache } from './bounded-cache.ts';
import { nobleEquation } from './noble.ts';
import { AUTHOR_CACHE_LIMIT, type Equation } from './rule-u.ts';

/** What is used of `crypto.subtle`; browsers' and Node's both fit. */
export interface SubtleLike {
  generateKey(algorithm: Ed25519, extractable: boolean, usages: KeyUse[]): Promise<SubtleKey | SubtleKeyPair>;
  importKey(
    format: 'raw' | 'pkcs8',
    bytes: Uint8Array<ArrayBuffer>,
    algorithm: Ed25519,
    extractable: boolean,
    usages: KeyUse[],
  ): Promise<SubtleKey>;
  exportKey(format: 'raw' | 'pkcs8', key: SubtleKey): Promise<ArrayBuffer>;
  sign(algorithm: Ed25519, key: SubtleKey, bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer>;
  verify(
    algorithm: Ed25519,
    key: SubtleKey,
    signature: Uint8Array<ArrayBuffer>,
    bytes: Uint8Array<ArrayBuffer>,
  ): Promise<boolean>;
}

export interface SubtleKey {
  readonly type: string;
  readonly extractable: boolean;
}

export interface SubtleKeyPair {
  readonly privateKey: SubtleKey;
  readonly publicKey: SubtleKey;
}

export type KeyUse = 'sign' | 'verify';
export interface Ed25519 {
  readonly name: 'Ed25519';
}
export const ED25519: Ed25519 = { name: 'Ed25519' };

export interface WebCryptoEquation extends Equation {
  /** Imported keys held now. */
  readonly cached: number;
}

export function createWebCryptoEquation(
  subtle: SubtleLike,
  cacheLimit: number = AUTHOR_CACHE_LIMIT,
): WebCryptoEquation {
  const keys = createBoundedCache<string, SubtleKey>(cacheLimit);
  return {
    backend: 'webcrypto',
    get cached() {
      return keys.size;
    },
    async holds(author, signature, bytes) {
      try {
        let key = keys.get(author.id);
        if (key === undefined) {
          key = await subtle.importKey('raw', author.bytes, ED25519, true, ['verify']);
          keys.set(author.id, key);
        }
        return await subtle.verify(ED25519, key, signature, bytes);
      } catch {
        // The author passed rule U, so a refusal to compute is the platform's trouble (out of memory, a
        // page going away), not the signature's: answered otherwise, never with a false "forged".
        return nobleEquation.holds(author, signature, bytes);
      }
    },
  };
}
