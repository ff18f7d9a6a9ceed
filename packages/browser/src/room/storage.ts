/** A room's records on disk: given back at the start, and all written before the room is gone. */
import type { Clock, Crypto, Input, RecordStorage } from '@hearsay/core/host';

export interface RoomStorage {
  /** The host's ports, watched: a write is done when it settles, a restored record when its signature is checked. */
  readonly crypto: Crypto;
  readonly storage: RecordStorage | undefined;
  /** Gives back what an earlier session kept; it is verified like anything from the network. Rejects when it cannot be read. */
  restore(push: (input: Input) => void): Promise<void>;
  /** Resolves when no write is on its way, or after 2 s. */
  flushed(): Promise<void>;
}

/** Handed over in portions, so that a large room does not block the page. */
const PORTION = 256;
/** A disk slower than this does not keep anybody from leaving. */
const FLUSH_MS = 2_000;

export function createRoomStorage(storage: RecordStorage | undefined, crypto: Crypto, clock: Clock): RoomStorage {
  const checks = createWatch<boolean>();
  const writes = createWatch<void>();
  if (storage === undefined) {
    const nothing = async (): Promise<void> => undefined;
    return { crypto, storage, restore: nothing, flushed: nothing };
  }
  return {
    crypto: {
      sign: bytes => crypto.sign(bytes),
      verify: (key, signature, bytes) => checks.watch(crypto.verify(key, signature, bytes)),
    },
    // Async wrappers: an app's storage that throws at once is one that rejects.
    storage: {
      load: async () => storage.load(),
      keep: (id, bytes) => writes.watch((async () => storage.keep(id, bytes))()),
      forget: id => writes.watch((async () => storage.forget(id))()),
    },
    async restore(push) {
      const records = await storage.load();
      for (let from = 0; from < records.length; from += PORTION) {
        push({ type: 'restore', records: records.slice(from, from + PORTION) });
        await checks.settled();
      }
    },
    flushed: () =>
      new Promise(resolve => {
        const cancel = clock.timer(FLUSH_MS, resolve);
        void writes.settled().then(() => {
          cancel();
          resolve();
        });
      }),
  };
}

interface Watch<T> {
  watch(work: Promise<T>): Promise<T>;
  /** What is under way now has ended. Never rejects. */
  settled(): Promise<unknown>;
}

function createWatch<T>(): Watch<T> {
  const open = new Set<Promise<T>>();
  return {
    watch(work) {
      open.add(work);
      const done = (): void => void open.delete(work);
      work.then(done, done);
      return work;
    },
    settled: () => Promise.allSettled(open),
  };
}
