/**
 * A map with a size limit and one lifetime for all entries: the oldest go first, by time and by count.
 * Setting a key again renews it.
 */
export interface ExpiringMap<Key, Value> {
  readonly size: number;
  has(key: Key): boolean;
  get(key: Key): Value | undefined;
  set(key: Key, value: Value, mono: number): void;
  delete(key: Key): boolean;
  /** Drops what has outlived its time at `mono`. */
  expire(mono: number): void;
  keys(): IterableIterator<Key>;
  entries(): IterableIterator<[Key, Value]>;
}

export function createExpiringMap<Key, Value>(limit: number, lifetimeMs: number): ExpiringMap<Key, Value> {
  /** Whole milliseconds: a fraction would take an object of its own for each entry. */
  const kept = new Map<Key, { readonly value: Value; readonly until: number }>();
  return {
    get size() {
      return kept.size;
    },
    has: key => kept.has(key),
    get: key => kept.get(key)?.value,
    set(key, value, mono) {
      kept.delete(key);
      kept.set(key, { value, until: Math.ceil(mono + lifetimeMs) });
      if (kept.size > limit) kept.delete(kept.keys().next().value as Key);
    },
    delete: key => kept.delete(key),
    expire(mono) {
      for (const [key, entry] of kept) {
        if (entry.until > mono) return;
        kept.delete(key);
      }
    },
    keys: () => kept.keys(),
    *entries() {
      for (const [key, entry] of kept) yield [key, entry.value];
    },
  };
}
