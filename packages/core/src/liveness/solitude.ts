/**
 * Without a link nothing is heard of anybody: no answer to an accusation, no renewed presence. That says something about
 * this node, not about the others, for a while.
 */
import type { Config } from '../config.ts';
import type { Now } from '../types.ts';

export interface Solitude {
  /** This node has so many links now, and sees so many others. */
  onLinks(links: number, others: number, now: Now): void;
  /** Nobody has failed before for what was not answered. */
  unansweredUntil(): number;
  /** Nobody expires before for what was not renewed. */
  unheardUntil(): number;
}

/** A link is had again within that, or there may be nobody left. */
const UNANSWERED_MS = 30_000;
/** With a link again it takes a reconciliation to hear of all. */
const CATCH_UP_MS = 10_000;

export function createSolitude(config: Config): Solitude {
  let isAlone = false;
  let unansweredUntil = Number.NEGATIVE_INFINITY;
  let unheardUntil = Number.NEGATIVE_INFINITY;

  const catchUp = (now: Now): void => {
    if (now.mono < unansweredUntil) unansweredUntil = now.mono + CATCH_UP_MS;
    if (now.mono < unheardUntil) unheardUntil = now.mono + CATCH_UP_MS;
  };

  return {
    onLinks(links, others, now) {
      if (isAlone && links > 0) catchUp(now);
      isAlone = links === 0;
      if (!isAlone) return;
      const forMs = config['liveness.partitionMs'];
      unheardUntil = now.mono + forMs;
      // The only other one was asked over the only line: nobody could say more about it.
      if (others > 1) unansweredUntil = now.mono + Math.min(forMs, UNANSWERED_MS);
    },
    unansweredUntil: () => unansweredUntil,
    unheardUntil: () => unheardUntil,
  };
}
