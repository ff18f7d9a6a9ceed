/**
 * When an author has its own tree grown: one of its records goes over every link of the room, and whoever gets
 * it twice refuses the later way. That costs a copy per link, so it is done once by who stays, soon by who says
 * much, and again now and then; the larger the room, the longer each waits, so that the room's growing together
 * stays below two a second.
 */
import type { Config } from '../config.ts';
import type { Rng } from '../lib/rng.ts';
import type { Now } from '../types.ts';

export interface Growth {
  /**
   * This node is about to say something. True: let its tree grow with it. `isModel`: others borrow its tree.
   */
  onWord(authors: number, isModel: boolean, now: Now): boolean;
}

/** Up to so many authors known a tree of one's own costs less than making a link does: nobody waits for it. */
export const SMALL_ROOM = 32;
/** Two words within so long: a talker. Longer than a conversation's pauses, shorter than presence.refreshMs. */
const TALKING_MS = 30_000;
/** Who leaves sooner never pays for a tree. */
const STAYED_MS = 5_000;
const ROOM_SPACING_MS = 500;
const TALKER_SPACING_MS = 100;
/** A tree that others borrow is kept in shape: with every presence, or as often by who says much. */
const MODEL_MS = 110_000;

export function createGrowth(config: Config, rng: Rng, startedAt: Now): Growth {
  const turn = rng.next();
  let spokeAt = Number.NEGATIVE_INFINITY;
  let talkingSince: number | undefined;
  let grownAt: number | undefined;

  const isDue = (authors: number, isModel: boolean, now: Now): boolean => {
    if (isModel && grownAt !== undefined) return now.mono - grownAt >= MODEL_MS;
    const talked = talkingSince !== undefined && now.mono - talkingSince >= turn * authors * TALKER_SPACING_MS;
    if (grownAt !== undefined) return talked && now.mono - grownAt >= config['broadcast.regrowMs'];
    if (authors < SMALL_ROOM) return true;
    return talked || now.mono - startedAt.mono >= STAYED_MS + turn * authors * ROOM_SPACING_MS;
  };

  return {
    onWord(authors, isModel, now) {
      if (now.mono - spokeAt < TALKING_MS) talkingSince ??= spokeAt;
      else talkingSince = undefined;
      spokeAt = now.mono;
      if (!isDue(authors, isModel, now)) return false;
      grownAt = now.mono;
      return true;
    },
  };
}
