/**
 * Fresh records that a sync brought. A few are announced at once: they fell through a hole in the tree. Where a cut
 * heals a sync brings many, and announced all at once they would be pulled by everybody at once: sessions spread those, and the
 * tree once it has grown together.
 */
import type { Config } from '../config.ts';
import { createExpiringSet } from '../lib/expiring-set.ts';
import { createTokenBucket } from '../lib/token-bucket.ts';
import type { Now, ShortId } from '../types.ts';

export interface Brought {
  /** False: too many come. */
  mayAnnounce(id: ShortId, now: Now): boolean;
  /** Was it one too many, of which this is the first copy by the tree? */
  wasHeldBack(id: ShortId): boolean;
  expire(now: Now): void;
}

const PER_SECOND = 5;
const BURST = 5;
const MAX_HELD_BACK = 4_096;

export function createBrought(config: Config, startedAt: Now): Brought {
  const heldBack = createExpiringSet<ShortId>(MAX_HELD_BACK, config['broadcast.freshMs']);
  const pace = createTokenBucket(PER_SECOND, BURST, startedAt.mono);
  return {
    mayAnnounce(id, now) {
      if (pace.take(1, now.mono)) return true;
      heldBack.add(id, now.mono);
      return false;
    },
    wasHeldBack: id => heldBack.delete(id),
    expire: now => heldBack.expire(now.mono),
  };
}
