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
  return new Expiring(limit, lifetimeMs);
}

/** A class, because a node keeps a dozen, most of them empty: closures would take a kilobyte for each. */
class Expiring<Key, Value> implements ExpiringMap<Key, Value> {
  readonly #limit: number;
  readonly #lifetimeMs: number;
  /** Whole milliseconds: a fraction would take an object of its own for each entry. */
  readonly #kept = new Map<Key, { readonly value: Value; readonly until: number }>();

  constructor(limit: number, lifetimeMs: number) {
    this.#limit = limit;
    this.#lifetimeMs = lifetimeMs;
  }

  get size(): number {
    return this.#kept.size;
  }

  has(key: Key): boolean {
    return this.#kept.has(key);
  }

  get(key: Key): Value | undefined {
    return this.#kept.get(key)?.value;
  }

  set(key: Key, value: Value, mono: number): void {
    const kept = this.#kept;
    kept.delete(key);
    kept.set(key, { value, until: Math.ceil(mono + this.#lifetimeMs) });
    if (kept.size > this.#limit) kept.delete(kept.keys().next().value as Key);
  }

  delete(key: Key): boolean {
    return this.#kept.delete(key);
  }

  expire(mono: number): void {
    if (this.#kept.size === 0) return;
    for (const [key, entry] of this.#kept) {
      if (entry.until > mono) return;
      this.#kept.delete(key);
    }
  }

  keys(): IterableIterator<Key> {
    return this.#kept.keys();
  }

  *entries(): IterableIterator<[Key, Value]> {
    for (const [key, entry] of this.#kept) yield [key, entry.value];
  }
}
