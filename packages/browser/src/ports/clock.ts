import type { Clock, MonoMs, WallMs } from '@hearsay/core/host';

/** Longest delay that `setTimeout` keeps; above it the timer would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** The clocks of a page or a process. `mono` counts from its start and never jumps. */
export const systemClock: Clock = {
  now: () => ({ mono: performance.now() as MonoMs, wall: Date.now() as WallMs }),
  timer(delayMs, fire) {
    const handle = setTimeout(fire, Math.min(Math.max(delayMs, 0), MAX_DELAY_MS));
    return () => clearTimeout(handle);
  },
};
