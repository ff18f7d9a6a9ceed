import type { Expiring } from './expiring-map.ts';

/** A set with a size limit and one lifetime for all: the oldest go first, by time and by count. Adding again renews. */
export interface ExpiringSet<Item> extends Expiring {
  /** Differs from what it was before anything came or went. */
  readonly version: number;
  has(item: Item): boolean;
  add(item: Item, mono: number): void;
  delete(item: Item): boolean;
  items(): IterableIterator<Item>;
}

export function createExpiringSet<Item>(limit: number, lifetimeMs: number): ExpiringSet<Item> {
  return new Items(limit, lifetimeMs);
}

const NOTHING = new Map<never, never>();

/** A class for the same reason as the map's. */
class Items<Item> implements ExpiringSet<Item> {
  readonly #limit: number;
  readonly #lifetimeMs: number;
  /**
   * Missing while there is nothing. Whole milliseconds, which take no object of their own: there is one of these for
   * every record of minutes.
   */
  #until: Map<Item, number> | undefined;
  #version = 0;

  constructor(limit: number, lifetimeMs: number) {
    this.#limit = limit;
    this.#lifetimeMs = lifetimeMs;
  }

  get size(): number {
    return this.#until?.size ?? 0;
  }

  get version(): number {
    return this.#version;
  }

  has(item: Item): boolean {
    return this.#until?.has(item) ?? false;
  }

  add(item: Item, mono: number): void {
    this.#until ??= new Map();
    const until = this.#until;
    if (!until.delete(item)) this.#version += 1;
    until.set(item, Math.ceil(mono + this.#lifetimeMs));
    if (until.size > this.#limit) until.delete(until.keys().next().value as Item);
  }

  delete(item: Item): boolean {
    const wasThere = this.#until?.delete(item) ?? false;
    if (wasThere) this.#version += 1;
    return wasThere;
  }

  expire(mono: number): void {
    if (this.#until === undefined) return;
    for (const [item, until] of this.#until) {
      if (until > mono) return;
      this.delete(item);
    }
    this.#until = undefined;
  }

  items(): IterableIterator<Item> {
    return (this.#until ?? NOTHING).keys();
  }
}
