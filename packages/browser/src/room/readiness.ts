/** The promise of `room.ready`: settled once, by the engine's word or by whatever makes it impossible. */
import { type ErrorCode, HearsayError } from '@hearsay/core';
import type { Clock } from '@hearsay/core/host';

export interface Readiness {
  readonly promise: Promise<void>;
  onReady(): void;
  onServerUp(): void;
  onLinkUp(): void;
  onServerDown(reason: string): void;
  /** What is known about why no server answers: told when patience ends. */
  onUnreachable(message: string): void;
  /** The app's own doing: told to those who wait for the promise, and to nobody else. */
  fail(code: ErrorCode, message: string): void;
}

/** Long enough for a server that restarts, short enough for somebody who watches a spinner. */
const PATIENCE_MS = 20_000;
const REFUSED = 'refused:';

const TOO_LATE = {
  nobody: ['signaling-unreachable', 'No signaling server answered. Is its URL right, and is it running?'],
  server: ['timeout', 'The signaling server answered, but no peer could be reached. Is WebRTC blocked?'],
  peer: ['timeout', 'A peer was reached, but the room is not in sync yet.'],
} as const;

/** `onError` hears what went wrong outside the app, for those who do not look at the promise; refusals every time. */
export function createReadiness(clock: Clock, onError: (error: HearsayError) => void): Readiness {
  let settled = false;
  let reached: keyof typeof TOO_LATE = 'nobody';
  let unreachable: string | undefined;
  let resolve: () => void = () => undefined;
  let reject: (error: HearsayError) => void = () => undefined;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  // An app that never looks at `ready` must not be ended by an unhandled rejection.
  promise.catch(() => undefined);

  const settle = (error?: HearsayError): void => {
    if (settled) return;
    settled = true;
    cancelTimer();
    if (error === undefined) resolve();
    else reject(error);
  };

  const cancelTimer = clock.timer(PATIENCE_MS, () => {
    const [code, message] = TOO_LATE[reached];
    const error = new HearsayError(code, (reached === 'nobody' && unreachable) || message);
    settle(error);
    onError(error);
  });

  return {
    promise,
    onReady: () => settle(),
    onServerUp() {
      if (reached === 'nobody') reached = 'server';
    },
    onLinkUp() {
      reached = 'peer';
    },
    onServerDown(reason) {
      if (!reason.startsWith(REFUSED)) return;
      const why = reason.slice(REFUSED.length);
      const error = new HearsayError('signaling-refused', `The signaling server refused this peer (${why}).`);
      settle(error);
      onError(error);
    },
    onUnreachable(message) {
      unreachable = message;
    },
    fail: (code, message) => settle(new HearsayError(code, message)),
  };
}
