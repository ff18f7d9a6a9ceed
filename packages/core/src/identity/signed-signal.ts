/**
 * A signal as it travels: `signature(64) ‖ signal`. The signature binds it to the room, to who says it and to whom it
 * is said, so that none of those who carry it can make one up, change it, or show it to somebody else.
 */
import { concatBytes, equalBytes, fromHex, utf8 } from '../lib/bytes.ts';
import type { PeerId } from '../types.ts';

export const SIGNATURE_BYTES = 64;
const DOMAIN: Uint8Array = utf8('hearsay signal 1\n');

/** The bytes that a signal's signature covers. */
export function signalText(networkId: Uint8Array, from: PeerId, to: PeerId, signal: Uint8Array): Uint8Array {
  return concatBytes(DOMAIN, networkId, fromHex(from)!, fromHex(to)!, signal);
}

/** Is it a signal that is signed here, and not a record? */
export function isSignalText(text: Uint8Array): boolean {
  return equalBytes(text.subarray(0, DOMAIN.length), DOMAIN);
}

export interface SignedSignal {
  readonly signature: Uint8Array;
  readonly signal: Uint8Array;
}

/** `undefined`: too short to be one. Nothing of it is believed before the signature is checked. */
export function splitSignal(payload: Uint8Array): SignedSignal | undefined {
  if (payload.length <= SIGNATURE_BYTES) return undefined;
  return { signature: payload.subarray(0, SIGNATURE_BYTES), signal: payload.subarray(SIGNATURE_BYTES) };
}
