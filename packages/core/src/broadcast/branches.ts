/**
 * This node's part of each author's tree: over which link the author's words come, and to whom they are passed
 * on. A tree that all authors share is twice as deep as the shortest way from any of them, whatever its root;
 * one tree for each author costs a hundred bytes a member. An author whose tree has not grown yet borrows that of
 * the author with the smallest id among the others: all nodes borrow the same one without talking about it.
 */
import { headOf } from '../lib/bytes.ts';
import { createExpiringMap } from '../lib/expiring-map.ts';
import type { Now, PeerId, ShortId } from '../types.ts';
import {
  addChild,
  type Children,
  createLending,
  dropChild,
  forgetChild,
  isChild,
  setChildren,
  without,
} from './children.ts';
import type { Room } from './growth.ts';

export interface Branch extends Children {
  /** Whose copy came first; missing for our own words, and when nobody is left to get it from. */
  parent: PeerId | undefined;
  /** The first other neighbour that had a record of the author: the next best way. */
  backup: PeerId | undefined;
  lastId: ShortId;
  /** Whole milliseconds: a fraction would take an object of its own for each author. */
  heardAt: number;
  /** In which rounds its tree grew over every link, the last first; none while it has no tree of its own. */
  rounds: readonly number[];
  /** When it grew last, in whole milliseconds. */
  grownAt: number;
}

/** What of a wave is remembered. */
export type Growing = Pick<Branch, 'rounds' | 'grownAt'>;

/** A tree that has just grown: by whom its wave came first, and who did not send it as well. */
export interface Wave extends Growing {
  /** Missing for our own. */
  parent: PeerId | undefined;
  children: PeerId[];
}

/** The first 8 bytes of an author's key. */
export type Author = ShortId;

/** One string for each author, as long as no other takes its place: every record asks for it. */
const named = new Array<{ readonly peer: PeerId; readonly author: Author } | undefined>(4_096);

export function authorIdOf(peer: PeerId): Author {
  const place = (peer.charCodeAt(0) * 961 + peer.charCodeAt(1) * 31 + peer.charCodeAt(2)) % named.length;
  const known = named[place];
  if (known?.peer === peer) return known.author;
  const author = headOf(peer, AUTHOR_DIGITS);
  named[place] = { peer, author };
  return author;
}

export interface Branches {
  size(): number;
  room(): Room;
  get(author: Author | undefined): Branch | undefined;
  /** `author` said something new. A tree is borrowed when it has none. */
  heard(author: Author, id: ShortId, parent: PeerId | undefined, now: Now): Branch;
  /** The tree of `author` has grown. Of who is no member it is remembered, and counts once it is heard. */
  grown(author: Author, wave: Wave, isMember?: boolean): void;
  /** It is a member: a tree that had grown before counts from now on. */
  named(author: Author, now: Now): void;
  /** It said something that took the lender's tree. */
  renew(author: Author, now: Now): void;
  /** When its tree grew last, and in which rounds, the last first. */
  lastWave(author: Author): Growing | undefined;
  /** The same wave came by `peer` as well: it has a parent of its own. */
  hasOther(author: Author, peer: PeerId): void;
  /** It has said goodbye. */
  forget(author: Author): void;
  /** Is this author's tree borrowed, as far as is known? */
  isModel(author: Author): boolean;
  /** Whose tree is borrowed by those that have none. */
  model(now: Now): Author | undefined;
  /** `peer` wants everything from everybody, and so does it from authors to come. */
  adopt(peer: PeerId): void;
  /** `peer` had this record as well: it counts when it is the author's last. */
  alsoHad(author: Author | undefined, id: ShortId, peer: PeerId): void;
  /**
   * `peer` is gone. The authors that came by it, by the neighbour that comes next;
   * `substitute` names one when none is known.
   */
  remove(peer: PeerId, substitute: (branch: Branch) => PeerId | undefined): ReadonlyMap<PeerId, readonly Author[]>;
  /** Others whose tree does not reach this node any more; from now on by `parent`. */
  takeOrphans(self: Author, parent: PeerId): readonly Author[];
}

const AUTHOR_DIGITS = 16;
const NEVER_GROWN: readonly number[] = [];
const MAX_AUTHORS = 4_096;
/** For each word so many authors are looked at in turn, and when there are too many the most silent of so many goes. */
const LOOK_AT = 2;
const CHOOSE_FROM = 16;
/** A wave has run through the largest room by then. */
const SETTLING_MS = 1_000;
const MAX_WAVES = 512;
const LIFETIME_MS = 300_000;
/** Members of a small room restate their presence once a minute: who missed two turns is nobody to follow. */
const MODEL_MS = 150_000;

/** `patience`: how many times as seldom as in a small room the members of this one restate their presence. */
export function createBranches(patience: () => number = () => 1): Branches {
  const branches = new Map<Author, Branch>();
  let turn = branches.entries();
  const lend = createLending();
  /** Neighbours that want everything; they alone are passed what comes before any tree is known. */
  const adopted = new Set<PeerId>();
  /** Of authors that have not been heard yet. */
  const waves = createExpiringMap<Author, Wave>(MAX_WAVES, MODEL_MS);
  let model: Author | undefined;
  let arrivals = 0;
  /** Has any tree grown yet? A newcomer that learns of thousands has nobody to look for among them. */
  let hasGrown = false;

  const forget = (author: Author): void => {
    branches.delete(author);
    if (model === author) model = undefined;
  };

  const begin = (author: Author, branch: Branch): void => {
    arrivals += 1;
    const wave = waves.get(author);
    if (wave !== undefined) grow(author, branch, wave);
    waves.delete(author);
  };

  const grow = (author: Author, branch: Branch, wave: Wave): void => {
    // Who was the next best way before may hang on us now.
    hasGrown = true;
    branch.parent = wave.parent;
    branch.backup = undefined;
    setChildren(branch, wave.children, false);
    branch.rounds = wave.rounds;
    branch.grownAt = wave.grownAt;
    if (model !== undefined && author < model) model = author;
  };

  /** Goes round and round: to keep them in the order of their last words would cost each word more than this does. */
  const nextInTurn = (): [Author, Branch] | undefined => {
    let { value } = turn.next();
    if (value === undefined) {
      turn = branches.entries();
      value = turn.next().value;
    }
    return value;
  };

  const expire = (now: Now): void => {
    const lifetimeMs = patience() * LIFETIME_MS;
    for (let i = 0; i < LOOK_AT; i++) {
      const [author, branch] = nextInTurn() ?? [];
      if (author !== undefined && now.mono - branch!.heardAt >= lifetimeMs) forget(author);
    }
    while (branches.size > MAX_AUTHORS) forget(mostSilent());
  };

  const mostSilent = (): Author => {
    let [chosen, { heardAt }] = nextInTurn()!;
    for (let i = 1; i < CHOOSE_FROM; i++) {
      const [author, branch] = nextInTurn()!;
      if (branch.heardAt < heardAt) [chosen, heardAt] = [author, branch.heardAt];
    }
    return chosen;
  };

  const isModel = (branch: Branch, now: Now): boolean =>
    isGrown(branch) && now.mono - branch.heardAt < patience() * MODEL_MS;

  const modelOf = (now: Now): Author | undefined => {
    const known = model === undefined ? undefined : branches.get(model);
    if (known !== undefined && isModel(known, now)) return model;
    model = undefined;
    if (!hasGrown) return undefined;
    for (const [author, branch] of branches) {
      if (isModel(branch, now) && (model === undefined || author < model)) model = author;
    }
    return model;
  };

  const borrow = (branch: Branch, now: Now): void => {
    const lender = branches.get(modelOf(now) as Author);
    if (lender !== undefined) lend(branch, lender);
  };

  /** Of a member that this node has not heard itself. */
  const make = (author: Author, mono: number): Branch => {
    const branch = begun('', undefined, { mono } as Now);
    branches.set(author, branch);
    return branch;
  };

  const begun = (id: ShortId, parent: PeerId | undefined, now: Now): Branch => ({
    parent,
    backup: undefined,
    children: [...adopted],
    isBorrowed: false,
    except: undefined,
    lastId: id,
    heardAt: Math.ceil(now.mono),
    rounds: NEVER_GROWN,
    grownAt: 0,
  });

  return {
    size: () => branches.size,
    room: () => ({ authors: branches.size, arrivals }),
    get: author => branches.get(author as Author),
    isModel: author => model === author,
    model: modelOf,
    heard(author, id, parent, now) {
      const known = branches.get(author);
      const branch = known ?? begun(id, parent, now);
      if (known === undefined) begin(author, branch);
      // Borrowed anew with every word: what was refused or asked for since belongs to the lender's tree.
      if (!isGrown(branch)) borrow(branch, now);
      branch.lastId = id;
      branch.heardAt = Math.ceil(now.mono);
      if (parent !== undefined && !isSettling(branch, now)) {
        branch.parent = parent;
        dropChild(branch, parent);
      }
      if (branch.parent === branch.backup) branch.backup = undefined;
      if (known === undefined) branches.set(author, branch);
      expire(now);
      return branch;
    },
    grown(author, wave, isMember = false) {
      const branch = branches.get(author);
      waves.expire(wave.grownAt);
      if (branch !== undefined) grow(author, branch, wave);
      else if (isMember) grow(author, make(author, wave.grownAt), wave);
      else waves.set(author, wave, wave.grownAt);
    },
    named(author, now) {
      const wave = waves.size === 0 ? undefined : waves.get(author);
      if (wave === undefined || branches.has(author)) return;
      begin(author, make(author, now.mono));
    },
    renew(author, now) {
      const branch = branches.get(author);
      if (branch !== undefined) branch.heardAt = Math.ceil(now.mono);
    },
    lastWave(author) {
      const branch = branches.get(author);
      return isGrown(branch) ? branch : branch === undefined ? waves.get(author) : undefined;
    },
    hasOther(author, peer) {
      const branch = branches.get(author);
      if (branch === undefined) {
        const wave = waves.get(author);
        if (wave !== undefined && wave.parent !== peer) wave.children = without(wave.children, peer);
      } else if (branch.parent !== peer) {
        dropChild(branch, peer);
        branch.backup ??= peer;
      }
    },
    forget,
    adopt(peer) {
      adopted.add(peer);
      for (const branch of branches.values()) if (branch.parent !== peer) addChild(branch, peer);
    },
    alsoHad(author, id, peer) {
      const branch = branches.get(author as Author);
      if (branch?.lastId === id && branch.parent !== peer && !isChild(branch, peer)) branch.backup ??= peer;
    },
    remove(peer, substitute) {
      adopted.delete(peer);
      for (const [, wave] of waves.entries()) {
        wave.children = without(wave.children, peer);
        if (wave.parent === peer) wave.parent = undefined;
      }
      const orphans = new Map<PeerId, Author[]>();
      for (const [author, branch] of branches) {
        forgetChild(branch, peer);
        if (branch.backup === peer) branch.backup = undefined;
        if (branch.parent !== peer) continue;
        const next = branch.backup ?? substitute(branch);
        branch.parent = next;
        branch.backup = undefined;
        if (next === undefined) continue;
        const list = orphans.get(next);
        if (list === undefined) orphans.set(next, [author]);
        else list.push(author);
      }
      return orphans;
    },
    takeOrphans(self, parent) {
      const orphans: Author[] = [];
      for (const [author, branch] of branches) {
        if (branch.parent !== undefined || author === self || author === authorIdOf(parent)) continue;
        branch.parent = parent;
        orphans.push(author);
      }
      return orphans;
    },
  };
}

/** What is said while the wave runs goes other ways, and is no reason to leave the one that the wave found. */
function isSettling(branch: Branch, now: Now): boolean {
  return branch.parent !== undefined && isGrown(branch) && now.mono - branch.grownAt < SETTLING_MS;
}

export function isGrown(branch: Branch | undefined): boolean {
  return branch !== undefined && branch.rounds.length > 0;
}
