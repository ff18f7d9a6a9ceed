/**
 * Presence of a large room. Hundreds say now and then that they are still there: a tree for each would cost more than
 * it saves, and trees that grew while the room was small do not reach all of it. So all of it takes the lender's tree,
 * which is kept in order; and it leaves in ticks, the longer the more there are.
 */
import type { Config } from '../config.ts';
import type { Kind } from '../identity/record.ts';
import type { Now, PeerId } from '../types.ts';
import { authorIdOf, type Branch, type Branches } from './branches.ts';
import { isLarge, type Room } from './growth.ts';

export interface Shared {
  /** Do words of this kind take the shared tree? */
  is(kind: Kind): boolean;
  /** The tree that they take; missing when there is none yet, and for the lender's own words. */
  treeOf(author: PeerId, kind: Kind, now: Now): Branch | undefined;
  /** In which ticks they leave a link; 0: at once. */
  tickMs(kind: Kind): number;
  /** For how long they are given to come by the tree before they are announced. */
  announceAfterMs(kind: Kind, isRenewal: boolean): number;
}

/** From so many members on the ticks grow no more. */
const LARGEST_TICK = 1_000;
/** By then a word has come by the tree, mostly, and need not be asked for. */
const TICKS_TO_COME = 4;
/** Nobody waits for a renewal. */
const TICKS_OF_RENEWAL = 16;

export function createShared(branches: Branches, room: () => Room, config: Config): Shared {
  const is = (kind: Kind): boolean => kind === 'presence' && isLarge(room());
  const tickMs = (kind: Kind): number =>
    kind === 'presence' ? config['broadcast.presenceMs'] * Math.min(1, room().authors / LARGEST_TICK) : 0;
  return {
    is,
    treeOf(author, kind, now) {
      if (!is(kind)) return undefined;
      const lender = branches.model(now);
      return lender === authorIdOf(author) ? undefined : branches.get(lender);
    },
    tickMs,
    announceAfterMs: (kind, isRenewal) => (isRenewal ? TICKS_OF_RENEWAL : TICKS_TO_COME) * tickMs(kind),
  };
}
