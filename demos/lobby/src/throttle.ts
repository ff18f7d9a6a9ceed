/** Runs the newest of many wishes, at most once per interval. What is skipped is never needed: only the last counts. */

export interface Throttle {
  push(run: () => void): void;
  /** Runs what waits, now. */
  flush(): void;
}

export function createThrottle(intervalMs: number): Throttle {
  let waiting: (() => void) | undefined;
  let timer: number | undefined;

  const tick = (): void => {
    timer = undefined;
    const run = waiting;
    waiting = undefined;
    if (run === undefined) return;
    timer = window.setTimeout(tick, intervalMs);
    run();
  };

  return {
    push(run) {
      waiting = run;
      if (timer === undefined) tick();
    },
    flush() {
      window.clearTimeout(timer);
      timer = undefined;
      const run = waiting;
      waiting = undefined;
      run?.();
    },
  };
}
