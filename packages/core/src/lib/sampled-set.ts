import type { Rng } from './rng.ts';

/** A set from which elements are drawn at random without walking through it. */
export interface SampledSet<T> {
  readonly size: number;
  has(item: T): boolean;
  add(item: T): void;
  delete(item: T): boolean;
  pick(rng: Rng): T | undefined;
  /** Up to `count` distinct elements. The work is of the order of `count`. */
  sample(rng: Rng, count: number): T[];
}

export function createSampledSet<T>(): SampledSet<T> {
  const items: T[] = [];
  const places = new Map<T, number>();
  return {
    get size() {
      return items.length;
    },
    has: item => places.has(item),
    add(item) {
      if (places.has(item)) return;
      places.set(item, items.length);
      items.push(item);
    },
    delete(item) {
      const place = places.get(item);
      if (place === undefined) return false;
      places.delete(item);
      // The last one takes the place.
      const last = items.pop()!;
      if (place < items.length) {
        items[place] = last;
        places.set(last, place);
      }
      return true;
    },
    pick: rng => rng.pick(items),
    sample(rng, count) {
      // Drawing again and again would take long when nearly all are wanted.
      if (items.length <= 2 * count) return rng.sample(items, count);
      const drawn = new Set<T>();
      while (drawn.size < count) drawn.add(items[rng.int(items.length)]!);
      return [...drawn];
    },
  };
}
