/** What forgets in time, whatever it holds. */
export interface Expiring {
  readonly size: number;
  /** Drops what has outlived its time at `mono`. */
  expire(mono: number): void;
}

/**
 * A map with a size limit and one lifetime for all entries: the oldest go first, by time and by count.
 * Setting a key again renews it.
 */
export interface ExpiringMap<Key, Value> extends Expiring {
  has(key: Key): boolean;
  get(key: Key): Value | undefined;
  set(key: Key, value: Value, mono: number): void;
  delete(key: Key): boolean;
  keys(): IterableIterator<Key>;
  entries(): IterableIterator<[Key, Value]>;
}

export function createExpiringMap<Key, Value>(limit: number, lifetimeMs: number): ExpiringMap<Key, Value> {
  return new Entries(limit, lifetimeMs);
}

const NOTHING = new Map<never, never>();

/** A class, because a node keeps dozens, most of them empty: closures would take a kilobyte for each, and a map 200 bytes. */
class Entries<Key, Value> implements ExpiringMap<Key, Value> {
  readonly #limit: number;
  readonly #lifetimeMs: number;
  /** Missing while there is nothing. Whole milliseconds: a fraction would take an object of its own for each entry. */
  #kept: Map<Key, { readonly value: Value; readonly until: number }> | undefined;

  constructor(limit: number, lifetimeMs: number) {
    this.#limit = limit;
    this.#lifetimeMs = lifetimeMs;
  }

  get size(): number {
    return this.#kept?.size ?? 0;
  }

  has(key: Key): boolean {
    return this.#kept?.has(key) ?? false;
  }

  get(key: Key): Value | undefined {
    return this.#kept?.get(key)?.value;
  }

  set(key: Key, value: Value, mono: number): void {
    this.#kept ??= new Map();
    const kept = this.#kept;
    kept.delete(key);
    kept.set(key, { value, until: Math.ceil(mono + this.#lifetimeMs) });
    if (kept.size > this.#limit) kept.delete(kept.keys().next().value as Key);
  }

  delete(key: Key): boolean {
    return this.#kept?.delete(key) ?? false;
  }

  expire(mono: number): void {
    if (this.#kept === undefined) return;
    for (const [key, entry] of this.#kept) {
      if (entry.until > mono) return;
      this.#kept.delete(key);
    }
    this.#kept = undefined;
  }

  keys(): IterableIterator<Key> {
    return (this.#kept ?? NOTHING).keys();
  }

  *entries(): IterableIterator<[Key, Value]> {
    for (const [key, entry] of this.#kept ?? NOTHING) yield [key, entry.value];
  }
}
