/** A room's records on disk: given back at the start, and all written before the room is gone. */
import { equalBytes, toHex } from '@hearsay/core';
import type { Clock, Crypto, Input, RecordStorage } from '@hearsay/core/host';
import { createWatch } from './watch.ts';

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
  const checks = createWatch<boolean>(clock);
  const writes = createWatch<void>(clock);
  if (storage === undefined) {
    const nothing = async (): Promise<void> => undefined;
    return { crypto, storage, restore: nothing, flushed: nothing };
  }
  /** Records of the portion in hand: the engine keeps what it accepts, and these are on the disk already. */
  const given = new Map<string, Uint8Array>();
  const isGiven = (bytes: Uint8Array): boolean => {
    const known = given.get(nameOf(bytes));
    return known !== undefined && equalBytes(known, bytes);
  };
  return {
    crypto: {
      sign: bytes => crypto.sign(bytes),
      verify: (key, signature, bytes) => checks.watch(crypto.verify(key, signature, bytes)),
    },
    // Async wrappers: an app's storage that throws at once is one that rejects.
    storage: {
      load: async () => storage.load(),
      keep: async (id, bytes) => (isGiven(bytes) ? undefined : writes.watch((async () => storage.keep(id, bytes))())),
      forget: id => writes.watch((async () => storage.forget(id))()),
    },
    async restore(push) {
      const records = await storage.load();
      for (let from = 0; from < records.length; from += PORTION) {
        const portion = records.slice(from, from + PORTION);
        for (const bytes of portion) given.set(nameOf(bytes), bytes);
        push({ type: 'restore', records: portion });
        await checks.settled();
        // The host hands the outcomes on in order, a few turns later; before a timer fires they are all through.
        await new Promise<void>(resolve => void clock.timer(0, resolve));
        given.clear();
      }
    },
    flushed: () => writes.settledWithin(FLUSH_MS),
  };
}

/** A record begins with its signature; half of it tells honest records apart, and the rest is compared. */
function nameOf(record: Uint8Array): string {
  return toHex(record.subarray(0, 32));
}
