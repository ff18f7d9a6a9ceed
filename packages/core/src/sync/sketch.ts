/**
 * Sketches: a rateless invertible Bloom lookup table (Yang, Gilad and Alizadeh 2024). Each id is added to cell 0
 * and to ever fewer of the later ones; the cells of two sets, subtracted, hold only what differs, and about 1.4
 * cells for each difference bring it out, however large the sets are. More cells can be asked for at any time.
 *
 * A cell on the wire: 40 bits of ids and 16 of their checks, each by XOR, and the low 8 bits of how many they
 * are. Ids are keyed by the session, so nobody can make records that jam a sketch between others.
 */
import type { ShortId } from './short-id.ts';

export const CELL_BYTES = 8;
/** Moves the state that an id's cells are drawn from: 2^32 divided by the golden ratio, made odd. */
const STEP = 0x9e3779b9;

export interface Difference {
  readonly mine: readonly ShortId[];
  readonly theirs: readonly ShortId[];
}

/** Cells `from` to `to` (not included) of the ids that are added. */
export interface Sketch {
  add(id: ShortId): void;
  toWire(): Uint8Array;
}

export interface SketchReader {
  add(id: ShortId): void;
  difference(): Difference | undefined;
  /** No cell of the thinner half is empty: there are at least about twice as many differences as cells. */
  isCrowded(): boolean;
}

export function createSketch(from: number, to: number): Sketch {
  const cells = createCells(from, to);
  return {
    add: id => toggle(cells, id, 1),
    toWire: () => write(cells),
  };
}

/**
 * Reads cells 0 and up of another set. Once all ids of one's own set are added, `difference` says what only one
 * side has, or `undefined` when there are too few cells, or they are not what they should be.
 */
export function readSketch(bytes: Uint8Array): SketchReader {
  const cells = read(bytes);
  return {
    add: id => toggle(cells, id, -1),
    difference: () => peel(cells),
    isCrowded: () => cells.count.every((_count, at) => 2 * at < cells.to || !isEmpty(cells, at)),
  };
}

interface Cells {
  readonly from: number;
  readonly to: number;
  readonly high: Int32Array;
  readonly low: Uint8Array;
  readonly check: Uint16Array;
  readonly count: Int8Array;
}

function createCells(from: number, to: number): Cells {
  const size = to - from;
  return {
    from,
    to,
    high: new Int32Array(size),
    low: new Uint8Array(size),
    check: new Uint16Array(size),
    count: new Int8Array(size),
  };
}

/** Adds an id to its cells, or takes it out: by XOR that is the same but for the count. */
function toggle(cells: Cells, id: ShortId, sign: 1 | -1, touched?: number[]): void {
  const check = checkOf(id);
  let state = id.high ^ id.low;
  let index = 0;
  while (index < cells.to) {
    const at = index - cells.from;
    state = (state + STEP) | 0;
    index = indexAfter(index, mix(state));
    if (at < 0) continue;
    cells.high[at]! ^= id.high;
    cells.low[at]! ^= id.low;
    cells.check[at]! ^= check;
    cells.count[at]! += sign;
    touched?.push(at);
  }
}

/** Takes out ids that are alone in a cell until nothing is left. */
function peel(cells: Cells): Difference | undefined {
  const mine: ShortId[] = [];
  const theirs: ShortId[] = [];
  const unseen = Array.from({ length: cells.to }, (_, at) => at);
  for (let at = unseen.pop(); at !== undefined; at = unseen.pop()) {
    const count = cells.count[at]!;
    const id: ShortId = { high: cells.high[at]! >>> 0, low: cells.low[at]! };
    if ((count !== 1 && count !== -1) || cells.check[at] !== checkOf(id) || !isCellOf(id, at)) continue;
    // More differences than cells do not come out of an honest sketch; a crafted one could go on for ever.
    if (mine.length + theirs.length >= cells.to) return undefined;
    (count === 1 ? theirs : mine).push(id);
    toggle(cells, id, count === 1 ? -1 : 1, unseen);
  }
  for (let at = 0; at < cells.to; at++) if (!isEmpty(cells, at)) return undefined;
  return { mine, theirs };
}

function isEmpty(cells: Cells, at: number): boolean {
  return cells.count[at] === 0 && cells.high[at] === 0 && cells.low[at] === 0 && cells.check[at] === 0;
}

/** The next cell of an id by a random word: cell i gets an id with probability 1 / (1 + i/2). */
function indexAfter(index: number, word: number): number {
  const uniform = (word + 1) / 4_294_967_296;
  return index + Math.max(1, Math.ceil((index + 1.5) * (1 / Math.sqrt(uniform) - 1)));
}

function isCellOf(id: ShortId, cell: number): boolean {
  let state = id.high ^ id.low;
  let index = 0;
  while (index < cell) {
    state = (state + STEP) | 0;
    index = indexAfter(index, mix(state));
  }
  return index === cell;
}

function checkOf({ high, low }: ShortId): number {
  return mix(high ^ Math.imul(low, 0x9e3779b1)) & 0xffff;
}

/** A mixer of 32 bits (Wellons 2018): every bit of the input moves every bit of the result. */
function mix(word: number): number {
  let x = word;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

function write(cells: Cells): Uint8Array {
  const bytes = new Uint8Array(CELL_BYTES * cells.count.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < cells.count.length; i++) {
    view.setInt32(CELL_BYTES * i, cells.high[i]!);
    view.setUint8(CELL_BYTES * i + 4, cells.low[i]!);
    view.setUint16(CELL_BYTES * i + 5, cells.check[i]!);
    view.setInt8(CELL_BYTES * i + 7, cells.count[i]!);
  }
  return bytes;
}

function read(bytes: Uint8Array): Cells {
  const cells = createCells(0, bytes.length / CELL_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let i = 0; i < cells.to; i++) {
    cells.high[i] = view.getInt32(CELL_BYTES * i);
    cells.low[i] = view.getUint8(CELL_BYTES * i + 4);
    cells.check[i] = view.getUint16(CELL_BYTES * i + 5);
    cells.count[i] = view.getInt8(CELL_BYTES * i + 7);
  }
  return cells;
}
