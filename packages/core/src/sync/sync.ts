/**
 * Anti-entropy: two neighbours compare what they keep and send each other what is missing; one fingerprint
 * each way when they agree. On link-up, periodically with one random neighbour, and soon again after a session
 * that brought something, so that a healed partition spreads by sessions and not by floods.
 * Every `sync` is answered by one `sync` or `done`, every `want` by one `done` after its deltas.
 */
import type { Config } from '../config.ts';
import type { Fact } from '../fact.ts';
import type { SignedRecord } from '../identity/record.ts';
import type { Rng } from '../lib/rng.ts';
import type { Outbox } from '../outbox.ts';
import type { MonoMs, Now, PeerId, RecordId } from '../types.ts';
import type { Frame } from '../wire/frame.ts';
import { type BulkQueue, createBulkQueue } from './bulk-queue.ts';
import { createIndexSet } from './index-set.ts';
import { openRanges, reconcile } from './reconcile.ts';

export type SyncFrame = Extract<Frame, { type: 'sync' | 'delta' | 'want' | 'done' }>;

export interface Sync {
  onNeighbourUp(peer: PeerId, outbound: boolean, now: Now): void;
  onNeighbourDown(peer: PeerId): void;
  onFrame(from: PeerId, frame: SyncFrame, now: Now): void;
  onRecordStored(fact: Extract<Fact, { type: 'record-stored' }>, now: Now): void;
  onRecordDropped(record: SignedRecord): void;
  onWake(now: Now): void;
  nextWakeAt(): MonoMs | undefined;
  size(): number;
  sessions(): number;
}

interface Session {
  /** Answers still owed to us. */
  awaiting: number;
  touchedAt: number;
}

interface Link {
  readonly bulk: BulkQueue;
  readonly sessions: Map<number, Session>;
  bulkAt: MonoMs | undefined;
}

/** One that we opened, one that the neighbour did, and one of each that was overtaken. */
const SESSIONS_PER_LINK = 4;
const IDS_PER_WANT = 256;

export function createSync(tools: { readonly config: Config; readonly outbox: Outbox; readonly rng: Rng }): Sync {
  const { config, outbox, rng } = tools;
  const set = createIndexSet();
  const links = new Map<PeerId, Link>();
  let periodicAt: number | undefined;
  let opened = 0;

  const sessionOf = (link: Link, id: number, now: Now): Session => {
    let session = link.sessions.get(id);
    if (session === undefined) {
      session = { awaiting: 0, touchedAt: now.mono };
      link.sessions.set(id, session);
      if (link.sessions.size > SESSIONS_PER_LINK) link.sessions.delete(link.sessions.keys().next().value!);
    }
    session.touchedAt = now.mono;
    return session;
  };

  const open = (peer: PeerId, link: Link, now: Now): void => {
    const id = rng.uint32();
    opened += 1;
    sessionOf(link, id, now).awaiting = 1;
    outbox.send(peer, { type: 'sync', session: id, ranges: openRanges(set) });
  };

  const pump = (peer: PeerId, link: Link, now: Now): void => {
    for (;;) {
      const frame = link.bulk.take(now);
      if (frame === undefined) break;
      outbox.send(peer, frame);
    }
    link.bulkAt = link.bulk.nextWakeAt(now);
  };

  const onSync = (peer: PeerId, link: Link, frame: Extract<SyncFrame, { type: 'sync' }>, now: Now): void => {
    const session = sessionOf(link, frame.session, now);
    if (session.awaiting > 0) session.awaiting -= 1;
    const { ranges, partial, have, need } = reconcile(set, frame.ranges);
    if (partial) schedule(config['sync.soonMs'], now);
    for (let from = 0; from < need.length; from += IDS_PER_WANT) {
      session.awaiting += 1;
      outbox.send(peer, { type: 'want', session: frame.session, ids: need.slice(from, from + IDS_PER_WANT) });
    }
    link.bulk.add(frame.session, have);
    if (ranges.length > 0) {
      session.awaiting += 1;
      outbox.send(peer, { type: 'sync', session: frame.session, ranges });
    } else {
      link.bulk.addDone(frame.session);
    }
    pump(peer, link, now);
    endIfQuiet(peer, link, frame.session, session);
  };

  const onWant = (peer: PeerId, link: Link, session: number, ids: readonly RecordId[], now: Now): void => {
    sessionOf(link, session, now);
    link.bulk.add(
      session,
      ids.map(id => set.get(id)).filter(record => record !== undefined),
    );
    link.bulk.addDone(session);
    pump(peer, link, now);
  };

  const endIfQuiet = (peer: PeerId, link: Link, id: number, session: Session): void => {
    if (session.awaiting > 0) return;
    // Kept until it is overtaken: deltas for the last `want` of the other side may still be on their way out.
    link.sessions.set(id, session);
    outbox.fact({ type: 'sync-ended', peer });
  };

  const schedule = (afterMs: number, now: Now): void => {
    const at = now.mono + rng.jitter(afterMs, 0.3);
    periodicAt = Math.min(periodicAt ?? at, at);
  };

  return {
    onNeighbourUp(peer, outbound, now) {
      const link: Link = {
        bulk: createBulkQueue(config['sync.bytesPerSecond'], now),
        sessions: new Map(),
        bulkAt: undefined,
      };
      links.set(peer, link);
      if (outbound) open(peer, link, now);
      schedule(config['sync.periodMs'], now);
    },

    onNeighbourDown(peer) {
      links.delete(peer);
    },

    onFrame(from, frame, now) {
      const link = links.get(from);
      if (link === undefined) return;
      if (frame.type === 'sync') return onSync(from, link, frame, now);
      if (frame.type === 'want') return onWant(from, link, frame.session, frame.ids, now);
      const session = link.sessions.get(frame.session);
      if (session === undefined) return outbox.fact({ type: 'record-ignored', reason: 'unasked' });
      session.touchedAt = now.mono;
      if (frame.type === 'done') {
        if (session.awaiting === 0) return;
        session.awaiting -= 1;
        return endIfQuiet(from, link, frame.session, session);
      }
      for (const bytes of frame.records) outbox.fact({ type: 'record-offered', bytes, from, path: 'sync' });
    },

    onRecordStored({ record, path, kept }, now) {
      if (kept) set.add(record);
      if (kept && path === 'sync' && links.size > 1) schedule(config['sync.soonMs'], now);
    },

    onRecordDropped: record => set.delete(record),

    onWake(now) {
      for (const [peer, link] of links) {
        if (link.bulkAt !== undefined && now.mono >= link.bulkAt) pump(peer, link, now);
        for (const [id, session] of link.sessions) {
          if (now.mono - session.touchedAt >= config['sync.timeoutMs']) link.sessions.delete(id);
        }
      }
      if (periodicAt === undefined || now.mono < periodicAt) return;
      periodicAt = undefined;
      const peer = rng.pick([...links.keys()]);
      if (peer === undefined) return;
      open(peer, links.get(peer)!, now);
      schedule(config['sync.periodMs'], now);
    },

    nextWakeAt() {
      let next = periodicAt ?? Number.POSITIVE_INFINITY;
      for (const { bulkAt } of links.values()) next = Math.min(next, bulkAt ?? next);
      return next === Number.POSITIVE_INFINITY ? undefined : (next as MonoMs);
    },

    size: () => set.size,
    sessions: () => opened,
  };
}
