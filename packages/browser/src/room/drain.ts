/** The promise of `room.drained()`: own writes that wait for their turn have had it. */
import { HearsayError } from '@hearsay/core';

export interface Drain {
  drained(): Promise<void>;
  onBacklog(waiting: boolean): void;
  /** The room was left: what waits now never goes. */
  stop(): void;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: HearsayError) => void;
}

export function createDrain(): Drain {
  let backlog = false;
  let left = false;
  const waiters: Waiter[] = [];
  const take = (): Waiter[] => waiters.splice(0);
  const leftError = (): HearsayError => new HearsayError('room-left', 'The room was left; nothing is sent any more.');
  return {
    drained() {
      if (left) return Promise.reject(leftError());
      if (!backlog) return Promise.resolve();
      return new Promise((resolve, reject) => void waiters.push({ resolve, reject }));
    },
    onBacklog(waiting) {
      backlog = waiting;
      if (!waiting) for (const { resolve } of take()) resolve();
    },
    stop() {
      left = true;
      for (const { reject } of take()) reject(leftError());
    },
  };
}
