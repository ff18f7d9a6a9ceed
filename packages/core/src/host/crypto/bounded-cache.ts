/** Answers worth keeping, up to a limit: what was used longest ago goes first. */
export interface BoundedCache<Key, Value> {
  readonly size: number;
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): void;
}

export function createBoundedCache<Key, Value>(limit: number): BoundedCache<Key, Value> {
  const kept = new Map<Key, Value>();
  return {
    get size() {
      return kept.size;
    },
    get(key) {
      const value = kept.get(key);
      if (value === undefined) return undefined;
      // A Map iterates in order of insertion: to insert again is to become the youngest.
      kept.delete(key);
      kept.set(key, value);
      return value;
    },
    set(key, value) {
      kept.delete(key);
      kept.set(key, value);
      if (kept.size > limit) kept.delete(kept.keys().next().value as Key);
    },
  };
}
