/**
 * When an author has its own tree grown: a wave of small frames runs over every link, once for who stays, and
 * again when the room has changed. The larger the room, the longer each waits, so that all its growing together
 * stays below ten a second.
 */
import type { Config } from '../config.ts';
import type { Rng } from '../lib/rng.ts';
import type { Now } from '../types.ts';

export interface Room {
  /** How many authors are known. */
  readonly authors: number;
  /** How many have ever been heard of for the first time. */
  readonly arrivals: number;
}

export interface Growth {
  /** When the tree is due to grow anew, with the last thing said. `isModel`: others borrow it. */
  dueAt(room: Room, isModel: boolean): number;
  onGrown(room: Room, now: Now): void;
}

/** Who leaves sooner never pays for a tree, and a graph that is only being made is not worth one. */
const STAYED_MS = 2_000;
const REST_MS = 10_000;
const SPACING_MS = 100;
/** So many may grow almost at once: every node passes on so many waves in a burst. */
const SMALL_ROOM = 100;
const SMALL_SPACING_MS = 20;
/** The room has changed when so large a share of it is new. */
const CHANGED_SHARE = 0.25;

export function createGrowth(config: Config, rng: Rng, startedAt: Now): Growth {
  const turn = rng.next();
  let grownAt: number | undefined;
  let arrivalsThen = 0;

  return {
    dueAt({ authors, arrivals }, isModel) {
      const turnMs = isModel ? 0 : turn * spreadMs(authors);
      if (grownAt === undefined) return startedAt.mono + STAYED_MS + turnMs;
      const hasChanged = arrivals - arrivalsThen >= Math.max(1, CHANGED_SHARE * authors);
      return grownAt + (hasChanged ? REST_MS + turnMs : Math.max(REST_MS + turnMs, config['broadcast.regrowMs']));
    },
    onGrown({ arrivals }, now) {
      grownAt = now.mono;
      arrivalsThen = arrivals;
    },
  };
}

function spreadMs(authors: number): number {
  return SMALL_SPACING_MS * Math.min(authors, SMALL_ROOM) + SPACING_MS * Math.max(0, authors - SMALL_ROOM);
}
