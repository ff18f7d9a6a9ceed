/** Records in IndexedDB: one object store, keyed by record id. What cannot be read counts as not there. */
import { HearsayError, type RecordStorage } from '@hearsay/core/host';

const STORE = 'records';
/** Above what a room keeps by default; the rest of a larger database is left out. */
const MAX_LOADED = 65_536;
/** A record beyond this was not written by us. */
const MAX_RECORD_BYTES = 264 * 1024;
/** Writes that may wait for the disk. */
const MAX_PENDING_WRITES = 4_096;

/** Storage for `joinRoom({ storage })`. `name` separates rooms of one origin. Failures reject with `storage-failed`. */
export function indexedDbStorage(name: string): RecordStorage {
  let opened: Promise<IDBDatabase> | undefined;
  let pending = 0;

  /** Opened when first needed, and again after it was lost: a browser may close it to free space. */
  const database = (): Promise<IDBDatabase> => {
    opened ??= open(`hearsay ${name}`, () => {
      opened = undefined;
    });
    return opened;
  };

  const run = async <T>(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> => {
    try {
      const transaction = (await database()).transaction(STORE, mode);
      const request = ask(transaction.objectStore(STORE));
      await committed(transaction);
      return request.result;
    } catch (error) {
      throw new HearsayError('storage-failed', error instanceof Error ? error.message : 'IndexedDB failed');
    }
  };

  const write = async (change: (store: IDBObjectStore) => IDBRequest): Promise<void> => {
    if (pending >= MAX_PENDING_WRITES) {
      throw new HearsayError('storage-failed', 'IndexedDB is too slow: too many writes wait');
    }
    pending += 1;
    try {
      await run('readwrite', change);
    } finally {
      pending -= 1;
    }
  };

  return {
    async load() {
      const values: unknown[] = await run('readonly', store => store.getAll(null, MAX_LOADED));
      return values.filter(isRecord);
    },
    keep: (id, bytes) => write(store => store.put(new Uint8Array(bytes), id)),
    forget: id => write(store => store.delete(id)),
  };
}

function isRecord(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length <= MAX_RECORD_BYTES;
}

function open(name: string, onGone: () => void): Promise<IDBDatabase> {
  return new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const database = request.result;
      database.onclose = onGone;
      // Somebody deletes the database; held open, it would keep them waiting.
      database.onversionchange = () => {
        database.close();
        onGone();
      };
      resolve(database);
    };
  }).catch(error => {
    onGone();
    throw error;
  });
}

/** A request may succeed and its transaction still fail, at a full disk for one. */
function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}
