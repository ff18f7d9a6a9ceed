/**
 * What goes out over one link: pushes, at once while it is idle, in ticks under load, and as it drains when it is
 * full; announcements and refusals of copies in batches. A lone message costs more in wake-ups than in bytes.
 */
import type { Config } from '../config.ts';
import { isLarge, offerOf } from '../identity/large.ts';
import type { Earliest } from '../lib/earliest.ts';
import type { Outbox } from '../outbox.ts';
import type { Now, PeerId, ShortId } from '../types.ts';
import { wireLimits } from '../wire/limits.ts';
import { createPushQueue } from './push-queue.ts';
import type { Parcel } from './recent.ts';

export interface LinkSender {
  push(record: Parcel, now: Now): void;
  /** A batch made up by somebody else's tick: it does not wait for ours. */
  pushAll(records: Iterable<Parcel>, now: Now): void;
  announce(id: ShortId, now: Now): void;
  /** The other side has it: it need not be announced any more. */
  unannounce(id: ShortId): void;
  /** A copy too many came over this link. */
  refuse(id: ShortId, now: Now): void;
  /** Its copies are welcome after all. */
  unrefuse(is: (id: ShortId) => boolean): void;
  /** Refusals wait for no batch: what follows must come behind them. */
  sendRefusals(): void;
  onDrained(now: Now): void;
  onWake(now: Now): void;
  /** Sends everything, whether the link has room or not. */
  flush(): void;
  /** Nothing is to be sent any more. */
  close(): void;
  nextWakeAt(): number;
  /** Bytes of pushes that wait. */
  waitingBytes(): number;
}

/** `due`: the earliest that any link is to be woken; this one says there when that is. */
export function createLinkSender(peer: PeerId, config: Config, outbox: Outbox, due: Earliest): LinkSender {
  const queue = createPushQueue(config['broadcast.queueBytes'], hard => {
    if (hard) outbox.fact({ type: 'link-overflowed', peer });
    else outbox.fact({ type: 'record-ignored', reason: 'slow-link' });
  });
  const announced = new Set<ShortId>();
  const refused = new Set<ShortId>();
  let pushAt = Number.NEGATIVE_INFINITY;
  let batchAt = Number.POSITIVE_INFINITY;
  let wakeAt = Number.POSITIVE_INFINITY;

  const sendOne = (): void => outbox.send(peer, { type: 'push', records: queue.takeFrame() });

  const add = (record: Parcel): void => {
    if (isLarge(record)) outbox.send(peer, offerOf(record, true));
    else queue.add(record);
  };

  const pushWhileOpen = (now: Now): void => {
    while (queue.size() > 0 && outbox.isOpen(peer, 'push')) {
      sendOne();
      pushAt = now.mono + config['broadcast.flushMs'];
    }
  };

  const pushIfDue = (now: Now): void => {
    if (now.mono >= pushAt) pushWhileOpen(now);
  };

  const sendIds = (type: 'ihave' | 'prune', ids: Set<ShortId>): void => {
    const list = [...ids];
    ids.clear();
    for (let from = 0; from < list.length; from += wireLimits.idsPerList) {
      outbox.send(peer, { type, ids: list.slice(from, from + wireLimits.idsPerList) });
    }
  };

  const sendBatch = (): void => {
    sendIds('ihave', announced);
    sendIds('prune', refused);
    batchAt = Number.POSITIVE_INFINITY;
  };

  /** Follows every change. */
  const plan = (): void => {
    const before = wakeAt;
    // Who finds the link full is told when it has drained.
    const isReady = queue.size() > 0 && outbox.isOpen(peer, 'push');
    wakeAt = Math.min(isReady ? pushAt : Number.POSITIVE_INFINITY, batchAt);
    due.moved(before, wakeAt);
  };

  const collect = (ids: Set<ShortId>, id: ShortId, now: Now): void => {
    ids.add(id);
    batchAt = Math.min(batchAt, now.mono + config['broadcast.announceMs']);
    if (ids.size >= wireLimits.idsPerList) sendBatch();
    plan();
  };

  /** Follows what took ids out of a batch. */
  const dropIfEmpty = (): void => {
    if (announced.size + refused.size > 0) return;
    batchAt = Number.POSITIVE_INFINITY;
    plan();
  };

  return {
    waitingBytes: queue.bytes,
    push(record, now) {
      add(record);
      pushIfDue(now);
      plan();
    },
    pushAll(records, now) {
      for (const record of records) add(record);
      pushWhileOpen(now);
      plan();
    },
    announce: (id, now) => collect(announced, id, now),
    unannounce(id) {
      if (announced.delete(id)) dropIfEmpty();
    },
    refuse: (id, now) => collect(refused, id, now),
    unrefuse(is) {
      if (refused.size === 0) return;
      for (const id of refused) if (is(id)) refused.delete(id);
      dropIfEmpty();
    },
    sendRefusals() {
      if (refused.size === 0) return;
      sendIds('prune', refused);
      dropIfEmpty();
    },
    onDrained(now) {
      // A wake-up as good as a tick's.
      pushWhileOpen(now);
      plan();
    },
    onWake(now) {
      if (now.mono < wakeAt) return;
      pushIfDue(now);
      if (now.mono >= batchAt) sendBatch();
      plan();
    },
    flush() {
      while (queue.size() > 0) sendOne();
      sendBatch();
      plan();
    },
    close: () => due.moved(wakeAt, Number.POSITIVE_INFINITY),
    nextWakeAt: () => wakeAt,
  };
}
