/**
 * Seals what two peers tell each other before they have a link: descriptions of connections, with their network
 * addresses. Each peer has a key for this room and this run; the two keys come in signed signals, so whoever carries
 * what follows cannot put in its own. The secret of two keys is theirs alone (X25519, RFC 7748), and gives a key for
 * each direction of each session (HKDF, RFC 5869), under which every message has a random nonce (XChaCha20-Poly1305).
 * The keys are forgotten with the room, and what was recorded stays sealed.
 */
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, fromHex, utf8 } from '../../lib/bytes.ts';
import type { PeerId } from '../../types.ts';

export interface Sealer {
  /** 32 bytes, to be told to everybody under this peer's signature. */
  readonly publicKey: Uint8Array;
  /** For one session with the peer that signed `theirs`. `undefined` when that is no sound key. Costs milliseconds. */
  channel(peer: PeerId, theirs: Uint8Array, session: number): SealedChannel | undefined;
}

export interface SealedChannel {
  /** At most `MAX_SEALED_BYTES`. Sealing the same twice gives different bytes. */
  seal(bytes: Uint8Array): Uint8Array;
  /** What the other side sealed in this session, else `undefined`. Never throws. */
  open(sealed: Uint8Array): Uint8Array | undefined;
}

export interface SealerOptions {
  readonly self: PeerId;
  /** Cryptographically secure. */
  readonly randomBytes: (length: number) => Uint8Array;
}

const KEY_BYTES = 32;
/** So many that random ones never meet, however much is said. */
const NONCE_BYTES = 24;
const TAG_BYTES = 16;
/** Above what a signal takes as base64: so much is opened for a stranger at most. */
export const MAX_SEALED_BYTES = 8_192;
const DOMAIN: Uint8Array = utf8('hearsay seal 1\n');

export function createSealer({ self, randomBytes }: SealerOptions): Sealer {
  const secret = randomBytes(KEY_BYTES);
  // By the library's own call for it a page that makes one key would compute a table first, for 50 ms.
  const publicKey = x25519.scalarMult(secret, x25519.GuBytes);

  return {
    publicKey,
    channel(peer, theirs, session) {
      const shared = sharedSecret(secret, theirs);
      if (shared === undefined) return undefined;
      const keyFrom = (
        sender: PeerId,
        receiver: PeerId,
        senderKey: Uint8Array,
        receiverKey: Uint8Array,
      ): Uint8Array => {
        const ends = [fromHex(sender)!, fromHex(receiver)!, senderKey, receiverKey];
        return hkdf(sha256, shared, undefined, concatBytes(DOMAIN, uint32(session), ...ends), KEY_BYTES);
      };
      const outgoing = keyFrom(self, peer, publicKey, theirs);
      const incoming = keyFrom(peer, self, theirs, publicKey);
      return {
        seal: bytes => seal(outgoing, randomBytes(NONCE_BYTES), bytes),
        open: sealed => open(incoming, sealed),
      };
    },
  };
}

/** Of a key of small order it would be zero, and anybody's: the library throws, as for what is no key at all. */
function sharedSecret(secret: Uint8Array, theirs: Uint8Array): Uint8Array | undefined {
  try {
    return x25519.getSharedSecret(secret, theirs);
  } catch {
    return undefined;
  }
}

function seal(key: Uint8Array, nonce: Uint8Array, bytes: Uint8Array): Uint8Array {
  if (bytes.length > MAX_SEALED_BYTES) throw new RangeError(`${bytes.length} bytes are too many to seal.`);
  return concatBytes(nonce, xchacha20poly1305(key, nonce).encrypt(bytes));
}

function open(key: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  const length = sealed.length - NONCE_BYTES - TAG_BYTES;
  if (length < 0 || length > MAX_SEALED_BYTES) return undefined;
  try {
    return xchacha20poly1305(key, sealed.subarray(0, NONCE_BYTES)).decrypt(sealed.subarray(NONCE_BYTES));
  } catch {
    return undefined;
  }
}

function uint32(value: number): Uint8Array {
  return new Uint8Array([value >>> 24, value >>> 16, value >>> 8, value]);
}
