/** What neighbours pull of us: chunks that leave as their link has room, in the order they were asked for. */
import { isLarge } from '../identity/large.ts';
import type { SignedRecord } from '../identity/record.ts';
import type { Outbox } from '../outbox.ts';
import type { Now, PeerId, RecordId } from '../types.ts';
import type { Frame } from '../wire/frame.ts';
import { wireLimits } from '../wire/limits.ts';

export interface Serving {
  has(id: RecordId): boolean;
  add(record: SignedRecord): void;
  delete(id: RecordId): void;
  onFetch(from: PeerId, frame: Extract<Frame, { type: 'fetch' }>, now: Now): void;
  onLinkDrained(peer: PeerId, now: Now): void;
  onNeighbourDown(peer: PeerId): void;
}

interface Job {
  readonly id: RecordId;
  at: number;
  readonly end: number;
}

interface Client {
  readonly jobs: Job[];
  /** Bytes of each record that it was promised within this minute. */
  readonly promised: Map<RecordId, number>;
  since: number;
}

/** An honest neighbour pulls two at a time, each in one piece after the other. */
export const MAX_JOBS = 4;
/** A neighbour is sent the same record so often within a minute. */
const TIMES = 3;
const PROMISED_MS = 60_000;

export function createServing(outbox: Outbox): Serving {
  const records = new Map<RecordId, SignedRecord>();
  const clients = new Map<PeerId, Client>();

  const clientOf = (peer: PeerId, now: Now): Client => {
    const client = clients.get(peer) ?? { jobs: [], promised: new Map(), since: now.mono };
    clients.set(peer, client);
    if (now.mono - client.since >= PROMISED_MS) {
      client.promised.clear();
      client.since = now.mono;
    }
    return client;
  };

  /** Without bytes: it is not here, or not any more. */
  const send = (peer: PeerId, id: RecordId, from: number, bytes: Uint8Array): void =>
    outbox.send(peer, { type: 'chunk', id, from, bytes });

  const pump = (peer: PeerId): void => {
    const jobs = clients.get(peer)?.jobs ?? [];
    for (let job = jobs[0]; job !== undefined; job = jobs[0]) {
      if (!outbox.isOpen(peer, 'bulk')) return;
      const end = Math.min(job.end, job.at + wireLimits.chunkBytes);
      const bytes = records.get(job.id)?.bytes.subarray(job.at, end) ?? NOTHING;
      send(peer, job.id, job.at, bytes);
      job.at = bytes.length === 0 ? job.end : end;
      if (job.at >= job.end) jobs.shift();
    }
  };

  return {
    has: id => records.has(id),
    add(record) {
      if (isLarge(record)) records.set(record.id, record);
    },
    delete: id => void records.delete(id),

    onFetch(from, frame, now) {
      const { id } = frame;
      const record = records.get(id);
      if (record === undefined || frame.from >= record.size) return send(from, id, frame.from, NOTHING);
      const { jobs, promised } = clientOf(from, now);
      const end = Math.min(frame.from + frame.length, record.size);
      const bytes = (promised.get(id) ?? 0) + end - frame.from;
      if (jobs.length >= MAX_JOBS || bytes > TIMES * record.size) {
        return outbox.fact({ type: 'record-ignored', reason: 'asked-too-much' });
      }
      promised.set(id, bytes);
      jobs.push({ id, at: frame.from, end });
      pump(from);
    },
    onLinkDrained: pump,
    onNeighbourDown: peer => void clients.delete(peer),
  };
}

const NOTHING = new Uint8Array(0);
