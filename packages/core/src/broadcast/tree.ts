/**
 * Plumtree (Leitão, Pereira, Rodrigues 2007) with a tree for each author: records flow along the tree and are
 * announced over all other links. A copy too many is refused, for its author alone; an announcement that is not
 * followed by its record grafts the link it came by. Differences from the paper: a tree grows when its author
 * says so, over every link, and is borrowed before that (docs/adr/0007); hop optimisation is off (with it
 * redundancy rose from 0 to 0.4); what a sync brought is announced and not pushed, unless it is its author's
 * own first word to us; patience is learned.
 */

import type { Path, Source } from '../fact.ts';
import type { SignedRecord } from '../identity/record.ts';
import { createEarliest } from '../lib/earliest.ts';
import { createExpiringMap } from '../lib/expiring-map.ts';
import { createTokenBucket, type TokenBucket } from '../lib/token-bucket.ts';
import type { MonoMs, Now, PeerId, RecordId } from '../types.ts';
import type { ShortId } from '../wire/frame.ts';
import { wireLimits } from '../wire/limits.ts';
import { type Branch, createBranches, isGrown } from './branches.ts';
import { isCongested, waitingBytesOf } from './congestion.ts';
import { isFresh } from './fresh.ts';
import { createGrowth, SMALL_ROOM } from './growth.ts';
import { createLinkSender, type LinkSender } from './link-sender.ts';
import { createMissing } from './missing.ts';
import type { Broadcast, BroadcastTools } from './mode.ts';
import { createRecent, shortIdOf } from './recent.ts';

interface TreeLink {
  readonly sender: LinkSender;
  /** Late records that the neighbour had to ask for. */
  readonly grafts: TokenBucket;
  /** Until then everything is pushed: the trees do not hold on this link. */
  floodUntil: number;
}

/** Grown on others' behalf: 10 a second, and one author's once in so long. A liar is held to the price of a flood. */
const FLOODS_PER_SECOND = 10;
const FLOODS_BURST = 50;
const GROW_AGAIN_MS = 2_000;
/** A record follows its `grow` at once, but may wait for its signature to be checked. */
const GROWING_MS = 10_000;
const MAX_GROWING = 256;
/** Grafts for more records than this, and the link is flooded for a while. */
const GRAFTS_PER_SECOND = 5;
const GRAFTS_BURST = 100;
const FLOOD_MS = 10_000;
/** Presence is restated within so long: before, there are authors whose tree this node has not seen. */
const NEWCOMER_MS = 90_000;

export function createTree({ self, config, outbox, rng }: BroadcastTools, startedAt: Now): Broadcast {
  const links = new Map<PeerId, TreeLink>();
  const sendersDue = createEarliest(() => {
    let next = Number.POSITIVE_INFINITY;
    for (const { sender } of links.values()) next = Math.min(next, sender.nextWakeAt());
    return next;
  });
  const recent = createRecent();
  const missing = createMissing(config);
  const branches = createBranches();
  const growth = createGrowth(config, rng, startedAt);
  const growing = createExpiringMap<ShortId, true>(MAX_GROWING, GROWING_MS);
  const floods = createTokenBucket(FLOODS_PER_SECOND, FLOODS_BURST, startedAt.mono);
  /** The neighbour that was asked for everything, and when. */
  let guide: PeerId | undefined;
  let guidedAt = Number.NEGATIVE_INFINITY;
  /** The record accepted last, when it had to be asked for. */
  let asked: ShortId | undefined;

  const askForAll = (peer: PeerId | undefined, now: Now): void => {
    guide = peer;
    guidedAt = now.mono;
    if (peer !== undefined) outbox.send(peer, { type: 'graft', ids: [] });
  };

  /** What is beyond one frame is announced in time, and asked for then. */
  const askFor = (peer: PeerId, ids: readonly ShortId[]): void => {
    if (ids.length > 0) outbox.send(peer, { type: 'graft', ids: ids.slice(0, wireLimits.idsPerList) });
  };

  const authorOf = (id: ShortId): PeerId | undefined => recent.get(id)?.author ?? branches.authorOf(id);

  const branchOf = (id: ShortId): Branch | undefined => {
    const author = authorOf(id);
    return author === undefined ? undefined : branches.get(author);
  };

  /** Is the author's tree to grow with this record? */
  const grows = (record: SignedRecord, from: Source, path: Path, now: Now): boolean => {
    // Nothing will follow along that tree.
    if (record.kind === 'leave') return false;
    const model = branches.model(now);
    if (from === 'self') return links.size > 0 && growth.onWord(branches.size, model === self, now);
    growing.expire(now.mono);
    // A newcomer's first word, which came by a sync, does so in a small room, or where no tree could be borrowed.
    const isFirst = path === 'sync' && (model === undefined || branches.size < SMALL_ROOM);
    return growing.delete(shortIdOf(record.id)) || isFirst;
  };

  const mayFlood = (known: Branch | undefined, now: Now): boolean =>
    now.mono - (known?.grownAt ?? Number.NEGATIVE_INFINITY) >= GROW_AGAIN_MS && floods.take(1, now.mono);

  const spread = (record: SignedRecord, from: Source, path: Path, now: Now): void => {
    const { author } = record;
    const id = shortIdOf(record.id);
    const isGrowing = grows(record, from, path, now);
    const isFlood = isGrowing && (from === 'self' || mayFlood(branches.get(author), now));
    const branch = branches.heard(author, id, links.has(from as PeerId) ? (from as PeerId) : undefined, now);
    if (isGrowing) branches.grown(author, now);
    else if (asked === id) mendModel(branch, from, now);
    for (const [peer, { sender, floodUntil }] of links) {
      if (peer === from || peer === author) continue;
      if (isFlood) branch.children.add(peer);
      const isEager = branch.children.has(peer) || now.mono < floodUntil;
      if (isEager && isGrowing) outbox.send(peer, { type: 'grow', ids: [id] });
      if (isEager) sender.push(record, now);
      else sender.announce(id, now);
    }
  };

  /** A record that borrowed its tree had to be asked for: the lender's tree has a hole here. */
  const mendModel = (branch: Branch, by: Source, now: Now): void => {
    const model = branches.get(branches.model(now) as PeerId);
    if (model === undefined || isGrown(branch) || !links.has(by as PeerId)) return;
    model.children.add(by as PeerId);
    outbox.send(by as PeerId, { type: 'graft', ids: [model.lastId] });
  };

  const announce = (record: SignedRecord, from: Source, now: Now): void => {
    for (const [peer, link] of links) {
      if (peer !== from && peer !== record.author) link.sender.announce(shortIdOf(record.id), now);
    }
  };

  const onAnnounced = (from: PeerId, link: TreeLink, ids: readonly ShortId[], now: Now): void => {
    for (const id of ids) {
      link.sender.unannounce(id);
      if (!recent.knows(id)) missing.announced(id, from, now);
      else branches.alsoHad(id, from);
    }
  };

  /** A newcomer: it is passed everything, and told whose tree is borrowed here. */
  const adopt = (peer: PeerId, now: Now): void => {
    const lender = branches.get(branches.model(now) as PeerId);
    branches.adopt(peer);
    if (lender !== undefined) outbox.send(peer, { type: 'grow', ids: [lender.lastId] });
  };

  const onGrow = (from: PeerId, ids: readonly ShortId[], now: Now): void => {
    for (const id of ids) {
      const author = recent.get(id)?.author;
      if (author === undefined) growing.set(id, true, now.mono);
      else if (branches.get(author) === undefined) join(author, id, from, now);
      // It came by a borrowed tree, which is as good a beginning as any.
      else if (!isGrown(branches.get(author)!)) branches.grown(author, now);
    }
  };

  const senders = (): LinkSender[] => [...links.values()].map(({ sender }) => sender);

  /** Where our own words go. */
  const ownSenders = (): LinkSender[] => {
    const { children } = branches.get(self) ?? { children: new Set() };
    const own = [...links].filter(([peer]) => children.has(peer));
    return own.length === 0 ? senders() : own.map(([, { sender }]) => sender);
  };

  /** The tree of `author` has grown before this node came, and reaches it by `parent`. */
  const join = (author: PeerId, id: ShortId, parent: PeerId, now: Now): void => {
    branches.heard(author, id, parent, now);
    branches.grown(author, now);
  };

  const onGraft = (from: PeerId, link: TreeLink, ids: readonly ShortId[], now: Now): void => {
    if (ids.length === 0) return adopt(from, now);
    for (const id of ids) {
      branchOf(id)?.children.add(from);
      const record = recent.get(id);
      if (record === undefined) continue;
      link.sender.push(record, now);
      if (!link.grafts.take(1, now.mono)) link.floodUntil = now.mono + FLOOD_MS;
    }
  };

  return {
    onNeighbourUp(peer, _outbound, now) {
      links.set(peer, {
        sender: createLinkSender(peer, config, outbox, sendersDue),
        grafts: createTokenBucket(GRAFTS_PER_SECOND, GRAFTS_BURST, now.mono),
        floodUntil: Number.NEGATIVE_INFINITY,
      });
      if (links.size === 1) askForAll(peer, now);
      // Own words take the straight way to every neighbour once the own tree has been grown.
      const own = branches.get(self);
      if (own !== undefined && isGrown(own)) own.children.add(peer);
      askFor(peer, branches.takeOrphans(self, peer));
    },

    onNeighbourDown(peer, now) {
      links.get(peer)?.sender.close();
      links.delete(peer);
      // A child has it from us: it is nobody to get it from.
      const substitute = ({ children }: Branch) => rng.pick([...links.keys()].filter(other => !children.has(other)));
      for (const [next, ids] of branches.remove(peer, substitute)) askFor(next, ids);
      if (peer === guide) {
        guide = undefined;
        if (now.mono - guidedAt < NEWCOMER_MS) askForAll(rng.pick([...links.keys()]), now);
      }
    },

    onRecordAccepted(record, from, now) {
      const id = shortIdOf(record.id);
      recent.note(record.id, now);
      asked = missing.arrived(id, from, now) ? id : undefined;
    },

    onRecordStored(record, from, path, now) {
      recent.add(record, now);
      const id = shortIdOf(record.id);
      if (path === 'sync' && growing.has(id) && guide !== undefined) join(record.author, id, guide, now);
      if (path === 'sync' && !isFresh(record, config, now)) return;
      if (path === 'sync' && from !== record.author) announce(record, from, now);
      else spread(record, from, path, now);
    },

    onRecordComing(recordId, from, now) {
      recent.note(recordId, now);
      missing.arrived(shortIdOf(recordId), from, now);
    },

    onRecordDuplicate(recordId: RecordId, from: Source, path: Path, now: Now) {
      const link = path === 'push' ? links.get(from as PeerId) : undefined;
      if (link === undefined) return;
      const id = shortIdOf(recordId);
      // The parent's own second copy, after a graft that crossed the first, is no reason to part.
      if (branches.authorOf(id) !== undefined && branchOf(id)?.parent === from) return;
      branches.alsoHad(id, from as PeerId);
      link.sender.refuse(id, now);
    },

    onFrame(from, frame, now) {
      const link = links.get(from);
      if (link === undefined) return;
      switch (frame.type) {
        case 'ihave':
          return onAnnounced(from, link, frame.ids, now);
        case 'graft':
          return onGraft(from, link, frame.ids, now);
        case 'prune':
          for (const id of frame.ids) branchOf(id)?.children.delete(from);
          return;
        case 'grow':
          return onGrow(from, frame.ids, now);
        case 'pull':
          return;
      }
    },

    onLinkDrained: (peer, now) => links.get(peer)?.sender.onDrained(now),

    onWake(now) {
      recent.expire(now);
      for (const link of links.values()) link.sender.onWake(now);
      const dueAt = missing.nextDueAt();
      if (dueAt === undefined || now.mono < dueAt) return;
      for (const [peer, ids] of missing.takeDue(other => links.has(other), now)) {
        outbox.send(peer, { type: 'graft', ids });
      }
    },

    nextWakeAt() {
      const next = Math.min(missing.nextDueAt() ?? Number.POSITIVE_INFINITY, sendersDue.at());
      return next === Number.POSITIVE_INFINITY ? undefined : (next as MonoMs);
    },

    flush() {
      for (const { sender } of links.values()) sender.flush();
    },

    isCongested: () => isCongested(ownSenders(), config),
    waitingBytes: () => waitingBytesOf(senders()),
  };
}
