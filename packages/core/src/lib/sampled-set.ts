import type { Rng } from './rng.ts';

/** A set from which elements are drawn at random without walking through it. */
export interface SampledSet<T> {
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

export function createSampledSet<T>(): SampledSet<T> {
  return new Sampled();
}

/** A class: an object with a getter of its own would be a hash table, and this one is asked at every review of links. */
class Sampled<T> implements SampledSet<T> {
  readonly #items: T[] = [];
  readonly #places = new Map<T, number>();
  #version = 0;

  get size(): number {
    return this.#items.length;
  }

  get version(): number {
    return this.#version;
  }

  has(item: T): boolean {
    return this.#places.has(item);
  }

  add(item: T): void {
    if (this.#places.has(item)) return;
    this.#places.set(item, this.#items.length);
    this.#items.push(item);
    this.#version += 1;
  }

  delete(item: T): boolean {
    const place = this.#places.get(item);
    if (place === undefined) return false;
    this.#places.delete(item);
    this.#version += 1;
    // The last one takes the place.
    const last = this.#items.pop()!;
    if (place < this.#items.length) {
      this.#items[place] = last;
      this.#places.set(last, place);
    }
    return true;
  }

  pick(rng: Rng): T | undefined {
    return rng.pick(this.#items);
  }

  sample(rng: Rng, count: number): T[] {
    // Drawing again and again would take long when nearly all are wanted.
    if (this.#items.length <= 2 * count) return rng.sample(this.#items, count);
    const drawn = new Set<T>();
    while (drawn.size < count) drawn.add(this.#items[rng.int(this.#items.length)]!);
    return [...drawn];
  }
}
