/**
 * To whom an author's words are passed on. Most authors borrow the same tree, so they share one list of children until
 * something happens to one of them: a list of its own for each would be most of what a member costs.
 * Lists, because there are a dozen neighbours at most and a set takes three times the memory.
 */
import type { PeerId } from '../types.ts';

export interface Children {
  /** Perhaps shared: asked and changed by the functions below alone. */
  children: PeerId[];
  isBorrowed: boolean;
  /** Of borrowed children, the one that is none: whom the author's words came from. */
  except: PeerId | undefined;
}

/** Lends everybody that a tree leads to from here, its parent included; who borrows the same shares one list. */
export function createLending(): (
  borrower: Children,
  lender: { readonly parent: PeerId | undefined; readonly children: readonly PeerId[] },
) => void {
  let lent: PeerId[] = [];
  return (borrower, { parent, children }) => {
    const hasParent = parent === undefined || children.includes(parent);
    const size = children.length + (hasParent ? 0 : 1);
    const isSame =
      lent.length === size &&
      (parent === undefined || lent.includes(parent)) &&
      children.every(peer => lent.includes(peer));
    if (!isSame) lent = hasParent ? [...children] : [...children, parent];
    setChildren(borrower, lent, true);
  };
}

export function setChildren(to: Children, children: PeerId[], isBorrowed: boolean): void {
  to.children = children;
  to.isBorrowed = isBorrowed;
  to.except = undefined;
}

export function isChild({ children, except }: Children, peer: PeerId): boolean {
  return peer !== except && children.includes(peer);
}

export function addChild(to: Children, peer: PeerId): void {
  if (!isChild(to, peer)) setChildren(to, [...ownChildren(to), peer], false);
}

export function dropChild(from: Children, peer: PeerId): void {
  if (!isChild(from, peer)) return;
  // The parent of each borrower is another: that is no reason for a list of its own.
  if (from.isBorrowed && from.except === undefined) from.except = peer;
  else setChildren(from, without(ownChildren(from), peer), false);
}

/** It is nobody's child any more: who shares the list is to lose it as well. */
export function forgetChild(from: Children, peer: PeerId): void {
  const at = from.children.indexOf(peer);
  if (at >= 0) from.children.splice(at, 1);
  if (from.except === peer) from.except = undefined;
}

function ownChildren({ children, except }: Children): readonly PeerId[] {
  return except === undefined ? children : without(children, except);
}

/** A copy of just the size: one that is filled item by item has room for sixteen more. */
export function without(peers: readonly PeerId[], peer: PeerId | undefined): PeerId[] {
  const at = peer === undefined ? -1 : peers.indexOf(peer);
  return at < 0 ? [...peers] : peers.toSpliced(at, 1);
}
