/**
 * This node's part of each author's tree: over which link the author's words come, and to whom they are passed
 * on. A tree that all authors share is twice as deep as the shortest way from any of them, whatever its root;
 * one tree for each author costs a hundred bytes a member. An author whose tree has not grown yet borrows that of
 * the author with the smallest id among the others: all nodes borrow the same one without talking about it.
 */
import type { MonoMs, Now, PeerId } from '../types.ts';
import type { ShortId } from '../wire/frame.ts';

export interface Branch {
  /** Whose copy came first; missing for our own words, and when nobody is left to get it from. */
  parent: PeerId | undefined;
  /** The first other neighbour that had a record of the author: the next best way. */
  backup: PeerId | undefined;
  children: Set<PeerId>;
  lastId: ShortId;
  heardAt: MonoMs;
  /** When its tree was grown over every link. */
  grownAt: number;
}

export interface Branches {
  readonly size: number;
  get(author: PeerId): Branch | undefined;
  /** Whose record this is, if it is its author's last. */
  authorOf(id: ShortId): PeerId | undefined;
  /** `author` said something new. A tree is borrowed when it has none. */
  heard(author: PeerId, id: ShortId, parent: PeerId | undefined, now: Now): Branch;
  grown(author: PeerId, now: Now): void;
  /** Whose tree is borrowed by those that have none. */
  model(now: Now): PeerId | undefined;
  /** `peer` wants everything from everybody, and so does it from authors to come. */
  adopt(peer: PeerId): void;
  /** `peer` had the author's last record as well. */
  alsoHad(id: ShortId, peer: PeerId): void;
  /**
   * `peer` is gone. The last words of the authors that came by it, by the neighbour that comes next;
   * `substitute` names one when none is known.
   */
  remove(peer: PeerId, substitute: (branch: Branch) => PeerId | undefined): ReadonlyMap<PeerId, readonly ShortId[]>;
  /** The last words of others whose tree does not reach this node any more; from now on by `parent`. */
  takeOrphans(self: PeerId, parent: PeerId): readonly ShortId[];
}

const MAX_AUTHORS = 4_096;
const LIFETIME_MS = 300_000;
/** Members restate their presence once a minute: who missed two turns is nobody to follow. */
const MODEL_MS = 150_000;

export function createBranches(): Branches {
  const branches = new Map<PeerId, Branch>();
  const authors = new Map<ShortId, PeerId>();
  /** Neighbours that want everything; they alone are passed what comes before any tree is known. */
  const adopted = new Set<PeerId>();
  let model: PeerId | undefined;
  /** Has any tree grown yet? A newcomer that learns of thousands has nobody to look for among them. */
  let hasGrown = false;

  const forget = (author: PeerId, branch: Branch): void => {
    branches.delete(author);
    authors.delete(branch.lastId);
    if (model === author) model = undefined;
  };

  const expire = (now: Now): void => {
    for (const [author, branch] of branches) {
      if (branches.size <= MAX_AUTHORS && now.mono - branch.heardAt < LIFETIME_MS) return;
      forget(author, branch);
    }
  };

  const isModel = (branch: Branch, now: Now): boolean => isGrown(branch) && now.mono - branch.heardAt < MODEL_MS;

  const modelOf = (now: Now): PeerId | undefined => {
    const known = model === undefined ? undefined : branches.get(model);
    if (known !== undefined && isModel(known, now)) return model;
    model = undefined;
    if (!hasGrown) return undefined;
    for (const [author, branch] of branches) {
      if (isModel(branch, now) && (model === undefined || author < model)) model = author;
    }
    return model;
  };

  const borrow = (now: Now): Set<PeerId> | undefined => {
    const lender = branches.get(modelOf(now) as PeerId);
    if (lender === undefined) return undefined;
    const children = new Set(lender.children);
    if (lender.parent !== undefined) children.add(lender.parent);
    return children;
  };

  return {
    get size() {
      return branches.size;
    },
    get: author => branches.get(author),
    authorOf: id => authors.get(id),
    model: modelOf,
    heard(author, id, parent, now) {
      const known = branches.get(author);
      const branch: Branch = known ?? {
        parent,
        backup: undefined,
        children: new Set(adopted),
        lastId: id,
        heardAt: now.mono,
        grownAt: Number.NEGATIVE_INFINITY,
      };
      if (known !== undefined) authors.delete(branch.lastId);
      // Borrowed anew with every word: what was refused or asked for since belongs to the lender's tree.
      if (!isGrown(branch)) branch.children = borrow(now) ?? branch.children;
      Object.assign(branch, { lastId: id, heardAt: now.mono, parent: parent ?? branch.parent });
      if (parent !== undefined) branch.children.delete(parent);
      if (branch.parent === branch.backup) branch.backup = undefined;
      // Those heard of last come last, so that the first is the one to forget.
      branches.delete(author);
      branches.set(author, branch);
      authors.set(id, author);
      expire(now);
      return branch;
    },
    grown(author, now) {
      hasGrown = true;
      branches.get(author)!.grownAt = now.mono;
      if (model !== undefined && author < model) model = author;
    },
    adopt(peer) {
      adopted.add(peer);
      for (const branch of branches.values()) if (branch.parent !== peer) branch.children.add(peer);
    },
    alsoHad(id, peer) {
      const branch = branches.get(authors.get(id) as PeerId);
      if (branch !== undefined && branch.parent !== peer) branch.backup ??= peer;
    },
    remove(peer, substitute) {
      adopted.delete(peer);
      const orphans = new Map<PeerId, ShortId[]>();
      for (const branch of branches.values()) {
        branch.children.delete(peer);
        if (branch.backup === peer) branch.backup = undefined;
        if (branch.parent !== peer) continue;
        const next = branch.backup ?? substitute(branch);
        Object.assign(branch, { parent: next, backup: undefined });
        if (next === undefined) continue;
        const ids = orphans.get(next);
        if (ids === undefined) orphans.set(next, [branch.lastId]);
        else ids.push(branch.lastId);
      }
      return orphans;
    },
    takeOrphans(self, parent) {
      const ids: ShortId[] = [];
      for (const [author, branch] of branches) {
        if (branch.parent !== undefined || author === self || author === parent) continue;
        branch.parent = parent;
        ids.push(branch.lastId);
      }
      return ids;
    },
  };
}

export function isGrown(branch: Branch): boolean {
  return branch.grownAt > Number.NEGATIVE_INFINITY;
}
