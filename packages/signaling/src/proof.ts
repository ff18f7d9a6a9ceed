/**
 * Does the client that says "I am this peer" hold the peer's key? An id is an Ed25519 public key, so nothing needs to
 * be looked up and nobody can squat another's id. The nonce is fresh for each socket, so an overheard proof is
 * worthless on another one.
 */

import { createPublicKey, randomBytes, verify } from 'node:crypto';
import { type ClientMessage, joinProof } from './protocol.ts';

export type JoinRequest = Extract<ClientMessage, { t: 'join' }>;

/** 64 hex characters that no client can foresee. */
export function freshNonce(): string {
  return randomBytes(32).toString('hex');
}

/**
 * True when `join.signature` is by the key `join.peer` over this socket's proof text. Never throws. Degenerate keys
 * (small order, not a point) are not singled out: whoever forges under one owns an id that no honest peer has.
 */
export function proves(join: JoinRequest, nonce: string): boolean {
  const text = joinProof(nonce, join.app, join.room, join.network, join.peer);
  try {
    const der = Buffer.concat([SPKI_ED25519, Buffer.from(join.peer, 'hex')]);
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    return verify(null, Buffer.from(text, 'utf8'), key, Buffer.from(join.signature, 'hex'));
  } catch {
    return false;
  }
}

/** What DER (RFC 8410) puts before the 32 bytes of a raw Ed25519 public key. */
const SPKI_ED25519 = Buffer.from('302a300506032b6570032100', 'hex');
