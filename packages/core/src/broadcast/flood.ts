/**
 * Flood: every new record to every neighbour but the one it came from. The most copies, the fewest hops, and
 * nothing to repair: the yardstick for all other modes.
 */
import { createEarliest } from '../lib/earliest.ts';
import type { MonoMs, PeerId } from '../types.ts';
import { isCongested, waitingBytesOf } from './congestion.ts';
import { isFresh } from './fresh.ts';
import { createLinkSender, type LinkSender } from './link-sender.ts';
import type { Broadcast, BroadcastTools } from './mode.ts';

export function createFlood({ config, outbox }: BroadcastTools): Broadcast {
  const links = new Map<PeerId, LinkSender>();
  const due = createEarliest(() => {
    let next = Number.POSITIVE_INFINITY;
    for (const link of links.values()) next = Math.min(next, link.nextWakeAt());
    return next;
  });
  return {
    onNeighbourUp: peer => void links.set(peer, createLinkSender(peer, config, outbox, due)),
    onNeighbourDown(peer) {
      links.get(peer)?.close();
      links.delete(peer);
    },
    onRecordAccepted() {},
    onRecordStored(record, from, path, now) {
      if (path === 'sync' && !isFresh(record, config, now)) return;
      for (const [peer, link] of links) if (peer !== from && peer !== record.author) link.push(record, now);
    },
    onRecordDropped() {},
    onRecordComing() {},
    onRecordDuplicate() {},
    // Nothing is announced here, so nothing is asked for.
    onFrame() {},
    onLinkDrained: (peer, now) => links.get(peer)?.onDrained(now),
    onWake(now) {
      for (const link of links.values()) link.onWake(now);
    },
    nextWakeAt() {
      const next = due.at();
      return next === Number.POSITIVE_INFINITY ? undefined : (next as MonoMs);
    },
    flush() {
      for (const link of links.values()) link.flush();
    },
    isCongested: () => isCongested(links.values(), config),
    waitingBytes: () => waitingBytesOf(links.values()),
  };
}
