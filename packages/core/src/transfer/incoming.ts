/** Large records on their way here. Memory is taken as chunks come, never for what is merely claimed. */
import type { Config } from '../config.ts';
import type { Path } from '../fact.ts';
import { recordIdOf } from '../identity/record.ts';
import { joinBytes } from '../lib/bytes.ts';
import type { Outbox } from '../outbox.ts';
import type { MonoMs, Now, PeerId, RecordId } from '../types.ts';
import type { Frame } from '../wire/frame.ts';
import { wireLimits } from '../wire/limits.ts';

export interface Incoming {
  onOffer(from: PeerId, frame: Extract<Frame, { type: 'offer' }>, now: Now): void;
  onChunk(from: PeerId, frame: Extract<Frame, { type: 'chunk' }>, now: Now): void;
  onNeighbourDown(peer: PeerId, now: Now): void;
  onWake(now: Now): void;
  nextWakeAt(): MonoMs | undefined;
  heldBytes(): number;
}

interface Wanted {
  readonly id: RecordId;
  readonly path: Path;
  /** Who offered it and has not failed; the first of them is being asked when `pull` is there. */
  readonly sources: OfferedBy[];
  pull: Pull | undefined;
}

interface OfferedBy {
  readonly peer: PeerId;
  /** As this one says: a false size is no reason not to hear the true one. */
  readonly size: number;
}

/** From the first source, since it was asked. */
interface Pull {
  readonly size: number;
  readonly chunks: Uint8Array[];
  received: number;
  /** What was asked for ends here. */
  end: number;
  giveUpAt: number;
  /** All of it by then: a chunk now and then must not hold the place for ever. */
  readonly deadline: number;
}

/** Offers that wait for their turn, each a few dozen bytes. */
export const MAX_WANTED = 256;
export const MAX_SOURCES = 4;
/** From one neighbour at a time. */
export const MAX_PER_LINK = 2;
/** A line of 256 kbit/s from which eight neighbours pull two records each; more slowly nothing large can come. */
export const LEAST_BYTES_PER_SECOND = 2_048;

export function createIncoming(config: Config, outbox: Outbox): Incoming {
  const wanted = new Map<RecordId, Wanted>();

  const pulls = (): Wanted[] => [...wanted.values()].filter(({ pull }) => pull !== undefined);

  const renew = (pull: Pull, now: Now): void => {
    pull.giveUpAt = Math.min(now.mono + config['transfer.timeoutMs'], pull.deadline);
  };

  const ask = (record: Wanted, pull: Pull, now: Now): void => {
    const from = pull.received;
    pull.end = Math.min(pull.size, from + wireLimits.fetchBytes);
    renew(pull, now);
    outbox.send(record.sources[0]!.peer, { type: 'fetch', id: record.id, from, length: pull.end - from });
  };

  const begin = (record: Wanted, now: Now): void => {
    const { size } = record.sources[0]!;
    const deadline = now.mono + config['transfer.timeoutMs'] + Math.ceil((1_000 * size) / LEAST_BYTES_PER_SECOND);
    record.pull = { size, chunks: [], received: 0, end: 0, giveUpAt: deadline, deadline };
    ask(record, record.pull, now);
  };

  /** As many as may be under way, the oldest offers first, each from the first that offered it and is not busy. */
  const start = (now: Now): void => {
    const underWay = pulls();
    let free = config['transfer.atOnce'] - underWay.length;
    const perLink = new Map<PeerId, number>();
    const busy = (peer: PeerId): number => perLink.get(peer) ?? 0;
    for (const { sources } of underWay) perLink.set(sources[0]!.peer, busy(sources[0]!.peer) + 1);
    for (const record of wanted.values()) {
      if (free <= 0) return;
      const at = record.sources.findIndex(({ peer }) => busy(peer) < MAX_PER_LINK);
      if (record.pull !== undefined || at < 0) continue;
      record.sources.unshift(...record.sources.splice(at, 1));
      perLink.set(record.sources[0]!.peer, busy(record.sources[0]!.peer) + 1);
      free -= 1;
      begin(record, now);
    }
  };

  /** All places are taken: who has the most gives its last to one that has fewer, so that nobody keeps others out. */
  const giveWay = (from: PeerId): boolean => {
    const held = new Map<PeerId, Wanted[]>();
    for (const record of wanted.values()) {
      const { peer } = record.sources[0]!;
      const list = held.get(peer);
      if (list === undefined) held.set(peer, [record]);
      else list.push(record);
    }
    const most = [...held.values()].reduce((a, b) => (b.length > a.length ? b : a));
    const last = most.findLast(({ pull }) => pull === undefined);
    if (last === undefined || most.length <= (held.get(from)?.length ?? 0) + 1) return false;
    wanted.delete(last.id);
    return true;
  };

  /** The neighbour asked did not give it: from the beginning with the next, so that a lie has one author. */
  const turnFrom = (record: Wanted): void => {
    record.sources.shift();
    record.pull = undefined;
    if (record.sources.length > 0) return;
    wanted.delete(record.id);
    outbox.fact({ type: 'record-ignored', reason: 'not-given' });
  };

  const finish = (record: Wanted, pull: Pull): void => {
    const bytes = joinBytes(pull.chunks);
    const from = record.sources[0]!.peer;
    if (recordIdOf(bytes) !== record.id) {
      outbox.fact({ type: 'misbehaved', peer: from, offence: 'bad-record', detail: 'not what was offered' });
      return turnFrom(record);
    }
    wanted.delete(record.id);
    outbox.fact({ type: 'record-offered', bytes, from, path: record.path });
  };

  return {
    onOffer(from, { id, size, fresh }, now) {
      const known = wanted.get(id);
      if (known !== undefined) {
        const isNews = known.sources.every(({ peer }) => peer !== from);
        if (isNews && known.sources.length < MAX_SOURCES) known.sources.push({ peer: from, size });
        return start(now);
      }
      if (wanted.size >= MAX_WANTED) {
        outbox.fact({ type: 'record-ignored', reason: 'busy' });
        if (!giveWay(from)) return;
      }
      wanted.set(id, { id, path: fresh ? 'push' : 'sync', sources: [{ peer: from, size }], pull: undefined });
      outbox.fact({ type: 'record-coming', id });
      start(now);
    },

    onChunk(from, { id, from: at, bytes }, now) {
      const record = wanted.get(id);
      const pull = record?.pull;
      if (record === undefined || pull === undefined || record.sources[0]!.peer !== from || at !== pull.received) {
        return outbox.fact({ type: 'record-ignored', reason: 'unasked' });
      }
      // Of one size: else the same bytes could come in a hundred thousand pieces, each with its own overhead.
      if (bytes.length !== Math.min(wireLimits.chunkBytes, pull.end - at)) turnFrom(record);
      else {
        // A copy: the frame it came in is larger, and would be kept with it.
        pull.chunks.push(bytes.slice());
        pull.received += bytes.length;
        renew(pull, now);
        if (pull.received === pull.size) finish(record, pull);
        else if (pull.received === pull.end) ask(record, pull, now);
      }
      start(now);
    },

    onNeighbourDown(peer, now) {
      for (const record of [...wanted.values()]) {
        const at = record.sources.findIndex(source => source.peer === peer);
        if (at === 0) turnFrom(record);
        else if (at > 0) record.sources.splice(at, 1);
      }
      start(now);
    },

    onWake(now) {
      for (const record of pulls()) if (now.mono >= record.pull!.giveUpAt) turnFrom(record);
      start(now);
    },

    nextWakeAt() {
      if (wanted.size === 0) return undefined;
      let next = Number.POSITIVE_INFINITY;
      for (const { pull } of wanted.values()) next = Math.min(next, pull?.giveUpAt ?? next);
      return next === Number.POSITIVE_INFINITY ? undefined : (next as MonoMs);
    },

    heldBytes: () => pulls().reduce((sum, { pull }) => sum + pull!.received, 0),
  };
}
