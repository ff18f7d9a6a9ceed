import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { toHex } from '../dist/index.js';

/** Ed25519 by node:crypto: native, and answered at once. */
export function createIdentity() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const id = toHex(new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)));
  return {
    id,
    sign: bytes => new Uint8Array(sign(null, bytes, privateKey)),
    verify: (signature, bytes) => verify(null, bytes, publicKey, signature),
  };
}
