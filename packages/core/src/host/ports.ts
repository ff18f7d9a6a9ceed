/**
 * The outside world as an engine's host sees it. Browser, Node and tests each bring their own.
 * A port never throws into the host: what goes wrong comes back as an input or a rejected promise.
 */
import type { Input } from '../input.ts';
import type { Now, PeerId, RecordId } from '../types.ts';

export interface Clock {
  now(): Now;
  /** One shot after `delayMs` (0 to 2^31−1); returns its cancellation. */
  timer(delayMs: number, fire: () => void): () => void;
}

/** Ed25519 by one identity. `verify` obeys rule U (SPEC `SIGN-*`) and never rejects: a failure is `false`. */
export interface Crypto {
  sign(bytes: Uint8Array): Promise<Uint8Array>;
  verify(key: PeerId, signature: Uint8Array, bytes: Uint8Array): Promise<boolean>;
}

export type LinkInput = Extract<
  Input,
  { type: 'link-up' | 'link-down' | 'link-drained' | 'dial-failed' | 'frame' | 'rtc-signal' }
>;

/**
 * Authenticated links. After `dial` exactly one of `link-up` and `dial-failed` comes, and after `link-up`
 * exactly one `link-down`. Frames are whole, in order, at most 64 KiB.
 */
export interface Links {
  /** `key`: as the effect has it. */
  dial(peer: PeerId, session: number, initiator: boolean, key?: Uint8Array): void;
  signal(peer: PeerId, session: number, data: string): void;
  send(peer: PeerId, bytes: Uint8Array): void;
  /** Bytes handed over for `peer` and not yet on the wire: what backpressure is read from. */
  bufferedBytes(peer: PeerId): number;
  /** Says `link-drained` once, as soon as at most `below` bytes wait for `peer`; never inside this call. */
  watch(peer: PeerId, below: number): void;
  close(peer: PeerId, reason: string): void;
  /** Close everything; resolves when the operating system has let go. Never rejects. */
  shutdown(): Promise<void>;
}

export type RendezvousInput = Extract<
  Input,
  { type: 'rendezvous-up' | 'rendezvous-down' | 'introduced' | 'entry-role' | 'server-signal' | 'server-unreachable' }
>;

/** The signaling server. While open it reconnects by itself, with jittered back-off and failover. */
export interface Rendezvous {
  open(): void;
  close(): void;
  introduce(): void;
  signal(to: PeerId, payload: Uint8Array): void;
}

export interface RecordStorage {
  load(): Promise<readonly Uint8Array[]>;
  keep(id: RecordId, bytes: Uint8Array): Promise<void>;
  forget(id: RecordId): Promise<void>;
}
