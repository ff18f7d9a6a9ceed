/**
 * When an author has its own tree grown: a wave of small frames runs over every link, once for who stays, and
 * again when the room has changed. The larger the room, the longer each waits, so that all its growing together
 * stays below ten a second. A wave costs what one announcement to all costs: in a large room, where most only state
 * their presence, those borrow a tree for good, and who lends it keeps it in order.
 */
import type { Config } from '../config.ts';
import type { Kind } from '../identity/record.ts';
import type { Rng } from '../lib/rng.ts';
import type { Now } from '../types.ts';

export interface Room {
  /** How many authors there are, this node included. */
  readonly authors: number;
  /** How many have ever come. */
  readonly arrivals: number;
}

export interface Growth {
  /** When the tree is due to grow anew, with the last thing said. `isModel`: others borrow it. */
  dueAt(room: Room, isModel: boolean): number;
  /** We have said something of this kind. */
  onSaid(kind: Kind, now: Now): void;
  onGrown(room: Room, now: Now): void;
  /**
   * Others' waves are many just now, for `ms` at least: ours has its turn later. False the second time, for a liar may
   * make up waves without end.
   */
  postpone(room: Room, ms: number, now: Now): boolean;
}

/** Who leaves sooner never pays for a tree, and a graph that is only being made is not worth one. */
const STAYED_MS = 2_000;
const REST_MS = 10_000;
const SPACING_MS = 100;
/** So many may grow almost at once: every node passes on so many waves in a burst. */
const SMALL_ROOM = 100;
const SMALL_SPACING_MS = 20;
/** A wave is 160 bytes for each node that passes it on: so many in ten minutes are 64 bytes a second. */
const MOST_WITH_TREES = 240;
/** All presence of a large room takes this tree: what its links lose or have too many of is not to last. */
const SHARED_REGROW_MS = 60_000;
/** The room has changed when so large a share of it is new. */
const CHANGED_SHARE = 0.25;
const SHARED_CHANGED_SHARE = 0.05;
/** Many may begin to speak at once, when a game starts. */
const SPOKEN_SPREAD_MS = 1_000;

export function createGrowth(config: Config, rng: Rng, startedAt: Now): Growth {
  const turn = rng.next();
  let grownAt: number | undefined;
  let arrivalsThen = 0;
  /** When a tree of our own began to be worth its price in a large room: for what was said since the last grew. */
  let worthAt: number | undefined;
  let notBefore = Number.NEGATIVE_INFINITY;
  let isPostponed = false;
  /** A single `here` is no beginning: who is counted by it may say nothing else for hours. */
  let hasSpoken = false;

  const inTurnAt = (room: Room, turnMs: number, isShared: boolean): number => {
    const { authors, arrivals } = room;
    const regrowMs = isShared ? SHARED_REGROW_MS : config['broadcast.regrowMs'];
    if (grownAt === undefined) return startedAt.mono + STAYED_MS + (isLarge(room) ? 0 : turnMs);
    const share = isShared ? SHARED_CHANGED_SHARE : CHANGED_SHARE;
    const hasChanged = arrivals - arrivalsThen >= Math.max(1, share * authors);
    return grownAt + REST_MS + Math.max(turnMs, hasChanged ? 0 : regrowMs - REST_MS);
  };

  return {
    dueAt(room, isModel) {
      const isSmall = !isLarge(room);
      const isWorth = (isSmall && hasSpoken) || isModel || worthAt !== undefined;
      if (!isWorth) return Number.POSITIVE_INFINITY;
      const turnMs = isModel ? 0 : turn * spreadMs(room.authors);
      const spokenAt = isSmall || worthAt === undefined ? 0 : worthAt + turn * SPOKEN_SPREAD_MS;
      return Math.max(inTurnAt(room, turnMs, isModel && !isSmall), spokenAt, notBefore);
    },
    onSaid(kind, now) {
      if (kind !== 'here') hasSpoken = true;
      if (kind === 'state' || kind === 'state-delete' || kind === 'event') worthAt ??= now.mono;
    },
    onGrown({ arrivals }, now) {
      grownAt = now.mono;
      arrivalsThen = arrivals;
      worthAt = undefined;
      isPostponed = false;
    },
    postpone({ authors }, ms, now) {
      if (isPostponed) return false;
      isPostponed = true;
      notBefore = now.mono + ms + turn * spreadMs(authors);
      return true;
    },
  };
}

/** Is the room too large for everybody to have a tree? */
export function isLarge({ authors }: Room): boolean {
  return authors > MOST_WITH_TREES;
}

/** How many times as seldom as in a small room presence is restated (SPEC PRES-12). */
export function renewalsOf({ authors }: Room, config: Config): number {
  return Math.max(1, (authors * 1_000) / (config['presence.renewalsPerSecond'] * config['presence.refreshMs']));
}

function spreadMs(authors: number): number {
  return SMALL_SPACING_MS * Math.min(authors, SMALL_ROOM) + SPACING_MS * Math.max(0, authors - SMALL_ROOM);
}
