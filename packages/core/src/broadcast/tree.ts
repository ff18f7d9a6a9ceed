/**
 * Plumtree (Leitão, Pereira, Rodrigues 2007) with a tree for each author: records flow along the tree and are
 * announced over all other links. A copy too many is refused, for its author alone; an announcement that is not
 * followed by its record grafts the link it came by. Differences from the paper: a tree grows when its author
 * says so, over every link, and is borrowed before that (docs/adr/0007); hop optimisation is off (with it
 * redundancy rose from 0 to 0.4), but who is late again and again is raced by another; what a sync brought is
 * announced and not pushed, unless it is its author's own first word to us; patience is learned.
 */

import type { Source } from '../fact.ts';
import { activityOf } from '../identity/presence-value.ts';
import { type SignedRecord, shortIdOf } from '../identity/record.ts';
import { createEarliest } from '../lib/earliest.ts';
import { createTokenBucket, type TokenBucket } from '../lib/token-bucket.ts';
import type { MonoMs, Now, PeerId, ShortId } from '../types.ts';
import type { Frame } from '../wire/frame.ts';
import { wireLimits } from '../wire/limits.ts';
import { type Author, authorIdOf, type Branch, type Branches, createBranches, isGrown } from './branches.ts';
import { createBrought } from './brought.ts';
import { addChild, dropChild, isChild, without } from './children.ts';
import { isCongested, waitingBytesOf } from './congestion.ts';
import { isFresh } from './fresh.ts';
import { createGrowth, isLarge, type Room, renewalsOf } from './growth.ts';
import { createHoles } from './holes.ts';
import { createLateness } from './lateness.ts';
import { createLinkSender, type LinkSender } from './link-sender.ts';
import { type Arrival, createMissing } from './missing.ts';
import type { Broadcast, BroadcastTools } from './mode.ts';
import { createRecent, type Parcel } from './recent.ts';
import { createShared } from './shared.ts';

interface TreeLink {
  readonly peer: PeerId;
  readonly sender: LinkSender;
  /** Late records that the neighbour had to ask for. */
  readonly grafts: TokenBucket;
  /** Until then everything is pushed: the trees do not hold on this link. */
  floodUntil: number;
}

/** Waves passed on for others. A liar's make others' wait: they are borrowed for longer, and nothing is lost. */
const WAVES_PER_SECOND = 20;
const WAVES_BURST = 100;
/** Once so many have passed of late a wave of our own waits: others would not pass it on. */
const WAVES_BUSY = 50;
const GROW_AGAIN_MS = 2_000;
/** Of each author: as many waves as a slow link may hold up, one every ten seconds. */
const MAX_ROUNDS = 4;
/** Grafts for more records than this, and the link is flooded for a while. */
const GRAFTS_PER_SECOND = 5;
const GRAFTS_BURST = 100;
const FLOOD_MS = 10_000;
/** Presence is restated within so long: before, there are authors whose tree this node has not seen. */
const NEWCOMER_MS = 90_000;

export function createTree(tools: BroadcastTools, startedAt: Now): Broadcast {
  const { self: me, config, outbox, rng, members, isMember } = tools;
  const links = new Map<PeerId, TreeLink>();
  const sendersDue = createEarliest(() => earliestOf(links.values()));
  const recent = createRecent();
  const missing = createMissing(config);
  const lateness = createLateness();
  const branches: Branches = createBranches(() => renewalsOf(room(), config));
  const growth = createGrowth(config, rng, startedAt);
  const self = authorIdOf(me);
  let round = rng.uint32();
  const brought = createBrought(config, startedAt);
  const budget = createTokenBucket(WAVES_PER_SECOND, WAVES_BURST, startedAt.mono);
  /** The neighbour that was asked for everything, and when. */
  let guide: PeerId | undefined;
  let guidedAt = Number.NEGATIVE_INFINITY;
  /** What was known of the record accepted last before it came. */
  let arrival: (Arrival & { readonly id: ShortId }) | undefined;

  const room = (): Room => roomOf(members(), branches);
  const shared = createShared(branches, room, config);

  /** When our own tree grows anew, or `latest`; never while there is nobody to reach, or nothing to grow it with. */
  const growAt = (latest: number): number => {
    if (links.size === 0) return latest;
    const at = growth.dueAt(room(), branches.isModel(self));
    // Looked up last: asked after every input, it is rarely the first thing to come.
    return at < latest && branches.get(self) !== undefined ? at : latest;
  };

  /** A refusal that came behind the graft would undo it. */
  const graft = (peer: PeerId, ids: readonly ShortId[], authors: readonly Author[]): void => {
    links.get(peer)?.sender.sendRefusals();
    outbox.send(peer, { type: 'graft', ids, authors });
  };

  const askForAll = (peer: PeerId | undefined, now: Now): void => {
    guide = peer;
    guidedAt = now.mono;
    if (peer !== undefined) graft(peer, [], []);
  };

  /** What is beyond one frame is announced in time, and asked for then. */
  const follow = (peer: PeerId, authors: readonly Author[]): void => {
    if (authors.length === 0) return;
    graft(peer, [], authors.slice(0, wireLimits.idsPerList));
  };

  const holes = createHoles(branches, follow);
  const branchOf = (id: ShortId): Branch | undefined => branches.get(recent.authorOf(id));

  /** `peer` is the parent: what was refused of the author before, or before anybody knew whose it is, is not. */
  const welcome = (peer: PeerId | undefined, author: Author): void => {
    if (peer !== undefined) links.get(peer)?.sender.unrefuse(id => recent.authorOf(id) === author);
  };

  /** A wave, on to every link but the one it came by. */
  const passOn = (author: Author, at: number, parent: PeerId | undefined, now: Now): void => {
    const children = without([...links.keys()], parent);
    for (const peer of children) outbox.send(peer, { type: 'grow', author, round: at });
    const rounds = [at, ...(branches.lastWave(author)?.rounds ?? [])].slice(0, MAX_ROUNDS);
    branches.grown(author, { parent, children, rounds, grownAt: now.mono }, isMember(author));
    welcome(parent, author);
  };

  const growOwn = (now: Now): void => {
    growth.onGrown(room(), now);
    round = (round + 1) >>> 0;
    passOn(self, round, undefined, now);
  };

  const growInTurn = (now: Now): void => {
    const waitMs = isLarge(room()) ? budget.waitMs(WAVES_BUSY, now.mono) : 0;
    if (waitMs === 0 || !growth.postpone(room(), waitMs, now)) growOwn(now);
  };

  const spread = (record: SignedRecord, from: Source, alsoBy: Source, announceAfterMs: number, now: Now): void => {
    const parcel: Parcel = recent.get(record.shortId) ?? record;
    const { author, kind, shortId: id } = record;
    if (from === 'self') growth.onSaid(kind, now);
    const lent = shared.treeOf(author, kind, now);
    if (lent !== undefined) branches.renew(authorIdOf(author), now);
    const branch = lent ?? branchFor(record, from, now);
    const isAsked = arrival?.id === id && arrival.wasAsked;
    if (isAsked && (lent !== undefined || !isGrown(branch))) holes.asked(id, from as PeerId, now);
    const isLast = from === 'self' && isLastWord(record);
    for (const { peer, sender, floodUntil } of links.values()) {
      if (peer === from || peer === alsoBy || peer === author) continue;
      const isNext = isChild(branch, peer) || lent?.parent === peer;
      if (isLast || isNext || now.mono < floodUntil) sender.push(parcel, now, shared.tickMs(kind));
      else sender.announce(id, now, announceAfterMs);
    }
    if (kind === 'leave') branches.forget(authorIdOf(author));
  };

  /** Its author's own, or a borrowed one. */
  const branchFor = (record: SignedRecord, from: Source, now: Now): Branch => {
    const author = authorIdOf(record.author);
    const id = record.shortId;
    // The first words of a room: there is no tree to borrow yet.
    const isFirst = from === 'self' && links.size > 0 && branches.model(now) === undefined;
    if (isFirst && record.kind !== 'leave') growOwn(now);
    const branch = branches.heard(author, id, links.has(from as PeerId) ? (from as PeerId) : undefined, now);
    welcome(branch.parent, author);
    const before = arrival?.id === id ? arrival : undefined;
    const isInTime = !before?.wasAsked && branch.parent === from;
    if (isInTime && isGrown(branch)) tryAnother(author, branch, before?.announcer, now);
    return branch;
  };

  /**
   * The parent is late again and again: the next word comes by way of `announcer` as well, and whoever is second is
   * refused. So the parent's place is taken by a faster copy alone: never by one that came by way of us, nor by a liar
   * that announces what it has not got.
   */
  const tryAnother = (author: Author, branch: Branch, announcer: PeerId | undefined, now: Now): void => {
    const isLate = announcer !== undefined && links.has(announcer) && !isChild(branch, announcer);
    if (lateness.heard(author, isLate, now) && isLate) follow(announcer, [author]);
  };

  const announce = (record: SignedRecord, from: Source, waitMs: number, now: Now): void => {
    const { shortId } = record;
    for (const [peer, link] of links) {
      if (peer !== from && peer !== record.author) link.sender.announce(shortId, now, waitMs);
    }
  };

  const onAnnounced = (from: PeerId, link: TreeLink, ids: readonly ShortId[], now: Now): void => {
    for (const id of ids) {
      link.sender.unannounce(id);
      if (!recent.knows(id)) missing.announced(id, from, now);
      else branches.alsoHad(recent.authorOf(id), id, from);
    }
  };

  /** A newcomer: it is passed everything, and told whose tree is borrowed here. */
  const adopt = (peer: PeerId, now: Now): void => {
    branches.adopt(peer);
    tellOfTree(peer, branches.model(now));
  };

  const tellOfTree = (peer: PeerId, author: Author | undefined): void => {
    const tree = branches.get(author);
    const latest = tree?.rounds[0];
    if (author !== undefined && latest !== undefined) outbox.send(peer, { type: 'grow', author, round: latest });
  };

  const senders = (): LinkSender[] => [...links.values()].map(({ sender }) => sender);

  /** Where our own words go. */
  const ownSenders = (): LinkSender[] => {
    const branch = branches.get(self);
    const own = branch === undefined ? [] : [...links].filter(([peer]) => isChild(branch, peer));
    return own.length === 0 ? senders() : own.map(([, { sender }]) => sender);
  };

  const onGrow = (from: PeerId, author: Author, at: number, now: Now): void => {
    const known = branches.lastWave(author);
    if (known?.rounds[0] === at) return branches.hasOther(author, from);
    // A wave that a slow link held up behind the next would chase it in circles.
    if (known?.rounds.includes(at)) return;
    const isSoon = known !== undefined && now.mono - known.grownAt < GROW_AGAIN_MS;
    if (author !== self && !isSoon && budget.take(1, now.mono)) passOn(author, at, from, now);
  };

  const onGraft = (from: PeerId, link: TreeLink, frame: Extract<Frame, { type: 'graft' }>, now: Now): void => {
    const { ids, authors } = frame;
    if (ids.length + authors.length === 0) return adopt(from, now);
    const addTo = (branch: Branch | undefined): void => {
      if (branch !== undefined) addChild(branch, from);
    };
    for (const author of authors) addTo(branches.get(author));
    for (const id of ids) {
      const parcel = recent.get(id);
      if (parcel === undefined || !shared.is(parcel.kind)) addTo(branchOf(id));
      if (parcel === undefined) continue;
      link.sender.push(parcel, now);
      if (!link.grafts.take(1, now.mono)) link.floodUntil = now.mono + FLOOD_MS;
    }
  };

  return {
    onNeighbourUp(peer, _outbound, now) {
      links.set(peer, {
        peer,
        sender: createLinkSender(peer, config, outbox, sendersDue),
        grafts: createTokenBucket(GRAFTS_PER_SECOND, GRAFTS_BURST, now.mono),
        floodUntil: Number.NEGATIVE_INFINITY,
      });
      if (links.size === 1) askForAll(peer, now);
      // Own words take the straight way to every neighbour once the own tree has been grown.
      const own = branches.get(self);
      if (own !== undefined && isGrown(own)) addChild(own, peer);
      tellOfTree(peer, self);
      follow(peer, branches.takeOrphans(self, peer));
    },

    onNeighbourDown(peer, now) {
      links.get(peer)?.sender.close();
      links.delete(peer);
      // A child has it from us: it is nobody to get it from.
      const substitute = (branch: Branch) => rng.pick([...links.keys()].filter(other => !isChild(branch, other)));
      for (const [next, ids] of branches.remove(peer, substitute)) follow(next, ids);
      if (peer === guide) {
        guide = undefined;
        if (now.mono - guidedAt < NEWCOMER_MS) askForAll(rng.pick([...links.keys()]), now);
      }
    },

    onRecordAccepted(record, from, now) {
      const id = record.shortId;
      recent.note(id, now);
      const known = missing.arrived(id, from, now);
      arrival = known && { ...known, id };
    },

    onRecordStored(record, from, path, now, isRenewal) {
      branches.named(authorIdOf(record.author), now);
      recent.add(record, now);
      const afterMs = shared.announceAfterMs(record.kind, isRenewal === true);
      if (path !== 'sync' || (from === record.author && isFresh(record, config, now))) {
        return spread(record, from, from, afterMs, now);
      }
      if (isFresh(record, config, now) && brought.mayAnnounce(record.shortId, from, now))
        announce(record, from, afterMs, now);
    },

    onRecordDropped: record => recent.release(record.shortId),

    onRecordComing: (id, now) => missing.coming(shortIdOf(id), now),

    onRecordDuplicate(record, from, path, now) {
      const id = record.shortId;
      // Brought by two, it is left to sync.
      const by = brought.takeHeldBack(id);
      const link = path === 'push' ? links.get(from as PeerId) : undefined;
      if (link === undefined) return;
      holes.slow(id);
      const parcel = recent.get(id);
      if (parcel !== undefined && by !== undefined)
        return spread(record, from, by, shared.announceAfterMs(record.kind, false), now);
      if (parcel !== undefined && shared.is(parcel.kind)) return;
      // The parent's own second copy, after a graft that crossed the first, is no reason to part.
      const branch = branchOf(id);
      if (branch?.parent === from) return;
      branches.alsoHad(recent.authorOf(id), id, from as PeerId);
      link.sender.refuse(id, now);
    },

    onFrame(from, frame, now) {
      const link = links.get(from);
      if (link === undefined) return;
      switch (frame.type) {
        case 'ihave':
          return onAnnounced(from, link, frame.ids, now);
        case 'graft':
          return onGraft(from, link, frame, now);
        case 'prune':
          for (const id of frame.ids) {
            const branch = branchOf(id);
            if (branch !== undefined) dropChild(branch, from);
          }
          return;
        case 'grow':
          return onGrow(from, frame.author, frame.round, now);
        case 'pull':
          return;
      }
    },

    onLinkDrained: (peer, now) => links.get(peer)?.sender.onDrained(now),

    onWake(now) {
      recent.expire(now);
      brought.expire(now);
      for (const link of links.values()) link.sender.onWake(now);
      if (now.mono >= growAt(Number.POSITIVE_INFINITY)) growInTurn(now);
      if (now.mono >= holes.nextDueAt()) holes.mend(peer => links.has(peer), now);
      const dueAt = missing.nextDueAt();
      if (dueAt === undefined || now.mono < dueAt) return;
      for (const [peer, ids] of missing.takeDue(other => links.has(other), now)) {
        for (let at = 0; at < ids.length; at += wireLimits.idsPerList) {
          graft(peer, ids.slice(at, at + wireLimits.idsPerList), []);
        }
      }
    },

    nextWakeAt() {
      const next = growAt(
        Math.min(missing.nextDueAt() ?? Number.POSITIVE_INFINITY, sendersDue.at(), holes.nextDueAt()),
      );
      return next === Number.POSITIVE_INFINITY ? undefined : (next as MonoMs);
    },

    flush() {
      for (const { sender } of links.values()) sender.flush();
    },

    isCongested: () => isCongested(ownSenders(), config),
    waitingBytes: () => waitingBytesOf(senders()),
  };
}

/** Who is a member is known long before it says a word; where nobody states a presence it is who was heard. */
function roomOf({ others, arrivals }: ReturnType<BroadcastTools['members']>, branches: Branches): Room {
  return others === 0 ? branches.room() : { authors: others + 1, arrivals };
}

/** Who leaves, or is stopped, will not be there to be asked for what it only announced. */
function isLastWord(record: SignedRecord): boolean {
  return record.kind === 'leave' || (record.kind === 'presence' && activityOf(record) === 'asleep');
}

function earliestOf(links: Iterable<TreeLink>): number {
  let next = Number.POSITIVE_INFINITY;
  for (const { sender } of links) next = Math.min(next, sender.nextWakeAt());
  return next;
}
