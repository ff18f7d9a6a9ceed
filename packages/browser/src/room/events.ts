/** Events as the app sees them: named, fire and forget. */
import type { PeerId } from '@hearsay/core';
import type { Delivery } from '@hearsay/core/host';
import type { RoomEvents } from './api.ts';
import { createEmitter, type Emitter } from './emitter.ts';
import { refusalError, type Writer } from './state.ts';
import { checkKey, checkValue, readValue } from './values.ts';

export interface EventBus<E> extends RoomEvents<E> {
  apply(delivery: Extract<Delivery, { what: 'event' }>): () => void;
}

const NAME = 'An event name';

export function createEventBus<E>(writer: Writer): EventBus<E> {
  const named = new Map<string, Emitter<[unknown, { readonly from: PeerId }]>>();
  const every = createEmitter<[string, unknown, { readonly from: PeerId }]>();
  return {
    send(name, ...[payload]) {
      checkKey(name, NAME);
      const { wire, bytes } = checkValue(payload === undefined ? null : payload, `The payload of "${name}"`);
      const refused = writer.refusal('event', name, bytes);
      if (refused !== undefined) throw refusalError(refused, name);
      writer.publish('event', name, wire);
    },
    on(name, handler) {
      const emitter = named.get(checkKey(name, NAME)) ?? createEmitter<[unknown, { readonly from: PeerId }]>();
      named.set(name, emitter);
      return emitter.subscribe(handler as (payload: unknown, meta: { readonly from: PeerId }) => void);
    },
    onAny: handler =>
      every.subscribe(handler as (name: string, payload: unknown, meta: { readonly from: PeerId }) => void),
    apply({ key, value, from }) {
      const payload = readValue(value);
      return () => {
        named.get(key)?.emit(payload, { from });
        every.emit(key, payload, { from });
      };
    },
  };
}
