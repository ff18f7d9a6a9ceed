/**
 * Anti-entropy: two neighbours compare what they keep and send each other what is missing; one fingerprint for
 * each domain and one word back when they agree. On link-up, periodically with one random neighbour, and soon
 * again after a session that brought something, so that a healed partition spreads by sessions and not by floods.
 * Within a session the word passes to and fro: a `sync` is answered by deltas, if any, and one `sync` or `done`.
 */
import type { Config } from '../config.ts';
import type { Fact } from '../fact.ts';
import type { SignedRecord } from '../identity/record.ts';
import { createEarliest } from '../lib/earliest.ts';
import type { Rng } from '../lib/rng.ts';
import type { Outbox } from '../outbox.ts';
import type { MonoMs, Now, PeerId } from '../types.ts';
import type { Frame } from '../wire/frame.ts';
import type { SyncDomain, SyncTopic } from '../wire/sync-topic.ts';
import { type BulkIn, createBulkIn } from './bulk-in.ts';
import { createExchange, workOf } from './exchange.ts';
import { createIndexSet, type IndexSet } from './index-set.ts';
import { createLink, endSession, type Link, type Session, sessionOf, touch } from './link.ts';

export type SyncFrame = Extract<Frame, { type: 'sync' | 'delta' | 'done' }>;

export interface Sync {
  onNeighbourUp(peer: PeerId, outbound: boolean, now: Now): void;
  onNeighbourDown(peer: PeerId, now: Now): void;
  onFrame(from: PeerId, frame: SyncFrame, now: Now): void;
  /** Of a session, as a delta is: what the neighbour sends of it keeps it alive. */
  onOffer(from: PeerId, now: Now): void;
  onRecordStored(fact: Extract<Fact, { type: 'record-stored' }>, now: Now): void;
  onRecordDropped(record: SignedRecord): void;
  /** The link has room again. */
  onLinkDrained(peer: PeerId, now: Now): void;
  /** This node was stopped, and may have missed much: a session comes soon. */
  onStall(now: Now): void;
  onWake(now: Now): void;
  nextWakeAt(): MonoMs | undefined;
  size(): number;
  sessions(): number;
}

/** Opened by this node at a time, in all. */
export const OWN_SESSIONS = 2;
/** A session that goes on for longer, by a slow or a bad neighbour, does not keep others from being opened. */
const OWN_SESSION_MS = 60_000;
/** Of a repair goes in one session what takes so long: meanwhile another neighbour would send the same. */
export const PART_S = 2.5;
/** Frames that one side of a session may ask of the other. An honest one takes about five, at worst twenty. */
export const TURNS = 64;

export function createSync(tools: { readonly config: Config; readonly outbox: Outbox; readonly rng: Rng }): Sync {
  const { config, outbox, rng } = tools;
  const sets: { readonly [domain in SyncDomain]: IndexSet } = { members: createIndexSet(), state: createIndexSet() };
  const links = new Map<PeerId, Link>();
  const bulkDue = createEarliest(() => {
    let next = Number.POSITIVE_INFINITY;
    for (const { bulkAt = next } of links.values()) next = Math.min(next, bulkAt);
    return next;
  });
  /** Neighbours to reconcile with as soon as a session of our own ends. */
  const waiting = new Set<PeerId>();
  /** What a session left out is best fetched from the same neighbour. */
  let unfinished: PeerId | undefined;
  /** Neighbours that may lack what the last session brought. */
  const untold = new Set<PeerId>();
  let periodicAt: number | undefined;
  let opened = 0;
  const bulkIn: BulkIn = createBulkIn();
  /** When to see to what was held back. */
  let resumeAt: number | undefined;

  const isHeld = (peer: PeerId, now: Now): boolean => {
    if (!bulkIn.holds(peer, now)) return false;
    resumeAt = bulkIn.overAt();
    return true;
  };

  const startSession = (id: number, now: Now): Session => ({
    id,
    exchanges: {
      members: createExchange('members', sets.members, id),
      state: createExchange('state', sets.state, id),
    },
    startedAt: now.mono,
    touchedAt: now.mono,
    turns: 0,
  });

  const open = (peer: PeerId, now: Now): void => {
    const link = links.get(peer);
    if (link === undefined || link.own !== undefined) return;
    link.own = startSession(rng.uint32(), now);
    opened += 1;
    const { members, state } = link.own.exchanges;
    outbox.send(peer, { type: 'sync', session: link.own.id, topics: [members.open(), state.open()] });
  };

  const ownSessions = (now: Now): number => {
    let count = 0;
    for (const { own } of links.values())
      if (own !== undefined && now.mono - own.startedAt < OWN_SESSION_MS) count += 1;
    return count;
  };

  /** When a session of our own that nobody goes on with gives its place to the next. */
  const ownEndsAt = (): number => {
    let next = Number.POSITIVE_INFINITY;
    for (const { own } of links.values())
      if (own !== undefined) next = Math.min(next, own.touchedAt + config['sync.timeoutMs']);
    return next;
  };

  const openWaiting = (now: Now): void => {
    for (const peer of waiting) {
      if (ownSessions(now) >= OWN_SESSIONS) return;
      if (isHeld(peer, now)) continue;
      waiting.delete(peer);
      open(peer, now);
    }
  };

  const end = (peer: PeerId, link: Link, session: Session, now: Now): void => {
    endSession(link, session);
    outbox.fact({ type: 'sync-ended', peer });
    openWaiting(now);
  };

  const setBulkAt = (link: Link, at: MonoMs | undefined): void => {
    bulkDue.moved(link.bulkAt ?? Number.POSITIVE_INFINITY, at ?? Number.POSITIVE_INFINITY);
    link.bulkAt = at;
  };

  const pump = (peer: PeerId, link: Link, now: Now): void => {
    setBulkAt(link, undefined);
    for (;;) {
      // Who finds it full is told when it has drained.
      if (!outbox.isOpen(peer, link.bulk.load())) return;
      const frame = link.bulk.take(now);
      if (frame === undefined) break;
      outbox.send(peer, frame);
      if (frame.type === 'offer') {
        touch(link, now);
        continue;
      }
      const session = sessionOf(link, frame.session);
      if (session === undefined) continue;
      session.touchedAt = now.mono;
      if (frame.type === 'done') end(peer, link, session, now);
    }
    setBulkAt(link, link.bulk.nextWakeAt(now));
  };

  const hearTopic = (peer: PeerId, link: Link, session: Session, topic: SyncTopic, now: Now): SyncTopic[] => {
    if (!link.work.take(workOf(topic, sets[topic.domain]), now.mono)) {
      outbox.fact({ type: 'record-ignored', reason: 'asked-too-much' });
      return [];
    }
    const { answer, have = [], isBare, partial } = session.exchanges[topic.domain].hear(topic);
    const part = isBare ? have : newestOf(have, PART_S * config['sync.repairBytesPerSecond']);
    const admitted = link.shipped.admit(part, now);
    if (admitted.length < part.length) outbox.fact({ type: 'record-ignored', reason: 'asked-too-much' });
    link.bulk.add(session.id, admitted, isBare);
    if (partial || part.length < have.length) {
      unfinished = peer;
      schedule(config['sync.soonMs'], now);
    }
    return answer === undefined ? [] : [answer];
  };

  const onSync = (peer: PeerId, link: Link, frame: Extract<SyncFrame, { type: 'sync' }>, now: Now): void => {
    const known = sessionOf(link, frame.session);
    link.held = known === undefined && isHeld(peer, now) ? frame : undefined;
    if (link.held !== undefined) return;
    const session = known ?? startSession(frame.session, now);
    // A neighbour that opens another one has given up its last.
    if (session !== link.own) link.theirs = session;
    session.turns += 1;
    const heard = session.turns > TURNS ? [] : frame.topics;
    const topics = heard.flatMap(topic => hearTopic(peer, link, session, topic, now));
    const { id } = session;
    link.bulk.addAnswer(topics.length > 0 ? { type: 'sync', session: id, topics } : { type: 'done', session: id });
    pump(peer, link, now);
  };

  const answerHeld = (now: Now): void => {
    for (const [peer, link] of links) if (link.held !== undefined) onSync(peer, link, link.held, now);
  };

  const schedule = (afterMs: number, now: Now): void => {
    const at = now.mono + rng.jitter(afterMs, 0.3);
    periodicAt = Math.min(periodicAt ?? at, at);
  };

  const expire = (now: Now): void => {
    for (const link of links.values()) {
      link.shipped.expire(now);
      for (const session of [link.own, link.theirs])
        if (session !== undefined && now.mono >= session.touchedAt + config['sync.timeoutMs'])
          endSession(link, session);
    }
  };

  return {
    onNeighbourUp(peer, outbound, now) {
      links.set(peer, createLink(config['sync.bytesPerSecond'], now));
      if (outbound) waiting.add(peer);
      openWaiting(now);
      schedule(config['sync.periodMs'], now);
    },

    onNeighbourDown(peer, now) {
      const link = links.get(peer);
      if (link !== undefined) setBulkAt(link, undefined);
      links.delete(peer);
      waiting.delete(peer);
      untold.delete(peer);
      if (unfinished === peer) unfinished = undefined;
      openWaiting(now);
    },

    onFrame(from, frame, now) {
      const link = links.get(from);
      if (link === undefined) return;
      touch(link, now);
      if (frame.type === 'sync') return onSync(from, link, frame, now);
      const session = sessionOf(link, frame.session);
      if (session === undefined) return outbox.fact({ type: 'record-ignored', reason: 'unasked' });
      if (frame.type === 'done') return end(from, link, session, now);
      if (frame.records.length > 0) bulkIn.onRecords(from, now);
      for (const bytes of frame.records) outbox.fact({ type: 'record-offered', bytes, from, path: 'sync' });
    },

    onOffer(from, now) {
      const link = links.get(from);
      if (link !== undefined) touch(link, now);
    },

    onRecordStored({ record, from, path, kept, isRenewal }, now) {
      if (kept) sets[domainOf(record)].add(record);
      // Of renewals some are always on their way: each session would call for the next.
      if (!kept || path !== 'sync' || isRenewal || links.size < 2) return;
      for (const peer of links.keys()) if (peer !== from) untold.add(peer);
      schedule(config['sync.soonMs'], now);
    },

    onRecordDropped: record => sets[domainOf(record)].delete(record),

    onLinkDrained(peer, now) {
      const link = links.get(peer);
      if (link !== undefined) pump(peer, link, now);
    },

    onStall(now) {
      if (links.size > 0) schedule(config['sync.soonMs'], now);
    },

    onWake(now) {
      expire(now);
      for (const [peer, link] of links) if (link.bulkAt !== undefined && now.mono >= link.bulkAt) pump(peer, link, now);
      if (periodicAt !== undefined && now.mono >= periodicAt) {
        periodicAt = undefined;
        const peer = unfinished ?? rng.pick([...(untold.size > 0 ? untold : links.keys())]);
        unfinished = undefined;
        if (peer !== undefined) {
          untold.delete(peer);
          waiting.add(peer);
          schedule(config[untold.size > 0 ? 'sync.soonMs' : 'sync.periodMs'], now);
        }
      }
      if (resumeAt !== undefined && now.mono >= resumeAt) {
        resumeAt = undefined;
        answerHeld(now);
      }
      openWaiting(now);
    },

    nextWakeAt() {
      let next = bulkDue.at();
      if (periodicAt !== undefined) next = Math.min(next, periodicAt);
      if (resumeAt !== undefined) next = Math.min(next, resumeAt);
      if (waiting.size > 0) next = Math.min(next, ownEndsAt());
      return next === Number.POSITIVE_INFINITY ? undefined : (next as MonoMs);
    },

    size: () => sets.members.size() + sets.state.size(),
    sessions: () => opened,
  };
}

/** As many as fit into a part, and one at least; the newest first, for they are what people look at. */
function newestOf(records: readonly SignedRecord[], most: number): readonly SignedRecord[] {
  const part: SignedRecord[] = [];
  let bytes = 0;
  for (let at = records.length - 1; at >= 0; at--) {
    bytes += records[at]!.size;
    if (part.length > 0 && bytes > most) break;
    part.push(records[at]!);
  }
  return part;
}

function domainOf({ kind }: SignedRecord): SyncDomain {
  return kind === 'state' || kind === 'state-delete' ? 'state' : 'members';
}
