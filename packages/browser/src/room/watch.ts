/** Work that is under way, so that somebody can wait for its end, but not for ever. */
import type { Clock } from '@hearsay/core/host';

export interface Watch<T> {
  readonly busy: boolean;
  watch(work: Promise<T>): Promise<T>;
  /** What is under way now has ended. Never rejects. */
  settled(): Promise<void>;
  /** The same, or so many milliseconds have passed. */
  settledWithin(ms: number): Promise<void>;
}

export function createWatch<T>(clock: Clock): Watch<T> {
  const open = new Set<Promise<T>>();
  const settled = async (): Promise<void> => {
    await Promise.allSettled(open);
  };
  return {
    get busy() {
      return open.size > 0;
    },
    watch(work) {
      open.add(work);
      const done = (): void => void open.delete(work);
      work.then(done, done);
      return work;
    },
    settled,
    settledWithin: ms =>
      new Promise(resolve => {
        const cancel = clock.timer(ms, resolve);
        void settled().then(() => {
          cancel();
          resolve();
        });
      }),
  };
}
