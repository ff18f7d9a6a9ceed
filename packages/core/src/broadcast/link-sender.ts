/**
 * What goes out over one link: pushes, at once while it is idle and in ticks under load, and announcements in
 * batches. A lone message costs more in wake-ups than in bytes.
 */
import type { Config } from '../config.ts';
import type { SignedRecord } from '../identity/record.ts';
import type { Outbox } from '../outbox.ts';
import type { Now, PeerId } from '../types.ts';
import type { ShortId } from '../wire/frame.ts';
import { wireLimits } from '../wire/limits.ts';
import { createPushQueue } from './push-queue.ts';

export interface LinkSender {
  push(record: SignedRecord, now: Now): void;
  announce(id: ShortId, now: Now): void;
  onWake(now: Now): void;
  flush(now: Now): void;
  nextWakeAt(): number;
}

export function createLinkSender(peer: PeerId, config: Config, outbox: Outbox): LinkSender {
  const queue = createPushQueue(config['broadcast.queueBytes']);
  let ids: ShortId[] = [];
  let pushAt = Number.NEGATIVE_INFINITY;
  let announceAt = Number.POSITIVE_INFINITY;

  const sendPushes = (now: Now): void => {
    while (queue.size > 0) outbox.send(peer, { type: 'push', records: queue.takeFrame() });
    pushAt = now.mono + config['broadcast.flushMs'];
  };

  const sendIds = (): void => {
    for (let from = 0; from < ids.length; from += wireLimits.idsPerList) {
      outbox.send(peer, { type: 'ihave', ids: ids.slice(from, from + wireLimits.idsPerList) });
    }
    ids = [];
    announceAt = Number.POSITIVE_INFINITY;
  };

  return {
    push(record, now) {
      queue.add(record);
      if (now.mono >= pushAt) sendPushes(now);
    },
    announce(id, now) {
      ids.push(id);
      announceAt = Math.min(announceAt, now.mono + config['broadcast.announceMs']);
      if (ids.length >= wireLimits.idsPerList) sendIds();
    },
    onWake(now) {
      if (queue.size > 0 && now.mono >= pushAt) sendPushes(now);
      if (now.mono >= announceAt) sendIds();
    },
    flush(now) {
      sendPushes(now);
      sendIds();
    },
    nextWakeAt: () => Math.min(queue.size > 0 ? pushAt : Number.POSITIVE_INFINITY, announceAt),
  };
}
