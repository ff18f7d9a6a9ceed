import { IndexedList } from './indexed-list.ts';
import type { Rng } from './rng.ts';

/** A set from which elements are drawn at random without walking through it. */
export interface SampledSet<T extends string> {
  readonly size: number;
  /** Differs from what it was before anything came or went. */
  readonly version: number;
  has(item: T): boolean;
  add(item: T): void;
  delete(item: T): boolean;
  pick(rng: Rng): T | undefined;
  /** Up to `count` distinct elements. The work is of the order of `count`. */
  sample(rng: Rng, count: number): T[];
}

/** `salt`: a number that nobody else knows. */
export function createSampledSet<T extends string>(salt: number): SampledSet<T> {
  return new Sampled(salt);
}

/** A class: an object with a getter of its own would be a hash table, and this one is asked at every review of links. */
class Sampled<T extends string> implements SampledSet<T> {
  readonly #list: IndexedList<T>;
  #version = 0;

  constructor(salt: number) {
    this.#list = new IndexedList(salt);
  }

  get size(): number {
    return this.#list.items.length;
  }

  get version(): number {
    return this.#version;
  }

  has(item: T): boolean {
    return this.#list.has(item);
  }

  add(item: T): void {
    if (this.#list.add(item)) this.#version += 1;
  }

  delete(item: T): boolean {
    const wasThere = this.#list.delete(item);
    if (wasThere) this.#version += 1;
    return wasThere;
  }

  pick(rng: Rng): T | undefined {
    return rng.pick(this.#list.items);
  }

  sample(rng: Rng, count: number): T[] {
    const { items } = this.#list;
    // Drawing again and again would take long when nearly all are wanted.
    if (items.length <= 2 * count) return rng.sample(items, count);
    const drawn = new Set<T>();
    while (drawn.size < count) drawn.add(items[rng.int(items.length)]!);
    return [...drawn];
  }
}
