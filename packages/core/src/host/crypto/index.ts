/** Signatures by rule U and the identities that make them. What else of crypto a host needs, it injects. */
import type { Crypto } from '../ports.ts';
import type { Identity } from './identity.ts';
import { createVerifier, type Verifier, type VerifierOptions } from './verifier.ts';

export {
  createIdentity,
  exportIdentity,
  freshIdentity,
  type Identity,
  type IdentityOptions,
  importIdentity,
} from './identity.ts';
export type { Backend } from './rule-u.ts';
export { createSealer, MAX_SEALED_BYTES, type SealedChannel, type Sealer, type SealerOptions } from './sealer.ts';
export { createVerifier, type Verifier, type VerifierOptions } from './verifier.ts';
export type { SubtleKey, SubtleKeyPair, SubtleLike } from './webcrypto.ts';

export interface CryptoOptions extends VerifierOptions {
  readonly identity: Identity;
}

export interface IdentityCrypto extends Crypto, Verifier {}

/** The host's crypto port for one identity. WebCrypto when `subtle` computes Ed25519 by rule U, else noble. */
export function createCrypto(options: CryptoOptions): IdentityCrypto {
  const verifier = createVerifier(options);
  return {
    get backend() {
      return verifier.backend;
    },
    ready: verifier.ready,
    sign: bytes => options.identity.sign(bytes),
    verify: verifier.verify,
  };
}
