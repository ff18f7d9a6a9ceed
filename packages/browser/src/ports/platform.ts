/** A browser's globals, gathered in the one place that may touch them. */
import type { SubtleLike } from '@hearsay/core/crypto';
import type { Platform } from '../room/platform.ts';
import { systemClock } from './clock.ts';

export function browserPlatform(): Platform {
  return {
    clock: systemClock,
    // Missing outside secure contexts, whatever the types say.
    subtle: globalThis.crypto?.subtle as SubtleLike | undefined,
    randomBytes: length => globalThis.crypto.getRandomValues(new Uint8Array(length)),
    WebSocket: globalThis.WebSocket,
    openRtc: () => {
      if (globalThis.RTCPeerConnection === undefined) return undefined;
      const { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate } = globalThis;
      return { wrtc: { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate }, release: async () => undefined };
    },
    maxLinks: 12,
    onGoing: leave => {
      // A page that goes into the back-forward cache is as gone as a closed one: its links die with it.
      globalThis.addEventListener('pagehide', leave);
      return () => globalThis.removeEventListener('pagehide', leave);
    },
    onActivity(tell) {
      // Missing in a worker, which nobody looks at and nothing hides.
      const page = globalThis.document as Document | undefined;
      if (page === undefined) return () => undefined;
      const look = (): void => tell(page.visibilityState === 'hidden' ? 'hidden' : 'active');
      const handlers = { visibilitychange: look, resume: look, freeze: () => tell('frozen') };
      for (const [name, handler] of Object.entries(handlers)) page.addEventListener(name, handler);
      // Opened in the background.
      if (page.visibilityState === 'hidden') look();
      return () => {
        for (const [name, handler] of Object.entries(handlers)) page.removeEventListener(name, handler);
      };
    },
  };
}
