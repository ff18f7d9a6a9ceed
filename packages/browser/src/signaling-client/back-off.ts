/** When to try again, and where. Pure: time and chance are given. */

export const FIRST_DELAY_MS: number = 250;
export const MAX_DELAY_MS: number = 15_000;
/** The same for a peer that has links: newcomers wait for it and nobody else, and each attempt is an error in a console. */
export const CALM_FIRST_DELAY_MS: number = 1_000;
export const CALM_MAX_DELAY_MS: number = 60_000;
/** A server that said no will mostly say it again. */
export const REFUSED_DELAY_MS: number = 30_000;
/** A connection that lasted this long was a success; one that did not keeps the back-off growing. */
export const STABLE_MS: number = 10_000;

export interface Ending {
  /** How long the client had been admitted; 0 if never. */
  readonly joinedMs: number;
  readonly refused: boolean;
  /** The server's own wish, already clamped; 0 if none. */
  readonly retryAfterMs: number;
  /** There are links: the room goes on without a server. */
  readonly calm: boolean;
}

export interface BackOff {
  /** Index of the url to use now. */
  readonly url: number;
  /** Moves on to the next url and says how long to wait first. */
  next(ending: Ending): number;
  /** The next wait is a first one. */
  startAfresh(): void;
}

/**
 * Every failure moves to the next url. Waiting starts when all were tried: half fixed, half random, doubling, so that
 * a server that comes back is not met by everybody at once.
 */
export function createBackOff(urls: number, random: () => number): BackOff {
  let url = 0;
  let failures = 0;
  const jittered = (ms: number): number => ms * (0.5 + random() / 2);
  return {
    get url() {
      return url;
    },
    startAfresh() {
      failures = 0;
    },
    next({ joinedMs, refused, retryAfterMs, calm }) {
      if (joinedMs >= STABLE_MS) failures = 0;
      failures += 1;
      url = (url + 1) % urls;
      if (refused) return Math.max(retryAfterMs, jittered(2 * REFUSED_DELAY_MS));
      const rounds = Math.floor(failures / urls);
      if (rounds === 0) return 0;
      const [first, most] = calm ? [CALM_FIRST_DELAY_MS, CALM_MAX_DELAY_MS] : [FIRST_DELAY_MS, MAX_DELAY_MS];
      const delay = jittered(Math.min(most, first * 2 ** Math.min(rounds - 1, 16)));
      // With somewhere else to go, one server's wish to be left alone holds nobody back.
      return urls === 1 ? Math.max(retryAfterMs, delay) : delay;
    },
  };
}
