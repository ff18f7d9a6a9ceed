/**
 * What one session has to say about one domain. Pure but for the cells that it collects; no clock, no links.
 *
 * Roots differ → ladder → the gap is described, as a list of ids or a sketch, *by the side that has fewer records
 * in it*; the other side compares, sends what is missing, and asks for what it lacks. So a newcomer says "nothing"
 * and is sent everything, and ids travel for the smaller side only.
 */
import type { SignedRecord } from '../identity/record.ts';
import { concatBytes, equalBytes } from '../lib/bytes.ts';
import { wireLimits } from '../wire/limits.ts';
import type { SyncDomain, SyncTopic, WireRange } from '../wire/sync-topic.ts';
import type { IndexSet } from './index-set.ts';
import { type Extent, firstGapIn, type Gap, gapIn, ladderOf, rootOf, smallerOf, splitOf } from './ladder.ts';
import { type Range, rangeFromWire, rangeToWire, upperFromWire } from './order.ts';
import {
  highWordsFromWire,
  highWordsToWire,
  keyOf,
  SHORT_ID_BYTES,
  type ShortId,
  shortId,
  shortIdsFromWire,
  shortIdsToWire,
} from './short-id.ts';
import { CELL_BYTES, createSketch, readSketch } from './sketch.ts';

export interface Exchange {
  open(): SyncTopic;
  hear(topic: SyncTopic): Step;
}

export interface Step {
  /** What to say next about this domain; `undefined`: nothing more. */
  readonly answer?: SyncTopic | undefined;
  /** Ours that the neighbour lacks. */
  readonly have?: readonly SignedRecord[] | undefined;
  /** It has next to nothing of what is compared here: it is new, or was away. */
  readonly isBare?: boolean | undefined;
  /** Something was left out: another session has to see to it. */
  readonly partial?: boolean | undefined;
}

/** A set as small as this is listed at once. */
const LIST_AT_ONCE = 16;
/** The fewest that are asked for. */
const LEAST_CELLS = 8;
/** A list says for sure what a sketch of so many times fewer bytes promises, where differences may lie dense. */
const DENSE = 8;
/** Who has no more of a range has not been there; of a room that was cut apart each part has its own share. */
const BARE_SHARE = 1 / 8;
/** About 1,450 differences, and 22 KiB kept for a neighbour. */
export const MOST_CELLS = 2_048;

export function createExchange(domain: SyncDomain, set: IndexSet, session: number): Exchange {
  let kept: { readonly range: WireRange; readonly cells: Uint8Array } | undefined;

  const onLadder = (topic: Extract<SyncTopic, { say: 'ladder' }>): Step => {
    const gap = gapIn(set, topic.rungs, session);
    if (gap === undefined) return {};
    if (topic.rungs.length > 1 || smallerOf(gap) <= LIST_AT_ONCE) return { answer: describe(gap) };
    return { answer: { domain, say: 'ladder', rungs: ladderOf(set, session) } };
  };

  const describe = (gap: Gap): SyncTopic => {
    const cells = cellsFor(gap.estimate);
    const listCost = SHORT_ID_BYTES * smallerOf(gap);
    if (listCost <= CELL_BYTES * cells * (gap.dense ? DENSE : 1)) return list(gap);
    if (cells > MOST_CELLS) return split(gap.range);
    const first = Math.min(cells, wireLimits.cellsPerTopic);
    return gap.ours > gap.theirs ? ask(gap.range, 0, first) : saySketch(gap.range, 0, first);
  };

  /** The smaller side names all that it has, if there is room for it. */
  const list = (gap: Extent): SyncTopic => {
    if (smallerOf(gap) > wireLimits.idsPerTopic) return split(gap.range);
    return gap.ours > gap.theirs ? ask(gap.range, 0, 0) : sayIds(gap.range);
  };

  const onSplit = (topic: Extract<SyncTopic, { say: 'split' }>): Step => {
    const found = firstGapIn(set, topic.rungs, upperFromWire(topic.upper), session);
    return found === undefined ? {} : { answer: list(found.gap), partial: found.more };
  };

  const onAsk = (topic: Extract<SyncTopic, { say: 'ask' }>): Step => {
    const range = rangeFromWire(topic.range);
    if (topic.cells === 0) return { answer: sayIds(range) };
    if (topic.from >= MOST_CELLS) return {};
    return { answer: saySketch(range, topic.from, Math.min(topic.cells, wireLimits.cellsPerTopic)) };
  };

  const onIds = (topic: Extract<SyncTopic, { say: 'ids' }>): Step => {
    const range = rangeFromWire(topic.range);
    const said = topic.ids.length / SHORT_ID_BYTES;
    const theirs = new Map(shortIdsFromWire(topic.ids).map(id => [keyOf(id), id]));
    const have: SignedRecord[] = [];
    set.visit(range, record => {
      if (theirs.size === 0 || !theirs.delete(keyOf(shortId(session, record.digest)))) have.push(record);
    });
    return { have, isBare: isBare(said, range), ...want(topic.range, [...theirs.values()]) };
  };

  const isBare = (theirs: number, range: Range): boolean => theirs <= BARE_SHARE * set.measure(range).count;

  const onSketch = (topic: Extract<SyncTopic, { say: 'sketch' }>): Step => {
    const before = topic.from === 0 ? new Uint8Array(0) : keptCells(topic.range);
    if (before?.length !== topic.from * CELL_BYTES) return {};
    const cells = concatBytes(before, topic.cells);
    const range = rangeFromWire(topic.range);
    const sketch = readSketch(cells);
    set.visit(range, ({ digest }) => sketch.add(shortId(session, digest)));
    const isCrowded = sketch.isCrowded();
    const difference = sketch.difference();
    if (difference === undefined) return { answer: askMore(topic.range, cells, isCrowded) };
    kept = undefined;
    const said = set.measure(range).count - difference.mine.length + difference.theirs.length;
    const mine = pick(
      range,
      difference.mine.map(({ high }) => high),
    );
    return { have: mine, isBare: isBare(said, range), ...want(topic.range, difference.theirs) };
  };

  /** A third more cells, or three times as many in all, as long as a list would cost twice as much. */
  const askMore = (said: WireRange, cells: Uint8Array, isCrowded: boolean): SyncTopic => {
    const range = rangeFromWire(said);
    const from = cells.length / CELL_BYTES;
    const wanted = isCrowded ? 2 * from : Math.max(LEAST_CELLS, Math.ceil(from / 3));
    const more = Math.min(wireLimits.cellsPerTopic, wanted);
    const expected = from + wanted;
    const extent = { range, ours: set.measure(range).count };
    kept = undefined;
    // Who sends a sketch has no more records than we have.
    if (2 * CELL_BYTES * expected > SHORT_ID_BYTES * extent.ours) return list({ ...extent, theirs: extent.ours - 1 });
    if (expected > MOST_CELLS) return split(range);
    kept = { range: said, cells };
    return ask(range, from, more);
  };

  const keptCells = ({ lower, upper }: WireRange): Uint8Array | undefined =>
    kept !== undefined && equalBytes(kept.range.lower, lower) && equalBytes(kept.range.upper, upper)
      ? kept.cells
      : undefined;

  /** By the first 32 bits of their ids: enough to name what we have, and at worst one record too many is sent. */
  const pick = (range: Range, highWords: readonly number[]): readonly SignedRecord[] => {
    const wanted = new Set(highWords);
    const found: SignedRecord[] = [];
    if (wanted.size === 0) return found;
    set.visit(range, record => {
      if (wanted.has(shortId(session, record.digest).high)) found.push(record);
    });
    return found;
  };

  const ask = (range: Range, from: number, cells: number): SyncTopic => {
    return { domain, say: 'ask', range: rangeToWire(range), from, cells };
  };

  const want = (range: WireRange, missing: readonly ShortId[]): Step => {
    if (missing.length === 0) return {};
    const ids = highWordsToWire(missing.slice(0, wireLimits.idsPerTopic));
    return { answer: { domain, say: 'want', range, ids }, partial: missing.length > wireLimits.idsPerTopic };
  };

  const sayIds = (range: Range): SyncTopic => {
    if (set.measure(range).count > wireLimits.idsPerTopic) return split(range);
    const ids: ShortId[] = [];
    set.visit(range, ({ digest }) => ids.push(shortId(session, digest)));
    return { domain, say: 'ids', range: rangeToWire(range), ids: shortIdsToWire(ids) };
  };

  const split = (range: Range): SyncTopic => {
    return { domain, say: 'split', upper: rangeToWire(range).upper, rungs: splitOf(set, range, session) };
  };

  const saySketch = (range: Range, from: number, cells: number): SyncTopic => {
    const sketch = createSketch(from, from + cells);
    set.visit(range, ({ digest }) => sketch.add(shortId(session, digest)));
    return { domain, say: 'sketch', range: rangeToWire(range), from, cells: sketch.toWire() };
  };

  return {
    open: () => ({ domain, say: 'ladder', rungs: rootOf(set, session) }),
    hear(topic) {
      switch (topic.say) {
        case 'ladder':
          return onLadder(topic);
        case 'split':
          return onSplit(topic);
        case 'ids':
          return onIds(topic);
        case 'sketch':
          return onSketch(topic);
        case 'ask':
          return onAsk(topic);
        case 'want':
          return { have: pick(rangeFromWire(topic.range), highWordsFromWire(topic.ids)) };
      }
    },
  };
}

/** As many as bring out so many differences nine times in ten, by measurement. */
function cellsFor(differences: number): number {
  return Math.max(LEAST_CELLS, Math.ceil(1.4 * differences + 2.5 * Math.sqrt(differences)));
}

/** A ladder is as much work as going through so many records. */
const LADDER_WORK = 500;

/** How many of our records a topic has us look at: what a neighbour may ask of us has to be bounded. */
export function workOf(topic: SyncTopic, set: IndexSet): number {
  const isLadder = topic.say === 'ladder' || topic.say === 'split';
  return isLadder ? LADDER_WORK : set.measure(rangeFromWire(topic.range)).count;
}
