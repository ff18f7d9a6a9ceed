import type { PageActivity } from '@hearsay/core';
import type { SubtleLike } from '@hearsay/core/crypto';
import type { Clock } from '@hearsay/core/host';
import type { SignalingSocketConstructor } from '../signaling-client/index.ts';
import type { RtcConstructors } from '../webrtc/index.ts';

/** What a room needs of the machine it runs on. Browser and Node each bring one. */
export interface Platform {
  readonly clock: Clock;
  /** Missing on plain-http pages: noble signs and verifies then. */
  readonly subtle: SubtleLike | undefined;
  /** Cryptographically secure. */
  readonly randomBytes: (length: number) => Uint8Array;
  readonly WebSocket: SignalingSocketConstructor;
  /** The WebRTC stack for one room, or `undefined` where there is none. */
  readonly openRtc: () => RtcStack | undefined;
  /** Links held at most, unless the app says otherwise. */
  readonly maxLinks: number;
  /** Calls `leave` when the page or process is about to go; returns how to stop listening. */
  readonly onGoing: (leave: () => void) => () => void;
  /**
   * Says whether the page is looked at, on every change, and at once when it is not; `frozen` in the last moment before
   * everything stops. Returns how to stop listening.
   */
  readonly onActivity: (tell: (activity: PageActivity) => void) => () => void;
}

export interface RtcStack {
  readonly wrtc: RtcConstructors;
  /** After every link is closed. Never rejects. */
  release(): Promise<void>;
}
