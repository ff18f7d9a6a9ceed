/** Records in IndexedDB: one object store, keyed by record id. What cannot be read counts as not there. */
import { HearsayError, type RecordStorage } from '@hearsay/core/host';

const STORE = 'records';

/** Storage for `joinRoom({ storage })`. `name` separates rooms of one origin. Failures reject with `storage-failed`. */
export function indexedDbStorage(name: string): RecordStorage {
  let opened: Promise<IDBDatabase> | undefined;
  const database = (): Promise<IDBDatabase> => {
    opened ??= open(`hearsay ${name}`);
    return opened;
  };

  const write = async (change: (store: IDBObjectStore) => IDBRequest): Promise<void> => {
    const transaction = (await database()).transaction(STORE, 'readwrite');
    await settled(change(transaction.objectStore(STORE)));
  };

  return {
    async load() {
      const transaction = (await database()).transaction(STORE, 'readonly');
      const values: unknown[] = await settled(transaction.objectStore(STORE).getAll());
      return values.filter((value): value is Uint8Array => value instanceof Uint8Array);
    },
    keep: (id, bytes) => write(store => store.put(new Uint8Array(bytes), id)),
    forget: id => write(store => store.delete(id)),
  };
}

function open(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return settled(request);
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(new HearsayError('storage-failed', request.error?.message ?? 'IndexedDB failed'));
  });
}
