/** Brands and plain shapes that everything else is written in. This file imports nothing. */

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** An Ed25519 public key, 64 lower-case hex characters. It names a peer and an author alike. */
export type PeerId = Brand<string, 'PeerId'>;
/** First 16 bytes of SHA-256 over a record's body, 32 lower-case hex characters. */
export type RecordId = Brand<string, 'RecordId'>;
/** First 8 bytes of a record id, 16 hex characters: enough to tell records apart, too many to forge a second one. */
export type ShortId = string;
/** All 32 bytes of that hash, a character for each: an array of so few bytes weighs five times as much. */
export type Digest = Brand<string, 'Digest'>;
/** Milliseconds of a clock that never jumps; only differences mean anything. */
export type MonoMs = Brand<number, 'MonoMs'>;
/** Milliseconds since 1970 by this machine's wall clock, which may jump. */
export type WallMs = Brand<number, 'WallMs'>;
/** Hybrid logical clock: wall milliseconds × 2048 + counter, one comparable number below 2^53. */
export type Hlc = Brand<number, 'Hlc'>;
/** Names one asynchronous job (a signature to make or check) between its effect and its answer. */
export type Job = Brand<number, 'Job'>;

/** Both clocks at one instant. Timeouts read `mono`, record times read `wall`, never the other way. */
export interface Now {
  readonly mono: MonoMs;
  readonly wall: WallMs;
}

/** What CBOR of this protocol can carry: no tags, no undefined, text keys only. */
export type Wire = null | boolean | number | string | Uint8Array | readonly Wire[] | { readonly [key: string]: Wire };

/** How a link's offer and answer travelled. */
export type Via = 'server' | 'mesh';

export type RoomStatus = 'connecting' | 'connected' | 'isolated' | 'reconnecting' | 'left';
