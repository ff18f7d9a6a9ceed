/**
 * Flood: every new record to every neighbour but the one it came from. The most copies, the fewest hops, and
 * nothing to repair: the yardstick for all other modes. An idle link sends at once; under load the pushes of
 * a link leave together in ticks, because a lone message costs more in wake-ups than in bytes.
 */
import type { MonoMs, Now, PeerId } from '../types.ts';
import { isFresh } from './fresh.ts';
import type { Broadcast, BroadcastTools } from './mode.ts';
import { createPushQueue, type PushQueue } from './push-queue.ts';

interface Link {
  readonly queue: PushQueue;
  /** Not before this: the last push was too recent. */
  readyAt: number;
}

export function createFlood({ config, outbox }: BroadcastTools): Broadcast {
  const links = new Map<PeerId, Link>();

  const flush = (peer: PeerId, link: Link, now: Now): void => {
    while (link.queue.size > 0) outbox.send(peer, { type: 'push', records: link.queue.takeFrame() });
    link.readyAt = now.mono + config['broadcast.flushMs'];
  };

  return {
    onNeighbourUp(peer) {
      links.set(peer, { queue: createPushQueue(config['broadcast.queueBytes']), readyAt: Number.NEGATIVE_INFINITY });
    },
    onNeighbourDown(peer) {
      links.delete(peer);
    },
    onRecordStored(record, from, path, now) {
      if (path === 'sync' && !isFresh(record, config, now)) return;
      for (const [peer, link] of links) {
        if (peer === from || peer === record.author) continue;
        link.queue.add(record);
        if (now.mono >= link.readyAt) flush(peer, link, now);
      }
    },
    onWake(now) {
      for (const [peer, link] of links) if (link.queue.size > 0 && now.mono >= link.readyAt) flush(peer, link, now);
    },
    nextWakeAt() {
      let next = Number.POSITIVE_INFINITY;
      for (const link of links.values()) if (link.queue.size > 0) next = Math.min(next, link.readyAt);
      return next === Number.POSITIVE_INFINITY ? undefined : (next as MonoMs);
    },
    flush(now) {
      for (const [peer, link] of links) if (link.queue.size > 0) flush(peer, link, now);
    },
  };
}
