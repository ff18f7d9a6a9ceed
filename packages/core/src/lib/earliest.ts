/**
 * The earliest of many deadlines that keep moving. Who owns one says how it moved; all are gone through again only
 * when the earliest itself has moved away, so what happens to one costs the same however many there are.
 */
export interface Earliest {
  /** A deadline moved. Infinite: there is none, before or from now on. */
  moved(from: number, to: number): void;
  /** Infinite when there is none. */
  at(): number;
}

/** `goThrough` finds the earliest among all. */
export function createEarliest(goThrough: () => number): Earliest {
  let earliest = Number.POSITIVE_INFINITY;
  let isGone = false;
  return {
    moved(from, to) {
      if (to <= earliest) {
        earliest = to;
        isGone = false;
      } else if (from === earliest) isGone = true;
    },
    at() {
      if (isGone) earliest = goThrough();
      isGone = false;
      return earliest;
    },
  };
}
