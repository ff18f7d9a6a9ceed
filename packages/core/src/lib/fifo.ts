export interface Fifo<T> {
  readonly push: (item: T) => void;
  readonly shift: () => T | undefined;
  /** What comes next. */
  readonly peek: () => T | undefined;
}

/** Fewer taken items than this are not worth moving the rest. */
const MOVE_FROM = 64;

/** First in, first out, without the cost of moving an array at every step. */
export function createFifo<T>(): Fifo<T> {
  let queue: T[] = [];
  let head = 0;
  return {
    push: item => void queue.push(item),
    peek: () => queue[head],
    shift() {
      const item = queue[head];
      head += 1;
      if (item === undefined) {
        queue = [];
        head = 0;
      } else if (head >= MOVE_FROM && 2 * head > queue.length) {
        queue = queue.slice(head);
        head = 0;
      }
      return item;
    },
  };
}
