/**
 * Fresh records that a sync brought. A few are announced at once: they fell through a hole in the tree. Where a cut
 * heals a sync brings many, and announced all at once they would be pulled by everybody at once: sessions spread those, and the
 * tree once it has grown together.
 */
import type { Config } from '../config.ts';
import type { Source } from '../fact.ts';
import { createExpiringMap } from '../lib/expiring-map.ts';
import { createTokenBucket } from '../lib/token-bucket.ts';
import type { Now, ShortId } from '../types.ts';

export interface Brought {
  /** False: too many come. */
  mayAnnounce(id: ShortId, from: Source, now: Now): boolean;
  /** Who brought it, if it was one too many and this is the first copy by the tree. */
  takeHeldBack(id: ShortId): Source | undefined;
  expire(now: Now): void;
}

const PER_SECOND = 5;
const BURST = 5;
const MAX_HELD_BACK = 4_096;

export function createBrought(config: Config, startedAt: Now): Brought {
  const heldBack = createExpiringMap<ShortId, Source>(MAX_HELD_BACK, config['broadcast.freshMs']);
  const pace = createTokenBucket(PER_SECOND, BURST, startedAt.mono);
  return {
    mayAnnounce(id, from, now) {
      if (pace.take(1, now.mono)) return true;
      heldBack.set(id, from, now.mono);
      return false;
    },
    takeHeldBack(id) {
      const from = heldBack.get(id);
      if (from !== undefined) heldBack.delete(id);
      return from;
    },
    expire: now => heldBack.expire(now.mono),
  };
}
