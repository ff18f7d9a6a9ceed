/** A token bucket: `ratePerSecond` tokens flow in, at most `burst` are kept. Starts full. */
export interface TokenBucket {
  /** Takes `count` tokens at `mono` if they are all there. */
  take(count: number, mono: number): boolean;
  /** Takes `count` tokens, there or not: at most `debt` are owed afterwards. */
  spend(count: number, debt: number, mono: number): void;
  /** Milliseconds until `count` tokens would be there; 0 when they are. */
  waitMs(count: number, mono: number): number;
}

export function createTokenBucket(ratePerSecond: number, burst: number, mono: number): TokenBucket {
  return new Bucket(ratePerSecond, burst, mono);
}

/** A class, because a node keeps a few for every link: closures would take twice the memory. */
class Bucket implements TokenBucket {
  readonly #ratePerSecond: number;
  readonly #burst: number;
  #tokens: number;
  #last: number;

  constructor(ratePerSecond: number, burst: number, mono: number) {
    this.#ratePerSecond = ratePerSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#last = mono;
  }

  take(count: number, mono: number): boolean {
    this.#refill(mono);
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }

  spend(count: number, debt: number, mono: number): void {
    this.#refill(mono);
    this.#tokens = Math.max(Math.min(-debt, this.#tokens), this.#tokens - count);
  }

  waitMs(count: number, mono: number): number {
    this.#refill(mono);
    return this.#tokens >= count ? 0 : Math.ceil(((count - this.#tokens) * 1000) / this.#ratePerSecond);
  }

  #refill(mono: number): void {
    if (mono <= this.#last) return;
    this.#tokens = Math.min(this.#burst, this.#tokens + ((mono - this.#last) * this.#ratePerSecond) / 1000);
    this.#last = mono;
  }
}
