/** Shared state as the app sees it: a mirror of the engine's map, read at once and written through the engine. */
import { type ErrorCode, HearsayError, type PeerId, type Wire } from '@hearsay/core';
import type { Delivery } from '@hearsay/core/host';
import { wireLimits } from '@hearsay/core/wire';
import type { RoomState, StateChange } from './api.ts';
import { createEmitter } from './emitter.ts';
import { checkKey, checkValue, readValue } from './values.ts';

export interface StateMirror<S> extends RoomState<S> {
  /** Applies at once; returns the news to tell the app once the engine has settled. */
  apply(delivery: Extract<Delivery, { what: 'state' }>): () => void;
}

export interface Writer {
  refusal(kind: 'state' | 'state-delete' | 'event', key: string, bytes: number): ErrorCode | undefined;
  publish(kind: 'state' | 'state-delete' | 'event', key: string, value: Wire): void;
}

export function createStateMirror<S>(writer: Writer): StateMirror<S> {
  type Key = keyof S & string;
  const entries = new Map<string, { readonly value: unknown; readonly author: PeerId }>();
  const news = createEmitter<[StateChange<S>]>();

  const write = (kind: 'state' | 'state-delete', key: string, value: Wire, bytes: number): void => {
    const refused = writer.refusal(kind, key, bytes);
    if (refused !== undefined) throw refusalError(refused, key);
    writer.publish(kind, key, value);
  };

  return {
    get: key => entries.get(key)?.value as S[typeof key] | undefined,
    set(key, value) {
      checkKey(key);
      const { wire, bytes } = checkValue(value, `The value of "${key}"`, wireLimits.stateBytes);
      write('state', key, wire, bytes);
    },
    delete(key) {
      if (entries.has(checkKey(key))) write('state-delete', key, null, 0);
    },
    *entries() {
      for (const [key, { value }] of entries) yield [key as Key, value as S[Key]];
    },
    get size() {
      return entries.size;
    },
    author: key => entries.get(key)?.author,
    subscribe: handler => news.subscribe(handler),
    apply({ key, value: wire, author, local }) {
      const value = wire === undefined ? undefined : readValue(wire);
      if (wire === undefined) entries.delete(key);
      else entries.set(key, { value, author });
      return () => news.emit({ key: key as Key, value: value as S[Key] | undefined, author, local });
    },
  };
}

const ADVICE: { readonly [code in ErrorCode]?: string } = {
  'forbidden-by-policy': "the room's policy does not let you write it",
  'quota-exceeded': 'your share of the room is full; delete keys you wrote or raise store.keysPerAuthor on every peer',
  'too-many-pending': 'too many writes wait to be sent; await room.drained() and try again',
  'room-left': 'the room was left',
};

export function refusalError(code: ErrorCode, key: string): HearsayError {
  return new HearsayError(code, `"${key}" was not written: ${ADVICE[code] ?? code}.`);
}
