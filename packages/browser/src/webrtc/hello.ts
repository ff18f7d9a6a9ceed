/**
 * HELLO: who is at the other end of this DTLS connection?
 *
 * WebRTC authenticates a certificate, and the certificate's fingerprint came through the signaling server, which may
 * have replaced it. So both sides sign, with their identity keys, the two fingerprints that their own stack *uses*,
 * the two keys, and both nonces. A middle that rewrote the SDP sits on other certificates and cannot produce the
 * signature. Nothing else passes the channel before both signatures are checked.
 *
 *   HELLO1 = 'hsy1' ‖ networkId(8) ‖ own key(32) ‖ nonce(32)                                    76 bytes
 *   HELLO2 = Ed25519 over 'hearsay hello 1\n' ‖ networkId ‖ signer key ‖ other key ‖ signer nonce
 *            ‖ other nonce ‖ signer's fingerprint ‖ other's fingerprint                          64 bytes
 *
 * Trusted: our own stack's answer to "which fingerprints". Not trusted: every received byte.
 */
import type { PeerId } from '@hearsay/core/host';

export const HELLO1_BYTES: number = 76;
export const HELLO2_BYTES: number = 64;
const KEY_AT = 12;
const NONCE_AT = 44;
const MAGIC = new TextEncoder().encode('hsy1');
const DOMAIN = new TextEncoder().encode('hearsay hello 1\n');

export type HelloFault = 'hello-malformed' | 'identity-mismatch' | 'network-mismatch' | 'sign-failed';

export interface HelloTerms {
  readonly self: { readonly id: PeerId; sign(bytes: Uint8Array): Promise<Uint8Array> };
  readonly peer: PeerId;
  readonly networkId: Uint8Array;
  readonly localFingerprint: Uint8Array;
  readonly remoteFingerprint: Uint8Array;
  verify(key: PeerId, signature: Uint8Array, bytes: Uint8Array): Promise<boolean>;
}

export interface HelloEvents {
  send(frame: Uint8Array): void;
  /** Our signature is on its way and theirs is good: said at most once, and never after `failed`. */
  passed(): void;
  failed(fault: HelloFault): void;
}

export interface Hello {
  /** Takes one of the two HELLO frames. False: both were received; the frame is the application's. */
  receive(frame: Uint8Array): boolean;
  /** Both HELLO frames of the other side are here. */
  readonly complete: boolean;
}

/** Sends HELLO1 at once. */
export function startHello(terms: HelloTerms, events: HelloEvents): Hello {
  const ownKey = keyBytes(terms.self.id);
  const ownNonce = crypto.getRandomValues(new Uint8Array(32));
  let otherNonce: Uint8Array | undefined;
  let signed: Promise<void> | undefined;
  let complete = false;
  let failed = false;

  const fail = (fault: HelloFault): void => {
    if (failed) return;
    failed = true;
    events.failed(fault);
  };

  const onHello1 = (frame: Uint8Array): void => {
    const fault = hello1Fault(frame, terms, ownKey);
    if (fault !== undefined) {
      fail(fault);
      return;
    }
    otherNonce = frame.slice(NONCE_AT, HELLO1_BYTES);
    const statement = concat(
      [DOMAIN, terms.networkId, ownKey, frame.slice(KEY_AT, NONCE_AT), ownNonce, otherNonce],
      [terms.localFingerprint, terms.remoteFingerprint],
    );
    signed = terms.self.sign(statement).then(
      signature => (failed ? undefined : events.send(signature)),
      () => fail('sign-failed'),
    );
  };

  const onHello2 = async (signature: Uint8Array, nonce: Uint8Array): Promise<void> => {
    const statement = concat(
      [DOMAIN, terms.networkId, keyBytes(terms.peer), ownKey, nonce, ownNonce],
      [terms.remoteFingerprint, terms.localFingerprint],
    );
    const good = await terms.verify(terms.peer, signature, statement).catch(() => false);
    // Ours must be on the wire first: no frame may overtake it, and the other side wants to reach its own verdict.
    await signed;
    if (!good) fail('identity-mismatch');
    else if (!failed) events.passed();
  };

  events.send(concat([MAGIC, terms.networkId, ownKey, ownNonce]));
  return {
    get complete() {
      return complete;
    },
    receive(frame) {
      if (failed) return true;
      if (complete) return false;
      if (otherNonce === undefined) {
        onHello1(frame);
        return true;
      }
      complete = true;
      if (frame.length === HELLO2_BYTES) void onHello2(frame, otherNonce);
      else fail('hello-malformed');
      return true;
    },
  };
}

function hello1Fault(frame: Uint8Array, terms: HelloTerms, ownKey: Uint8Array): HelloFault | undefined {
  if (frame.length !== HELLO1_BYTES || !equal(frame.subarray(0, 4), MAGIC)) return 'hello-malformed';
  if (!equal(frame.subarray(4, KEY_AT), terms.networkId)) return 'network-mismatch';
  const key = frame.subarray(KEY_AT, NONCE_AT);
  // Our own key back is a mirror that would have us check our own signature.
  if (equal(key, ownKey) || !equal(key, keyBytes(terms.peer))) return 'identity-mismatch';
  return undefined;
}

function keyBytes(id: PeerId): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, at) => Number.parseInt(id.slice(at * 2, at * 2 + 2), 16));
}

/** Public values: a comparison may stop early. */
function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

function concat(...groups: readonly (readonly Uint8Array[])[]): Uint8Array {
  const parts = groups.flat();
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
