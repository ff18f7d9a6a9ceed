/** Who is here, as the app sees it: a mirror of what the engine delivers, and the app's own presence on its way out. */
import { HearsayError, type PeerId, type Wire } from '@hearsay/core';
import type { Clock, Delivery } from '@hearsay/core/host';
import type { Other, PresenceChange, RoomPresence } from './api.ts';
import { createEmitter, guarded } from './emitter.ts';
import { type Checked, checkValue, readValue } from './values.ts';

export interface PresenceMirror<P> extends RoomPresence<P> {
  /** Applies at once; returns the news to tell the app once the engine has settled. */
  apply(delivery: Extract<Delivery, { what: 'presence' | 'presence-gone' }>): () => void;
  stop(): void;
}

/** A pointer that moves is told about 16 times a second: below the 20 that others admit from one author. */
const UPDATE_EVERY_MS = 60;

export function createPresenceMirror<P>(
  initial: Wire,
  clock: Clock,
  publish: (presence: Wire) => void,
  onMember: (change: { peer: PeerId; reason?: 'left' | 'failed' | 'expired' }) => void,
): PresenceMirror<P> {
  const others = new Map<PeerId, Other<P>>();
  const news = createEmitter<[ReadonlyMap<PeerId, Other<P>>, PresenceChange | undefined]>();
  let self = readValue(initial) as P;
  let publishedAt = clock.now().mono as number;
  let waiting: Wire = null;
  let cancelPending: (() => void) | undefined;
  let stopped = false;

  const publishNow = (): void => {
    cancelPending = undefined;
    publishedAt = clock.now().mono;
    publish(waiting);
  };

  return {
    get self() {
      return self;
    },
    others,
    update(patch) {
      if (stopped) throw new HearsayError('room-left', 'The presence was not changed: the room was left.');
      checkFields(patch, 'presence.update() takes an object with the fields to change');
      // Kept as it is now: what the app does to its objects later must not reach a timer of ours.
      waiting = checkPresence({ ...self, ...patch }).wire;
      self = readValue(waiting) as P;
      if (cancelPending !== undefined) return;
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
      others.set(peer, Object.freeze({ presence, joinedAt: delivery.joinedAtMs, status: delivery.status }));
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

/** @throws HearsayError `value-unsupported` or `value-too-large`. */
export function checkPresence(presence: unknown): Checked {
  checkFields(presence, 'A presence is an object with named fields, because update() merges into it');
  return checkValue(presence, 'The presence');
}

function checkFields(value: unknown, rule: string): void {
  const fits = typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
  if (!fits) throw new HearsayError('value-unsupported', `${rule}.`);
}
