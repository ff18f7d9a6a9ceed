/** Engine totals plus rates since the last look. */
import type { EngineStats } from '@hearsay/core';
import type { Clock } from '@hearsay/core/host';
import type { RoomStats } from './api.ts';

/** What rates are made of. */
type Totals = Pick<EngineStats, 'bytesIn' | 'bytesOut' | 'framesIn' | 'framesOut' | 'verifications'>;

const NOTHING: Totals = { bytesIn: 0, bytesOut: 0, framesIn: 0, framesOut: 0, verifications: 0 };

/** For a room that opens now: a look hashes the whole view, and joining is when a page has least time for it. */
export function createStatsReader(clock: Clock, read: () => EngineStats): () => RoomStats {
  let before = NOTHING;
  let beforeAt = clock.now().mono as number;
  let rates = ratesBetween(before, before, 1);
  return () => {
    const stats = read();
    const at = clock.now().mono;
    // Two looks in the same instant share one answer: a rate over no time is noise.
    if (at - beforeAt >= 100) {
      rates = ratesBetween(before, stats, (at - beforeAt) / 1000);
      before = stats;
      beforeAt = at;
    }
    return { ...stats, ...rates };
  };
}

function ratesBetween(before: Totals, after: Totals, seconds: number): Omit<RoomStats, keyof EngineStats> {
  return {
    bytesInPerSecond: (after.bytesIn - before.bytesIn) / seconds,
    bytesOutPerSecond: (after.bytesOut - before.bytesOut) / seconds,
    messagesInPerSecond: (after.framesIn - before.framesIn) / seconds,
    messagesOutPerSecond: (after.framesOut - before.framesOut) / seconds,
    verifiesPerSecond: (after.verifications - before.verifications) / seconds,
  };
}
