/**
 * Records that had to be asked for although they took a tree that many share. Some were only slow, and come once more by
 * the tree; where one does not the tree has a hole, and is closed by who had the record. To graft at once would add a
 * link to everybody's tree, and copies of everything, for each who is slow for a moment.
 */
import { createExpiringMap } from '../lib/expiring-map.ts';
import type { MonoMs, Now, PeerId, ShortId } from '../types.ts';
import type { Author, Branches } from './branches.ts';
import { addChild } from './children.ts';

export interface Holes {
  /** `by` had to be asked for it. */
  asked(id: ShortId, by: PeerId, now: Now): void;
  /** It came by the tree as well. */
  slow(id: ShortId): void;
  /** Closes what is due. */
  mend(isNeighbour: (peer: PeerId) => boolean, now: Now): void;
  nextDueAt(): number;
}

const MAX_ASKED = 256;
/** Longer than a tree takes, with ticks on each link. */
const HOLE_MS = 5_000;

/** `follow`: has a neighbour push what these authors say. */
export function createHoles(branches: Branches, follow: (peer: PeerId, authors: readonly Author[]) => void): Holes {
  const waiting = createExpiringMap<ShortId, { readonly by: PeerId; readonly dueAt: MonoMs }>(MAX_ASKED, 2 * HOLE_MS);

  const takeDue = (now: Now): ReadonlySet<PeerId> => {
    const due = new Set<PeerId>();
    for (const [id, { by, dueAt }] of waiting.entries()) {
      if (dueAt > now.mono) break;
      due.add(by);
      waiting.delete(id);
    }
    return due;
  };

  return {
    asked: (id, by, now) => waiting.set(id, { by, dueAt: (now.mono + HOLE_MS) as MonoMs }, now.mono),
    slow: id => void waiting.delete(id),
    mend(isNeighbour, now) {
      const author = branches.model(now);
      const model = branches.get(author);
      for (const by of takeDue(now)) {
        if (author === undefined || model === undefined || !isNeighbour(by)) continue;
        addChild(model, by);
        follow(by, [author]);
      }
    },
    nextDueAt() {
      for (const [, { dueAt }] of waiting.entries()) return dueAt;
      return Number.POSITIVE_INFINITY;
    },
  };
}
