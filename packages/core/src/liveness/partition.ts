/**
 * Many fell silent at once. They may have crashed; or the way to them is cut, they think the same of us, and all
 * are back in a minute. Nobody can tell from inside. So they are suspects for a while, and the verdict waits.
 */
import type { Config } from '../config.ts';
import type { Now } from '../types.ts';

export interface Partition {
  /** One of `links` neighbours fell silent. Those before it are not counted any more. */
  onSilentLink(links: number, now: Now): void;
  /** So many of the members became suspects within `AT_ONCE_MS`. */
  onSuspects(suspects: number, members: number, now: Now): void;
  /** The way to as many is cut, as peers on this side say. */
  onManyLost(now: Now): void;
  /** Nobody is said to have failed before. */
  heldUntil(): number;
}

/** Those behind a cut all fall silent within a heartbeat and a patience; in more time members of a busy room die one by one. */
export const AT_ONCE_MS = 10_000;
const LINKS_SHARE = 0.2;
/** So many of the own links are no chance, even where members come and go all the time. */
const SURE_SHARE = 0.5;
const MEMBERS_SHARE = 0.1;
/** What the own links alone say is to be seen in the room as well after so long. */
const UNSURE_MS = 30_000;
/** Tabs of one machine die together, and that is no partition. */
export const LEAST = 3;

export function createPartition(config: Config): Partition {
  let silentAt: number[] = [];
  let heldUntil = Number.NEGATIVE_INFINITY;
  let isSure = false;

  const hold = (sure: boolean, now: Now): void => {
    if (now.mono < heldUntil && (isSure || !sure)) return;
    const forMs = config['liveness.partitionMs'];
    isSure = sure;
    heldUntil = now.mono + (sure ? forMs : Math.min(forMs, UNSURE_MS));
  };

  return {
    onSilentLink(links, now) {
      silentAt = [...silentAt.filter(at => now.mono - at < AT_ONCE_MS), now.mono];
      const { length: count } = silentAt;
      const share = count / (links + count - 1);
      if (count >= LEAST && share >= LINKS_SHARE) hold(share >= SURE_SHARE, now);
    },
    onSuspects(suspects, members, now) {
      if (isMany(suspects, members)) hold(true, now);
    },
    onManyLost: now => hold(true, now),
    heldUntil: () => heldUntil,
  };
}

/** Of the members: too many to be chance. */
export function isMany(count: number, members: number): boolean {
  return count >= Math.max(LEAST, MEMBERS_SHARE * members);
}
