export interface Fifo<T> {
  readonly push: (item: T) => void;
  readonly shift: () => T | undefined;
}

/** First in, first out, without the cost of moving an array at every step. */
export function createFifo<T>(): Fifo<T> {
  let queue: T[] = [];
  let head = 0;
  return {
    push: item => void queue.push(item),
    shift() {
      const item = queue[head];
      head += 1;
      if (item === undefined) {
        queue = [];
        head = 0;
      }
      return item;
    },
  };
}
