/** Node's side of a room's platform. */
import { randomBytes, webcrypto } from 'node:crypto';
import { systemClock } from '@hearsay/browser/clock';
import type { Platform } from '@hearsay/browser/room';
import type { SubtleLike } from '@hearsay/core/crypto';
import { nodeWebRtc } from './node-webrtc.ts';
import { nodeSocket } from './socket.ts';

export function nodePlatform(bindAddress?: string): Platform {
  return {
    clock: systemClock,
    subtle: webcrypto.subtle as unknown as SubtleLike,
    randomBytes: length => new Uint8Array(randomBytes(length)),
    WebSocket: nodeSocket,
    openRtc: () => {
      const { wrtc, cleanup } = nodeWebRtc({ bindAddress });
      return { wrtc, release: cleanup };
    },
    maxLinks: 16,
    // A process says its own goodbye: only its author knows which signals end it.
    onGoing: () => () => undefined,
    onActivity: () => () => undefined,
  };
}
