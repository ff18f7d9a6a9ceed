/** Runs inside Chromium: the storage, driven from the test. Bytes travel as lists of numbers. */
import type { RecordId } from '@hearsay/core/host';
import { indexedDbStorage } from '../../src/ports/indexed-db-storage.ts';

export interface StoragePage {
  /** `undefined` when all went well, else the error's name, code and message. */
  keep(name: string, id: string, bytes: readonly number[]): Promise<string | undefined>;
  forget(name: string, id: string): Promise<string | undefined>;
  load(name: string): Promise<readonly (readonly number[])[] | string>;
  /** How many of `count` writes at once are refused, and with what. */
  flood(name: string, count: number): Promise<readonly [refused: number, message: string | undefined]>;
}

declare global {
  var storagePage: StoragePage;
}

const storages = new Map<string, ReturnType<typeof indexedDbStorage>>();

function storage(name: string): ReturnType<typeof indexedDbStorage> {
  const known = storages.get(name) ?? indexedDbStorage(name);
  storages.set(name, known);
  return known;
}

async function attempt<T>(work: () => Promise<T>): Promise<T | string> {
  try {
    return await work();
  } catch (error) {
    const { name, code, message } = error as Error & { code: string };
    return `${name} ${code} ${message}`;
  }
}

globalThis.storagePage = {
  keep: (name, id, bytes) =>
    attempt(async () => storage(name).keep(id as RecordId, Uint8Array.from(bytes))) as Promise<string | undefined>,
  forget: (name, id) => attempt(async () => storage(name).forget(id as RecordId)) as Promise<string | undefined>,
  load: name => attempt(async () => (await storage(name).load()).map(bytes => [...bytes])),
  async flood(name, count) {
    const writes = Array.from({ length: count }, (_, i) =>
      attempt(() => storage(name).keep(`id ${i % 10}` as RecordId, Uint8Array.of(i % 256))),
    );
    const refused = (await Promise.all(writes)).filter(outcome => outcome !== undefined);
    return [refused.length, refused[0] as string | undefined];
  },
};
