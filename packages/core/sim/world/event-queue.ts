/** A binary heap of things to come: earliest first, and in the order of arrival among equals. */
export interface EventQueue<T> {
  push(at: number, item: T): void;
  /** When the next one is due; infinite when there is none. */
  nextAt(): number;
  /** Takes the next one; `undefined` when there is none. */
  take(): T | undefined;
  readonly size: number;
  /** All that waits, in no order. */
  items(): readonly T[];
}

export function createEventQueue<T>(): EventQueue<T> {
  const times: number[] = [];
  const ranks: number[] = [];
  const items: T[] = [];
  let pushed = 0;

  const isBefore = (i: number, at: number, rank: number): boolean =>
    times[i]! < at || (times[i] === at && ranks[i]! < rank);

  const place = (i: number, at: number, rank: number, item: T): void => {
    times[i] = at;
    ranks[i] = rank;
    items[i] = item;
  };

  const move = (from: number, to: number): void => place(to, times[from]!, ranks[from]!, items[from]!);

  const siftDown = (at: number, rank: number, item: T): void => {
    const size = items.length;
    let hole = 0;
    for (let child = 1; child < size; child = 2 * hole + 1) {
      if (child + 1 < size && isBefore(child + 1, times[child]!, ranks[child]!)) child += 1;
      if (!isBefore(child, at, rank)) break;
      move(child, hole);
      hole = child;
    }
    place(hole, at, rank, item);
  };

  return {
    push(at, item) {
      const rank = pushed++;
      let hole = items.length;
      while (hole > 0) {
        const parent = (hole - 1) >> 1;
        if (isBefore(parent, at, rank)) break;
        move(parent, hole);
        hole = parent;
      }
      place(hole, at, rank, item);
    },
    nextAt: () => times[0] ?? Number.POSITIVE_INFINITY,
    take() {
      const first = items[0];
      if (first === undefined) return undefined;
      const at = times.pop()!;
      const rank = ranks.pop()!;
      const item = items.pop()!;
      if (items.length > 0) siftDown(at, rank, item);
      return first;
    },
    get size() {
      return items.length;
    },
    items: () => items,
  };
}
