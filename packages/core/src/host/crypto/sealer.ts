/**
 * Seals what two peers tell each other before they have a link: descriptions of connections, with their network
 * addresses. Each peer has a key for this room and this run; the two keys come in signed signals, so whoever carries
 * what follows cannot put in its own. The secret of two keys is theirs alone (Diffie–Hellman in the group of Ed25519's
 * own keys, so that one small library does for both), and each message has bytes of HKDF of its own: as many as it is
 * long to hide it, 32 more to authenticate it (encrypt-then-MAC; RFC 5869, RFC 2104). The keys are forgotten with the
 * room, and what was recorded stays sealed.
 */
import { Point } from '@noble/ed25519';
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, equalBytes, fromHex, toHex, utf8 } from '../../lib/bytes.ts';
import type { PeerId } from '../../types.ts';
import { GROUP_ORDER } from './noble.ts';
import { soundPoint } from './rule-u.ts';

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

const NONCE_BYTES = 16;
const TAG_BYTES = 16;
const MAC_KEY_BYTES = 32;
const HKDF_BYTES = 255 * 32;
/** All that HKDF gives of one secret, but for the key of the tag. */
export const MAX_SEALED_BYTES: number = HKDF_BYTES - MAC_KEY_BYTES;
const DOMAIN: Uint8Array = utf8('hearsay seal 1\n');
/** Any generator of the group will do, and of the base point noble would make a table first, which takes 20 ms. */
const GENERATOR: Point = Point.BASE.double();

export function createSealer({ self, randomBytes }: SealerOptions): Sealer {
  const secret = freshScalar(randomBytes);
  const publicKey = GENERATOR.multiply(secret).toBytes();

  return {
    publicKey,
    channel(peer, theirs, session) {
      const point = soundPoint(theirs);
      if (point === undefined) return undefined;
      const shared = point.multiply(secret).toBytes();
      const of = (sender: PeerId, receiver: PeerId, senderKey: Uint8Array, receiverKey: Uint8Array): Uint8Array =>
        concatBytes(DOMAIN, uint32(session), fromHex(sender)!, fromHex(receiver)!, senderKey, receiverKey);
      const outgoing = of(self, peer, publicKey, theirs);
      const incoming = of(peer, self, theirs, publicKey);
      return {
        seal: bytes => seal(shared, outgoing, randomBytes(NONCE_BYTES), bytes),
        open: sealed => open(shared, incoming, sealed),
      };
    },
  };
}

function seal(shared: Uint8Array, context: Uint8Array, nonce: Uint8Array, bytes: Uint8Array): Uint8Array {
  const pad = hkdf(sha256, shared, nonce, context, bytes.length + MAC_KEY_BYTES);
  const hidden = xor(bytes, pad);
  return concatBytes(nonce, tagOf(pad, hidden), hidden);
}

function open(shared: Uint8Array, context: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  const length = sealed.length - NONCE_BYTES - TAG_BYTES;
  if (length < 0 || length > MAX_SEALED_BYTES) return undefined;
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const hidden = sealed.subarray(NONCE_BYTES + TAG_BYTES);
  const pad = hkdf(sha256, shared, nonce, context, length + MAC_KEY_BYTES);
  // A comparison that stops early tells a forger nothing of use: each attempt has another key.
  const isGenuine = equalBytes(tagOf(pad, hidden), sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  return isGenuine ? xor(hidden, pad) : undefined;
}

function tagOf(pad: Uint8Array, hidden: Uint8Array): Uint8Array {
  return hmac(sha256, pad.subarray(hidden.length), hidden).subarray(0, TAG_BYTES);
}

function xor(bytes: Uint8Array, pad: Uint8Array): Uint8Array {
  return bytes.map((byte, at) => byte ^ pad[at]!);
}

function uint32(value: number): Uint8Array {
  return new Uint8Array([value >>> 24, value >>> 16, value >>> 8, value]);
}

/** From 1 to the order: of so many more bits than that has, none is likelier than another by more than 2^-128. */
function freshScalar(randomBytes: (length: number) => Uint8Array): bigint {
  return (BigInt(`0x${toHex(randomBytes(48))}`) % (GROUP_ORDER - 1n)) + 1n;
}
