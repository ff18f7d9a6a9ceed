/**
 * To whom an author's words are passed on. Most authors borrow the same tree, so they share one set of children until
 * something happens to one of them: a set of its own for each would be most of what a member costs.
 */
import type { PeerId } from '../types.ts';

export interface Children {
  /** Perhaps shared: asked and changed by the functions below alone. */
  children: Set<PeerId>;
  isBorrowed: boolean;
  /** Of borrowed children, the one that is none: whom the author's words came from. */
  except: PeerId | undefined;
}

/** Lends everybody that a tree leads to from here, its parent included; who borrows the same shares one set. */
export function createLending(): (
  borrower: Children,
  lender: { readonly parent: PeerId | undefined; readonly children: ReadonlySet<PeerId> },
) => void {
  let lent = new Set<PeerId>();
  return (borrower, { parent, children }) => {
    const size = children.size + (parent === undefined || children.has(parent) ? 0 : 1);
    const isSame = lent.size === size && (parent === undefined || lent.has(parent)) && holdsAll(lent, children);
    if (!isSame) {
      lent = new Set(children);
      if (parent !== undefined) lent.add(parent);
    }
    setChildren(borrower, lent, true);
  };
}

export function setChildren(to: Children, children: Set<PeerId>, isBorrowed: boolean): void {
  to.children = children;
  to.isBorrowed = isBorrowed;
  to.except = undefined;
}

export function isChild({ children, except }: Children, peer: PeerId): boolean {
  return peer !== except && children.has(peer);
}

export function addChild(to: Children, peer: PeerId): void {
  if (!isChild(to, peer)) ownChildren(to).add(peer);
}

export function dropChild(from: Children, peer: PeerId): void {
  if (!isChild(from, peer)) return;
  // The parent of each borrower is another: that is no reason for a set of its own.
  if (from.isBorrowed && from.except === undefined) from.except = peer;
  else ownChildren(from).delete(peer);
}

/** It is nobody's child any more: who shares the set is to lose it as well. */
export function forgetChild(from: Children, peer: PeerId): void {
  from.children.delete(peer);
  if (from.except === peer) from.except = undefined;
}

function ownChildren(of: Children): Set<PeerId> {
  if (!of.isBorrowed) return of.children;
  const own = new Set(of.children);
  if (of.except !== undefined) own.delete(of.except);
  setChildren(of, own, false);
  return own;
}

function holdsAll(set: ReadonlySet<PeerId>, items: Iterable<PeerId>): boolean {
  for (const item of items) if (!set.has(item)) return false;
  return true;
}
