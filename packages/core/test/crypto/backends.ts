/** The back ends under test: the two of the product, and node:crypto behind the same rule as a third opinion. */
import { createPublicKey, verify as nodeVerify } from 'node:crypto';
import { hashes, verify as nobleVerify } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { createVerifier } from '../../src/host/crypto/index.ts';
import { createRuleU } from '../../src/host/crypto/rule-u.ts';
import type { SubtleLike } from '../../src/host/crypto/webcrypto.ts';
import type { PeerId } from '../../src/types.ts';

export const subtle: SubtleLike = globalThis.crypto.subtle;

export interface TestedBackend {
  readonly name: string;
  verify(key: PeerId, signature: Uint8Array, bytes: Uint8Array): Promise<boolean>;
}

export function testedBackends(): readonly TestedBackend[] {
  return [
    { name: 'webcrypto', verify: createVerifier({ subtle }).verify },
    { name: 'noble', verify: createVerifier().verify },
    { name: 'node:crypto', verify: nodeCryptoByRuleU() },
  ];
}

/** node:crypto without the rule: shows what the rule is for. */
export function bareNodeCrypto(key: Uint8Array, signature: Uint8Array, bytes: Uint8Array): boolean {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key).toString('base64url') };
  try {
    return nodeVerify(null, bytes, createPublicKey({ key: jwk, format: 'jwk' }), signature);
  } catch {
    return false;
  }
}

/** noble's own `verify`, which takes the cofactored equation and lenient encodings. */
export function lenientVerify(key: Uint8Array, signature: Uint8Array, bytes: Uint8Array): boolean {
  hashes.sha512 ??= sha512;
  return key.length === 32 && signature.length === 64 && nobleVerify(signature, bytes, key);
}

function nodeCryptoByRuleU(): TestedBackend['verify'] {
  const rule = createRuleU();
  return async (key, signature, bytes) => {
    const author = rule.admit(key, signature);
    return author !== undefined && bareNodeCrypto(author.bytes, signature, bytes);
  };
}
