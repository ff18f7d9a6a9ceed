/** What an engine is to whoever runs it. */
import type { Estimates } from './aggregate/counts.ts';
import type { ConfigOverrides } from './config.ts';
import type { Effect } from './effect.ts';
import type { SignedRecord } from './identity/record.ts';
import type { Input } from './input.ts';
import type { Result } from './lib/result.ts';
import type { Neighbour } from './overlay/overlay.ts';
import type { Rule } from './policy/policy.ts';
import type { Refusal } from './refusal.ts';
import type { EngineStats } from './stats.ts';
import type { MonoMs, Now, PeerId, RoomStatus } from './types.ts';
import type { Frame, FrameCode } from './wire/frame.ts';

export interface EngineOptions {
  readonly self: PeerId;
  readonly app: string;
  readonly room: string;
  readonly policy?: readonly Rule[] | undefined;
  /** Where this peer is, told to all: 1 to 16 characters of a–z, 0–9 and `-`. Some links prefer the own region. */
  readonly region?: string | undefined;
  readonly config?: ConfigOverrides | undefined;
  /** 32 bytes, told to those with whom a link is agreed: a `dial` then has theirs. Without it signals stay open. */
  readonly sealKey?: Uint8Array | undefined;
  /** Four random 32-bit words. Equal seed, equal inputs: equal effects. */
  readonly seed: readonly [number, number, number, number];
  /** Pure functions that a simulator may share between nodes. */
  readonly decode?: ((bytes: Uint8Array) => Result<Frame, FrameCode>) | undefined;
  readonly read?: ((bytes: Uint8Array, networkId: Uint8Array) => Result<SignedRecord>) | undefined;
}

export interface Engine {
  /** Never throws for anything that came from the network. A broken invariant of our own does throw. */
  handle(input: Input, now: Now): readonly Effect[];
  /** When `wake` is due, or `undefined` when only an input can change anything. */
  nextWakeAt(): MonoMs | undefined;
  /** Why a local write would be refused now, before it is made. `bytes`: the value's size on the wire. */
  readonly refusal: Refusal;
  readonly networkId: Uint8Array;
  neighbours(): readonly (Neighbour & { readonly rttMs: number | undefined })[];
  status(): RoomStatus;
  stats(): EngineStats;
  /** How many there are, where, and what their presences say most, with standard errors. Looks at all members. */
  estimates(): Estimates;
}
