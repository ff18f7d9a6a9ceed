/** Large records on their way here. Memory is taken as chunks come, never for what is merely claimed. */
import type { Config } from '../config.ts';
import type { Path } from '../fact.ts';
import { recordIdOf } from '../identity/record.ts';
import { concatBytes } from '../lib/bytes.ts';
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
  readonly size: number;
  readonly path: Path;
  /** Who offered it and has not failed; the first of them is being asked when `pull` is there. */
  readonly sources: PeerId[];
  pull: Pull | undefined;
}

/** From the first source, since it was asked. */
interface Pull {
  readonly chunks: Uint8Array[];
  received: number;
  /** What was asked for ends here. */
  end: number;
  giveUpAt: number;
}

/** Offers that wait for their turn, each a few dozen bytes. */
export const MAX_WANTED = 256;
export const MAX_SOURCES = 4;
/** From one neighbour at a time. */
export const MAX_PER_LINK = 2;

export function createIncoming(config: Config, outbox: Outbox): Incoming {
  const wanted = new Map<RecordId, Wanted>();

  const pulls = (): Wanted[] => [...wanted.values()].filter(({ pull }) => pull !== undefined);

  const ask = (record: Wanted, pull: Pull, now: Now): void => {
    const from = pull.received;
    pull.end = Math.min(record.size, from + wireLimits.fetchBytes);
    pull.giveUpAt = now.mono + config['transfer.timeoutMs'];
    outbox.send(record.sources[0]!, { type: 'fetch', id: record.id, from, length: pull.end - from });
  };

  /** As many as may be under way, the oldest offers first. */
  const start = (now: Now): void => {
    const underWay = pulls();
    let free = config['transfer.atOnce'] - underWay.length;
    const perLink = new Map<PeerId, number>();
    for (const { sources } of underWay) perLink.set(sources[0]!, (perLink.get(sources[0]!) ?? 0) + 1);
    for (const record of wanted.values()) {
      if (free <= 0) return;
      const source = record.sources[0]!;
      const busy = perLink.get(source) ?? 0;
      if (record.pull !== undefined || busy >= MAX_PER_LINK) continue;
      perLink.set(source, busy + 1);
      free -= 1;
      record.pull = { chunks: [], received: 0, end: 0, giveUpAt: 0 };
      ask(record, record.pull, now);
    }
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
    const bytes = concatBytes(...pull.chunks);
    const from = record.sources[0]!;
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
        const isNews = known.size === size && !known.sources.includes(from);
        if (isNews && known.sources.length < MAX_SOURCES) known.sources.push(from);
        return;
      }
      if (wanted.size >= MAX_WANTED) return outbox.fact({ type: 'record-ignored', reason: 'busy' });
      wanted.set(id, { id, size, path: fresh ? 'push' : 'sync', sources: [from], pull: undefined });
      outbox.fact({ type: 'record-coming', id, from });
      start(now);
    },

    onChunk(from, { id, from: at, bytes }, now) {
      const record = wanted.get(id);
      const pull = record?.pull;
      if (record === undefined || pull === undefined || record.sources[0] !== from || at !== pull.received) {
        return outbox.fact({ type: 'record-ignored', reason: 'unasked' });
      }
      if (bytes.length === 0 || at + bytes.length > pull.end) turnFrom(record);
      else {
        // A copy: the frame it came in is larger, and would be kept with it.
        pull.chunks.push(bytes.slice());
        pull.received += bytes.length;
        pull.giveUpAt = now.mono + config['transfer.timeoutMs'];
        if (pull.received === record.size) finish(record, pull);
        else if (pull.received === pull.end) ask(record, pull, now);
      }
      start(now);
    },

    onNeighbourDown(peer, now) {
      for (const record of [...wanted.values()]) {
        const at = record.sources.indexOf(peer);
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
      let next = Number.POSITIVE_INFINITY;
      for (const { pull } of wanted.values()) next = Math.min(next, pull?.giveUpAt ?? next);
      return next === Number.POSITIVE_INFINITY ? undefined : (next as MonoMs);
    },

    heldBytes: () => pulls().reduce((sum, { pull }) => sum + pull!.received, 0),
  };
}
