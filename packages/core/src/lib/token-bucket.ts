/** A token bucket: `ratePerSecond` tokens flow in, at most `burst` are kept. Starts full. */
export interface TokenBucket {
  /** Takes `count` tokens at `mono` if they are all there. */
  take(count: number, mono: number): boolean;
  /** Milliseconds until `count` tokens would be there; 0 when they are. */
  waitMs(count: number, mono: number): number;
}

export function createTokenBucket(ratePerSecond: number, burst: number, mono: number): TokenBucket {
  let tokens = burst;
  let last = mono;
  const refill = (at: number): void => {
    if (at <= last) return;
    tokens = Math.min(burst, tokens + ((at - last) * ratePerSecond) / 1000);
    last = at;
  };
  return {
    take(count, at) {
      refill(at);
      if (tokens < count) return false;
      tokens -= count;
      return true;
    },
    waitMs(count, at) {
      refill(at);
      return tokens >= count ? 0 : Math.ceil(((count - tokens) * 1000) / ratePerSecond);
    },
  };
}
