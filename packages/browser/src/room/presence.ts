/** Who is here, as the app sees it: a mirror of what the engine delivers, and the app's own presence on its way out. */
import type { PeerId, Wire } from '@hearsay/core';
import type { Clock, Delivery } from '@hearsay/core/host';
import type { Other, PresenceChange, RoomPresence } from './api.ts';
import { createEmitter, guarded } from './emitter.ts';
import { checkValue, readValue } from './values.ts';

export interface PresenceMirror<P> extends RoomPresence<P> {
  /** Applies at once; returns the news to tell the app once the engine has settled. */
  apply(delivery: Extract<Delivery, { what: 'presence' | 'presence-gone' }>): () => void;
  stop(): void;
}

/** A pointer that moves is told about 16 times a second: below the 20 that others admit from one author. */
const UPDATE_EVERY_MS = 60;

export function createPresenceMirror<P>(
  initial: P,
  clock: Clock,
  publish: (presence: Wire) => void,
  onMember: (change: { peer: PeerId; reason?: 'left' | 'failed' | 'expired' }) => void,
): PresenceMirror<P> {
  const others = new Map<PeerId, Other<P>>();
  const news = createEmitter<[ReadonlyMap<PeerId, Other<P>>, PresenceChange | undefined]>();
  let self: P = initial;
  let publishedAt = clock.now().mono as number;
  let cancelPending: (() => void) | undefined;
  let stopped = false;

  const publishNow = (): void => {
    cancelPending = undefined;
    publishedAt = clock.now().mono;
    publish(checkValue(self, 'The presence').wire);
  };

  return {
    get self() {
      return self;
    },
    others,
    update(patch) {
      const next = { ...self, ...patch };
      checkValue(next, 'The presence');
      self = next;
      if (cancelPending !== undefined || stopped) return;
      const waitMs = publishedAt + UPDATE_EVERY_MS - clock.now().mono;
      if (waitMs <= 0) publishNow();
      else cancelPending = clock.timer(waitMs, publishNow);
    },
    subscribe(handler) {
      const unsubscribe = news.subscribe(handler);
      guarded(() => handler(others, undefined));
      return unsubscribe;
    },
    apply(delivery) {
      const { peer } = delivery;
      const known = others.has(peer);
      if (delivery.what === 'presence-gone') {
        others.delete(peer);
        return () => {
          news.emit(others, { peer, type: 'leave' });
          onMember({ peer, reason: delivery.reason });
        };
      }
      const presence = readValue(delivery.presence) as P;
      others.set(peer, { presence, joinedAt: delivery.joinedAtMs, status: delivery.status });
      return () => {
        news.emit(others, { peer, type: known ? 'update' : 'join' });
        if (!known) onMember({ peer });
      };
    },
    stop() {
      stopped = true;
      cancelPending?.();
    },
  };
}
