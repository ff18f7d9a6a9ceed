/**
 * Is this node's page looked at? Others are told when it has been out of sight for a while. A page that is out of sight
 * may be stopped at any moment, and what it says then has to be signed before.
 */
import type { Config } from '../config.ts';
import type { PageActivity } from '../input.ts';
import type { Now } from '../types.ts';

export interface Attention {
  /** True: what is said of it has changed, and is to be said at once. */
  onPage(next: PageActivity, now: Now): boolean;
  /** True: it has been out of sight for long enough to be said now. */
  onWake(now: Now): boolean;
  isAway(): boolean;
  isHidden(): boolean;
  /** Infinite when nothing is due. */
  dueAt(): number;
}

const NEVER = Number.POSITIVE_INFINITY;

export function createAttention(config: Config): Attention {
  let page: PageActivity = 'active';
  let away = false;
  let awayAt = NEVER;

  const setAway = (next: boolean): boolean => {
    const changed = away !== next;
    away = next;
    awayAt = NEVER;
    return changed;
  };

  return {
    onPage(next, now) {
      const before = page;
      page = next;
      if (next === 'active') return setAway(false) || before === 'frozen';
      if (next === 'hidden' && before === 'active') awayAt = now.mono + config['presence.awayMs'];
      if (next === 'frozen') setAway(true);
      return next === 'hidden' && before === 'frozen';
    },
    onWake: now => now.mono >= awayAt && setAway(true),
    isAway: () => away,
    isHidden: () => page !== 'active',
    dueAt: () => awayAt,
  };
}
