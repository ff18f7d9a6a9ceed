/**
 * Local signals leave in batches: a connection has one description and a handful of candidates within a few
 * milliseconds, and each message through the server or the mesh costs more than its bytes.
 */
import type { Clock } from '@hearsay/core/host';
import { MAX_CANDIDATES } from './sdp.ts';
import type { SignalItem } from './signal-gate.ts';

/** How long the first signal of a batch waits for company. Longer: fewer messages, slower connects. A guess. */
export const BATCH_MS: number = 15;
/** Longest batch, in characters: sealed, as base64, signed and in its envelope it is at most 9 KiB, and at most 12 as base64 once more. */
export const MAX_BATCH_LENGTH: number = 6 * 1024;

export interface SignalBatch {
  /** False: the item alone is longer than a batch and was not taken. */
  add(item: SignalItem): boolean;
  stop(): void;
}

export function createSignalBatch(clock: Clock, emit: (data: string) => void): SignalBatch {
  let waiting: string[] = [];
  let length = 2;
  let candidates = 0;
  let cancel: (() => void) | undefined;

  const flush = (): void => {
    cancel?.();
    cancel = undefined;
    if (waiting.length === 0) return;
    const data = `[${waiting.join(',')}]`;
    waiting = [];
    length = 2;
    emit(data);
  };

  return {
    add(item) {
      // A host with many interfaces keeps its first candidates: more would be refused by the other side's gate.
      if ('candidate' in item && ++candidates > MAX_CANDIDATES) return true;
      const text = JSON.stringify(item);
      if (text.length + 2 > MAX_BATCH_LENGTH) return false;
      if (length + text.length + 1 > MAX_BATCH_LENGTH) flush();
      waiting.push(text);
      length += text.length + 1;
      cancel ??= clock.timer(BATCH_MS, () => {
        cancel = undefined;
        flush();
      });
      return true;
    },
    stop() {
      cancel?.();
      cancel = undefined;
      waiting = [];
    },
  };
}
