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
import { createPushQueue, type PushQueue } from './push-queue.ts';
import type { Parcel } from './recent.ts';

export interface LinkSender {
  /** `tickMs`: what need not hurry waits for so long after the last of its kind. */
  push(record: Parcel, now: Now, tickMs?: number): void;
  /** A batch made up by somebody else's tick: it does not wait for ours. */
  pushAll(records: Iterable<Parcel>, now: Now): void;
  /** `waitMs`: what need not hurry is given so much more time to come by itself. */
  announce(id: ShortId, now: Now, waitMs?: number): void;
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
  return new Sender(peer, config, outbox, due);
}

/** A class, because a node keeps one for every link: closures would take a kilobyte more. */
class Sender implements LinkSender {
  readonly #peer: PeerId;
  readonly #config: Config;
  readonly #outbox: Outbox;
  readonly #due: Earliest;
  readonly #queue: PushQueue;
  /** Each of these is missing while there are none, as most of the time for most links. */
  #announced: Set<ShortId> | undefined;
  /** Of what need not hurry. */
  #announcedLater: Set<ShortId> | undefined;
  #refused: Set<ShortId> | undefined;
  #pushAt = Number.NEGATIVE_INFINITY;
  /** The same for what need not hurry. */
  #calmPushAt = Number.NEGATIVE_INFINITY;
  /** When what waits is to go. */
  #queueAt = Number.POSITIVE_INFINITY;
  /** The tick of what waits and need not hurry; 0: there is none. */
  #calmTickMs = 0;
  #batchAt = Number.POSITIVE_INFINITY;
  #laterAt = Number.POSITIVE_INFINITY;
  #wakeAt = Number.POSITIVE_INFINITY;

  constructor(peer: PeerId, config: Config, outbox: Outbox, due: Earliest) {
    this.#peer = peer;
    this.#config = config;
    this.#outbox = outbox;
    this.#due = due;
    this.#queue = createPushQueue(config['broadcast.queueBytes'], hard => {
      if (hard) outbox.fact({ type: 'link-overflowed', peer });
      else outbox.fact({ type: 'record-ignored', reason: 'slow-link' });
    });
  }

  push(record: Parcel, now: Now, tickMs = 0): void {
    const at = tickMs > 0 ? Math.max(this.#pushAt, this.#calmPushAt) : this.#pushAt;
    this.#calmTickMs = Math.max(this.#calmTickMs, tickMs);
    // Most find the link idle, and wait in no queue.
    const isAlone = this.#queue.size() === 0 && now.mono >= at && !isLarge(record);
    if (isAlone && this.#isOpen()) this.#send([record.bytes], now);
    else this.#add(record, at);
    if (now.mono >= this.#queueAt) this.#pushWhileOpen(now);
    this.#plan();
  }

  pushAll(records: Iterable<Parcel>, now: Now): void {
    for (const record of records) this.#add(record, now.mono);
    this.#pushWhileOpen(now);
    this.#plan();
  }

  announce(id: ShortId, now: Now, waitMs = 0): void {
    if (waitMs > 0) return this.#announceLater(id, waitMs, now);
    this.#announced ??= new Set();
    this.#collect(this.#announced, id, now);
  }

  unannounce(id: ShortId): void {
    if (this.#announced?.delete(id)) this.#dropIfEmpty();
    else this.#announcedLater?.delete(id);
  }

  refuse(id: ShortId, now: Now): void {
    this.#refused ??= new Set();
    this.#collect(this.#refused, id, now);
  }

  unrefuse(is: (id: ShortId) => boolean): void {
    if (this.#refused === undefined) return;
    for (const id of this.#refused) if (is(id)) this.#refused.delete(id);
    this.#dropIfEmpty();
  }

  sendRefusals(): void {
    if (this.#refused === undefined) return;
    this.#sendIds('prune', this.#refused);
    this.#refused = undefined;
    this.#dropIfEmpty();
  }

  onDrained(now: Now): void {
    // A wake-up as good as a tick's.
    this.#pushWhileOpen(now);
    this.#plan();
  }

  onWake(now: Now): void {
    if (now.mono < this.#wakeAt) return;
    if (now.mono >= this.#queueAt) this.#pushWhileOpen(now);
    if (now.mono >= this.#batchAt) this.#sendBatch();
    if (now.mono >= this.#laterAt) this.#sendLater();
    this.#plan();
  }

  flush(): void {
    while (this.#queue.size() > 0) this.#outbox.send(this.#peer, { type: 'push', records: this.#queue.takeFrame() });
    this.#queueAt = Number.POSITIVE_INFINITY;
    this.#sendBatch();
    this.#sendLater();
    this.#plan();
  }

  close(): void {
    this.#due.moved(this.#wakeAt, Number.POSITIVE_INFINITY);
  }

  nextWakeAt(): number {
    return this.#wakeAt;
  }

  waitingBytes(): number {
    return this.#queue.bytes();
  }

  #isOpen(): boolean {
    return this.#outbox.isOpen(this.#peer, 'push');
  }

  #add(record: Parcel, at: number): void {
    if (isLarge(record)) return this.#outbox.send(this.#peer, offerOf(record, true));
    this.#queue.add(record);
    this.#queueAt = Math.min(this.#queueAt, at);
  }

  #pushWhileOpen(now: Now): void {
    while (this.#queue.size() > 0 && this.#isOpen()) this.#send(this.#queue.takeFrame(), now);
    if (this.#queue.size() === 0) this.#queueAt = Number.POSITIVE_INFINITY;
  }

  #send(records: readonly Uint8Array[], now: Now): void {
    this.#outbox.send(this.#peer, { type: 'push', records });
    this.#pushAt = now.mono + this.#config['broadcast.flushMs'];
    if (this.#calmTickMs > 0) this.#calmPushAt = now.mono + this.#calmTickMs;
    this.#calmTickMs = 0;
  }

  #sendIds(type: 'ihave' | 'prune', ids: ReadonlySet<ShortId> | undefined): void {
    if (ids === undefined || ids.size === 0) return;
    const list = [...ids];
    if (list.length <= wireLimits.idsPerList) return this.#outbox.send(this.#peer, { type, ids: list });
    for (let from = 0; from < list.length; from += wireLimits.idsPerList) {
      this.#outbox.send(this.#peer, { type, ids: list.slice(from, from + wireLimits.idsPerList) });
    }
  }

  #sendBatch(): void {
    this.#sendIds('ihave', this.#announced);
    this.#sendIds('prune', this.#refused);
    this.#announced = undefined;
    this.#refused = undefined;
    this.#batchAt = Number.POSITIVE_INFINITY;
  }

  #announceLater(id: ShortId, waitMs: number, now: Now): void {
    this.#announcedLater ??= new Set();
    this.#announcedLater.add(id);
    this.#laterAt = Math.min(this.#laterAt, now.mono + waitMs);
    if (this.#announcedLater.size >= wireLimits.idsPerList) this.#sendLater();
    this.#plan();
  }

  #sendLater(): void {
    this.#sendIds('ihave', this.#announcedLater);
    this.#announcedLater = undefined;
    this.#laterAt = Number.POSITIVE_INFINITY;
  }

  #collect(ids: Set<ShortId>, id: ShortId, now: Now): void {
    ids.add(id);
    this.#batchAt = Math.min(this.#batchAt, now.mono + this.#config['broadcast.announceMs']);
    if (ids.size >= wireLimits.idsPerList) this.#sendBatch();
    this.#plan();
  }

  /** Follows what took ids out of a batch. */
  #dropIfEmpty(): void {
    if ((this.#announced?.size ?? 0) + (this.#refused?.size ?? 0) > 0) return;
    this.#announced = undefined;
    this.#refused = undefined;
    this.#batchAt = Number.POSITIVE_INFINITY;
    this.#plan();
  }

  /** Follows every change. */
  #plan(): void {
    const before = this.#wakeAt;
    // Who finds the link full is told when it has drained.
    const isReady = this.#queue.size() > 0 && this.#isOpen();
    this.#wakeAt = Math.min(isReady ? this.#queueAt : Number.POSITIVE_INFINITY, this.#batchAt, this.#laterAt);
    if (this.#wakeAt !== before) this.#due.moved(before, this.#wakeAt);
  }
}
