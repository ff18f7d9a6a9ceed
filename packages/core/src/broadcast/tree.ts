/**
 * Plumtree (Leitão, Pereira, Rodrigues 2007): records flow along a tree of eager links and are announced over
 * the lazy ones. A duplicate prunes the link it came by; an announcement that is not followed by its record
 * grafts the link it came by. Differences from the paper: hop optimisation is off (with it redundancy rose from
 * 0 to 0.4); a further link of a node that has the tree already begins lazy; what a sync brought is announced
 * and not pushed, unless it is its author's own first word to us; patience is learned.
 */

import type { Path, Source } from '../fact.ts';
import type { SignedRecord } from '../identity/record.ts';
import type { MonoMs, Now, PeerId, RecordId } from '../types.ts';
import type { ShortId } from '../wire/frame.ts';
import { isFresh } from './fresh.ts';
import { createLinkSender, type LinkSender } from './link-sender.ts';
import { createMissing } from './missing.ts';
import type { Broadcast, BroadcastTools } from './mode.ts';
import { createRecent, shortIdOf } from './recent.ts';

interface TreeLink {
  readonly sender: LinkSender;
  eager: boolean;
  prunedAt: number;
}

/** A neighbour that goes on pushing after a prune has not heard it: said again, but not for every record. */
const PRUNE_AGAIN_MS = 1_000;

export function createTree({ config, outbox, rng }: BroadcastTools): Broadcast {
  const links = new Map<PeerId, TreeLink>();
  const recent = createRecent();
  const missing = createMissing(config);

  const hasEager = (): boolean => {
    for (const link of links.values()) if (link.eager) return true;
    return false;
  };

  const prune = (peer: PeerId, link: TreeLink, now: Now): void => {
    if (!link.eager && now.mono - link.prunedAt < PRUNE_AGAIN_MS) return;
    link.eager = false;
    link.prunedAt = now.mono;
    outbox.send(peer, { type: 'prune' });
  };

  const graft = (peer: PeerId, ids: readonly ShortId[]): void => {
    const link = links.get(peer);
    if (link === undefined) return;
    link.eager = true;
    outbox.send(peer, { type: 'graft', ids });
  };

  /** Without any eager link a node would learn everything late: one of the lazy ones takes over. */
  const keepConnected = (): void => {
    if (links.size === 0 || hasEager()) return;
    graft(rng.pick([...links.keys()])!, []);
  };

  const spread = (record: SignedRecord, from: Source, eagerly: boolean, now: Now): void => {
    const id = shortIdOf(record.id);
    for (const [peer, link] of links) {
      if (peer === from || peer === record.author) continue;
      if (eagerly && link.eager) link.sender.push(record, now);
      else link.sender.announce(id, now);
    }
  };

  const answerGraft = (link: TreeLink, ids: readonly ShortId[], now: Now): void => {
    link.eager = true;
    for (const id of ids) {
      const record = recent.get(id);
      if (record !== undefined) link.sender.push(record, now);
    }
  };

  return {
    onNeighbourUp(peer, outbound, now) {
      const link: TreeLink = {
        sender: createLinkSender(peer, config, outbox),
        eager: true,
        prunedAt: Number.NEGATIVE_INFINITY,
      };
      const further = hasEager();
      links.set(peer, link);
      if (outbound && further) prune(peer, link, now);
    },

    onNeighbourDown(peer) {
      links.delete(peer);
      keepConnected();
    },

    onRecordAccepted(record, from, now) {
      const id = shortIdOf(record.id);
      recent.note(record.id, now);
      missing.arrived(id, from, now);
    },

    onRecordStored(record, from, path, now) {
      recent.add(record, now);
      const parent = path === 'push' ? links.get(from as PeerId) : undefined;
      if (parent !== undefined) parent.eager = true;
      const firstWord = path === 'sync' && from === record.author;
      if (path === 'sync' && !isFresh(record, config, now)) return;
      spread(record, from, path !== 'sync' || firstWord, now);
    },

    onRecordDuplicate(_id: RecordId, from: Source, path: Path, now: Now) {
      const link = path === 'push' ? links.get(from as PeerId) : undefined;
      if (link !== undefined) prune(from as PeerId, link, now);
    },

    onFrame(from, frame, now) {
      const link = links.get(from);
      if (link === undefined) return;
      switch (frame.type) {
        case 'ihave':
          for (const id of frame.ids) if (!recent.knows(id)) missing.announced(id, from, now);
          return;
        case 'graft':
          return answerGraft(link, frame.ids, now);
        case 'prune':
          link.eager = false;
          return keepConnected();
        case 'pull':
          return;
      }
    },

    onWake(now) {
      recent.expire(now);
      for (const link of links.values()) link.sender.onWake(now);
      const dueAt = missing.nextDueAt();
      if (dueAt === undefined || now.mono < dueAt) return;
      for (const [peer, ids] of missing.takeDue(other => links.has(other), now)) graft(peer, ids);
    },

    nextWakeAt() {
      let next: number = missing.nextDueAt() ?? Number.POSITIVE_INFINITY;
      for (const link of links.values()) next = Math.min(next, link.sender.nextWakeAt());
      return next === Number.POSITIVE_INFINITY ? undefined : (next as MonoMs);
    },

    flush(now) {
      for (const link of links.values()) link.sender.flush(now);
    },
  };
}
