/** Who is told what: subscriptions that end by themselves, and handlers that cannot harm one another. */
import { HearsayError } from '@hearsay/core';

/** Handlers of one kind of news. A handler that throws is the app's bug: the others are still told, the host still hears of it. */
export interface Emitter<Args extends readonly unknown[]> {
  /** @throws HearsayError `bad-config` for what is no function: called later, it would fail where nobody looks. */
  subscribe(handler: (...args: Args) => void): () => void;
  emit(...args: Args): void;
}

export function createEmitter<Args extends readonly unknown[]>(): Emitter<Args> {
  const handlers = new Set<{ readonly call: (...args: Args) => void }>();
  return {
    subscribe(handler) {
      if (typeof handler !== 'function') {
        throw new HearsayError('bad-config', `A handler is a function, not ${typeof handler}.`);
      }
      // Wrapped, so that one function subscribed twice is two subscriptions.
      const entry = { call: handler };
      handlers.add(entry);
      return () => void handlers.delete(entry);
    },
    emit(...args) {
      for (const entry of [...handlers]) if (handlers.has(entry)) guarded(() => entry.call(...args));
    },
  };
}

/** Runs the app's code; what it throws reaches the platform's own reporting, not the caller. */
export function guarded(run: () => void): void {
  try {
    run();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
