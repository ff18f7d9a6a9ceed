/**
 * Signatures of a simulated world. A verification is a pure function of the bytes, so a table shared by all
 * nodes answers it exactly: a signature is good when its author made it for these bytes. It is derived by a
 * hash, and only `sign` enters it, so a forger who computes the hash gains nothing.
 */
import { concatBytes, equalBytes, type PeerId, utf8 } from '@hearsay/core';
import { sha512 } from '@noble/hashes/sha2.js';

export interface Signatures {
  sign(author: PeerId, bytes: Uint8Array): Uint8Array;
  verify(author: PeerId, signature: Uint8Array, bytes: Uint8Array): boolean;
  /** Signatures made so far. */
  readonly size: number;
}

interface Signed {
  readonly author: PeerId;
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
}

export function createSignatures(): Signatures {
  const table = new Map<number, Signed[]>();
  let size = 0;
  const find = (author: PeerId, signature: Uint8Array, bytes: Uint8Array): Signed | undefined =>
    table
      .get(slotOf(signature))
      ?.find(
        signed =>
          signed.author === author && equalBytes(signed.signature, signature) && equalBytes(signed.bytes, bytes),
      );

  return {
    sign(author, bytes) {
      const signature = sha512(concatBytes(utf8(author), bytes));
      if (find(author, signature, bytes) !== undefined) return signature;
      const slot = slotOf(signature);
      const signed = table.get(slot) ?? [];
      signed.push({ author, bytes, signature });
      table.set(slot, signed);
      size += 1;
      return signature;
    },
    verify: (author, signature, bytes) => signature.length === 64 && find(author, signature, bytes) !== undefined,
    get size() {
      return size;
    },
  };
}

function slotOf(signature: Uint8Array): number {
  return (signature[0]! | (signature[1]! << 8) | (signature[2]! << 16) | (signature[3]! << 24)) & 0x3fffffff;
}
