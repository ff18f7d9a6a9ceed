/** The round trip of one link, smoothed, and how much it varies: RFC 6298, sections 2.2 and 2.3. All in ms. */
export interface RoundTrip {
  add(sampleMs: number): void;
  /** `undefined` before the first sample. */
  meanMs(): number | undefined;
  /** 0 before the first sample. */
  variationMs(): number;
  /** An answer that has not come after so long is late for this link. */
  timeoutMs(): number;
}

const MEAN_GAIN = 1 / 8;
const VARIATION_GAIN = 1 / 4;

export function createRoundTrip(): RoundTrip {
  return new Smoothed();
}

/** A class, because a node keeps one for every link. */
class Smoothed implements RoundTrip {
  #mean: number | undefined;
  #variation = 0;

  add(sampleMs: number): void {
    if (this.#mean === undefined) {
      this.#mean = sampleMs;
      this.#variation = sampleMs / 2;
      return;
    }
    this.#variation += VARIATION_GAIN * (Math.abs(this.#mean - sampleMs) - this.#variation);
    this.#mean += MEAN_GAIN * (sampleMs - this.#mean);
  }

  meanMs(): number | undefined {
    return this.#mean;
  }

  variationMs(): number {
    return this.#variation;
  }

  timeoutMs(): number {
    return (this.#mean ?? 0) + 4 * this.#variation;
  }
}
