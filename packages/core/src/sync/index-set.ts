/**
 * The set that is reconciled: records in their order, in a B+-tree whose every part knows how many it holds and
 * the sum of their hashes. Insertion, deletion, and what is asked of a range cost O(log n).
 */
import type { SignedRecord } from '../identity/record.ts';
import { type Bound, boundOf, isAbove, isBelow, type Range } from './order.ts';
import { addTo, SUM_WORDS, type Sum, takeFrom, wordsOf } from './sum.ts';

export interface IndexSet {
  add(record: SignedRecord): void;
  delete(record: SignedRecord): void;
  size(): number;
  /** How many a range holds, and the sum of their hashes. */
  measure(range: Range): Measure;
  /** The record with so many before it. */
  at(rank: number): SignedRecord | undefined;
  /** Calls for each record of a range, in order. */
  visit(range: Range, each: Visitor): void;
}

export interface Measure {
  readonly count: number;
  readonly sum: Sum;
}

export type Visitor = (record: SignedRecord) => void;

interface Leaf {
  readonly items: SignedRecord[];
  readonly sum: Sum;
  count: number;
}

interface Branch {
  readonly children: Node[];
  readonly sum: Sum;
  count: number;
}

type Node = Leaf | Branch;

/** Children of a branch, or items of a leaf. More: fewer nodes, more of them moved and summed for each bound. */
const MOST = 64;
/** Below this a node is joined to its neighbour if both fit into one. */
const LEAST = MOST / 4;

export function createIndexSet(): IndexSet {
  let root: Node = createLeaf();

  return {
    size: () => root.count,
    add(record) {
      if (!insert(root, record, boundOf(record))) return;
      if (isFull(root)) root = createBranch([root, splitOff(root)]);
    },
    delete(record) {
      remove(root, record, boundOf(record));
      while (!isLeaf(root) && root.children.length === 1) root = root.children[0]!;
    },
    measure({ lower, upper }) {
      const below = createMeasure();
      const whole = createMeasure();
      measureBelow(root, lower, below);
      if (upper === undefined) addMeasure(whole, root);
      else measureBelow(root, upper, whole);
      takeFrom(whole.sum, below.sum);
      return { count: whole.count - below.count, sum: whole.sum };
    },
    at: rank => find(root, rank),
    visit: ({ lower, upper }, each) => void visit(root, lower, upper, each),
  };
}

function insert(node: Node, record: SignedRecord, place: Bound): boolean {
  if (isLeaf(node)) {
    const at = placeIn(node, place);
    if (node.items[at]?.id === record.id) return false;
    node.items.splice(at, 0, record);
  } else {
    const at = childFor(node, place);
    const child = node.children[at]!;
    if (!insert(child, record, place)) return false;
    if (isFull(child)) node.children.splice(at + 1, 0, splitOff(child));
  }
  node.count += 1;
  addTo(node.sum, wordsOf(record.digest));
  return true;
}

/** What was removed, if it was there. */
function remove(node: Node, record: SignedRecord, place: Bound): SignedRecord | undefined {
  let item: SignedRecord | undefined;
  if (isLeaf(node)) {
    const at = placeIn(node, place);
    if (node.items[at]?.id !== record.id) return undefined;
    item = node.items.splice(at, 1)[0]!;
  } else {
    const at = childFor(node, place);
    item = remove(node.children[at]!, record, place);
    if (item === undefined) return undefined;
    if (node.children[at]!.count === 0 && node.children.length > 1) node.children.splice(at, 1);
    else joinIfSmall(node, at);
  }
  node.count -= 1;
  takeFrom(node.sum, wordsOf(item.digest));
  return item;
}

/** The upper half of a full node becomes a node of its own. */
function splitOff(node: Node): Node {
  const half = MOST / 2;
  const upper: Node = isLeaf(node) ? createLeaf() : createBranch(node.children.splice(half));
  if (isLeaf(node) && isLeaf(upper)) append(upper, node.items.splice(half));
  node.count -= upper.count;
  takeFrom(node.sum, upper.sum);
  return upper;
}

/** Without this, deletions would leave a tree of leaves that hold one record each. */
function joinIfSmall(parent: Branch, at: number): void {
  if (sizeOf(parent.children[at]!) >= LEAST || parent.children.length === 1) return;
  const first = Math.max(0, at - 1);
  const [left, right] = [parent.children[first]!, parent.children[first + 1]!];
  if (sizeOf(left) + sizeOf(right) >= MOST - LEAST) return;
  parent.children.splice(first + 1, 1);
  if (isLeaf(left) && isLeaf(right)) append(left, right.items);
  else if (!isLeaf(left) && !isLeaf(right)) {
    left.children.push(...right.children);
    addMeasure(left, right);
  }
}

function append(leaf: Leaf, items: readonly SignedRecord[]): void {
  for (const { digest } of items) addTo(leaf.sum, wordsOf(digest));
  leaf.items.push(...items);
  leaf.count += items.length;
}

function measureBelow(node: Node, bound: Bound, into: { count: number; readonly sum: Sum }): void {
  if (isLeaf(node)) {
    const end = placeIn(node, bound);
    for (let i = 0; i < end; i++) addTo(into.sum, wordsOf(node.items[i]!.digest));
    into.count += end;
    return;
  }
  const last = childFor(node, bound);
  for (let i = 0; i < last; i++) addMeasure(into, node.children[i]!);
  measureBelow(node.children[last]!, bound, into);
}

function find(node: Node, rank: number): SignedRecord | undefined {
  if (isLeaf(node)) return node.items[rank];
  let left = rank;
  for (const child of node.children) {
    if (left < child.count) return find(child, left);
    left -= child.count;
  }
  return undefined;
}

/** False once the end of the range was met. */
function visit(node: Node, lower: Bound | undefined, upper: Bound | undefined, each: Visitor): boolean {
  if (isLeaf(node)) {
    for (let i = lower === undefined ? 0 : placeIn(node, lower); i < node.count; i++) {
      const record = node.items[i]!;
      if (upper !== undefined && !isBelow(record, upper)) return false;
      each(record);
    }
    return true;
  }
  const first = lower === undefined ? 0 : childFor(node, lower);
  for (let i = first; i < node.children.length; i++)
    if (!visit(node.children[i]!, i === first ? lower : undefined, upper, each)) return false;
  return true;
}

/** How many records of a leaf are below the bound. */
function placeIn(leaf: Leaf, bound: Bound): number {
  let low = 0;
  let high = leaf.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBelow(leaf.items[middle]!, bound)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The last child that begins at or below the bound: all before it are below, all behind it are not. */
function childFor(branch: Branch, bound: Bound): number {
  let low = 1;
  let high = branch.children.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isAbove(firstOf(branch.children[middle]!), bound)) high = middle;
    else low = middle + 1;
  }
  return low - 1;
}

function firstOf(node: Node): SignedRecord {
  let at = node;
  while (!isLeaf(at)) at = at.children[0]!;
  return at.items[0]!;
}

function createLeaf(): Leaf {
  return { items: [], ...createMeasure() };
}

function createBranch(children: Node[]): Branch {
  const branch: Branch = { children, ...createMeasure() };
  for (const child of children) addMeasure(branch, child);
  return branch;
}

function createMeasure(): { count: number; readonly sum: Sum } {
  return { count: 0, sum: new Uint32Array(SUM_WORDS) };
}

function addMeasure(to: { count: number; readonly sum: Sum }, part: Measure): void {
  to.count += part.count;
  addTo(to.sum, part.sum);
}

function isLeaf(node: Node): node is Leaf {
  return 'items' in node;
}

function sizeOf(node: Node): number {
  return isLeaf(node) ? node.count : node.children.length;
}

function isFull(node: Node): boolean {
  return sizeOf(node) === MOST;
}
