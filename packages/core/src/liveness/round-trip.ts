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
  let mean: number | undefined;
  let variation = 0;
  return {
    add(sampleMs) {
      if (mean === undefined) {
        mean = sampleMs;
        variation = sampleMs / 2;
        return;
      }
      variation += VARIATION_GAIN * (Math.abs(mean - sampleMs) - variation);
      mean += MEAN_GAIN * (sampleMs - mean);
    },
    meanMs: () => mean,
    variationMs: () => variation,
    timeoutMs: () => (mean ?? 0) + 4 * variation,
  };
}
