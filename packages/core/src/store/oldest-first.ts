/**
 * A binary heap that gives the oldest first. What is no longer wanted is not searched for: it is skipped when its
 * turn comes, and swept out before it outnumbers the rest.
 */
export interface OldestFirst<Item> {
  add(item: Item): void;
  /** Takes out the oldest that is still wanted. */
  take(): Item | undefined;
}

/** Few enough to sweep often, enough that sweeping costs little. */
const SWEEP_FROM = 64;

export function createOldestFirst<Item>(
  isNewer: (a: Item, b: Item) => boolean,
  isWanted: (item: Item) => boolean,
): OldestFirst<Item> {
  let heap: Item[] = [];
  let sweepAt = SWEEP_FROM;

  const rise = (from: number): void => {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!isNewer(heap[parent]!, heap[at]!)) return;
      swap(heap, at, parent);
      at = parent;
    }
  };

  const sink = (from: number): void => {
    for (let at = from; ; ) {
      let oldest = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < heap.length && isNewer(heap[oldest]!, heap[child]!)) oldest = child;
      if (oldest === at) return;
      swap(heap, at, oldest);
      at = oldest;
    }
  };

  const sweep = (): void => {
    heap = heap.filter(isWanted);
    for (let at = heap.length >> 1; at >= 0; at--) sink(at);
    sweepAt = Math.max(SWEEP_FROM, 2 * heap.length);
  };

  return {
    add(item) {
      if (heap.length >= sweepAt) sweep();
      heap.push(item);
      rise(heap.length - 1);
    },
    take() {
      for (;;) {
        const item = heap[0];
        const last = heap.pop();
        if (item === undefined || last === undefined) return undefined;
        if (heap.length > 0) {
          heap[0] = last;
          sink(0);
        }
        if (isWanted(item)) return item;
      }
    },
  };
}

function swap<Item>(list: Item[], a: number, b: number): void {
  [list[a], list[b]] = [list[b]!, list[a]!];
}
