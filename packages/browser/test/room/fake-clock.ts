/** A clock that a test turns by hand. */
import type { Clock, MonoMs, WallMs } from '@hearsay/core/host';

export interface FakeClock extends Clock {
  /** Fires what is due, in order, and leaves the clock at the new time. */
  advance(ms: number): void;
  timers(): number;
}

export function fakeClock(wallMs = 1_700_000_000_000): FakeClock {
  let mono = 1_000;
  let count = 0;
  const timers = new Map<number, { readonly at: number; readonly fire: () => void }>();
  const nextDue = (until: number): number | undefined => {
    const due = [...timers].filter(([, { at }]) => at <= until).sort((a, b) => a[1].at - b[1].at || a[0] - b[0]);
    return due[0]?.[0];
  };
  return {
    now: () => ({ mono: mono as MonoMs, wall: (wallMs + mono) as WallMs }),
    timer(delayMs, fire) {
      count += 1;
      const id = count;
      timers.set(id, { at: mono + delayMs, fire });
      return () => void timers.delete(id);
    },
    advance(ms) {
      const until = mono + ms;
      for (let id = nextDue(until); id !== undefined; id = nextDue(until)) {
        const { at, fire } = timers.get(id)!;
        timers.delete(id);
        mono = Math.max(mono, at);
        fire();
      }
      mono = until;
    },
    timers: () => timers.size,
  };
}
