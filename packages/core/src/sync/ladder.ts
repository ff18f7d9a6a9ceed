/**
 * Ladders: the set cut into ranges from its newest record down, each twice as large as the one before. Differences
 * are mostly recent, so the first rungs say where they end; and which rungs differ says about how many there are,
 * as for a strata estimator (Eppstein et al. 2011).
 */
import { equalBytes } from '../lib/bytes.ts';
import { wireLimits } from '../wire/limits.ts';
import type { Rung } from '../wire/sync-topic.ts';
import type { IndexSet } from './index-set.ts';
import { type Bound, boundBetween, boundFromWire, boundToWire, type Range, START } from './order.ts';
import { fingerprint } from './sum.ts';

export interface Extent {
  readonly range: Range;
  readonly ours: number;
  readonly theirs: number;
}

/** The smallest range that holds all differences that a ladder shows. */
export interface Gap extends Extent {
  /** About how many records only one side has. */
  readonly estimate: number;
  /** What is recent differs, more than one rung of it or the newest, and nothing old: there may be many. */
  readonly dense: boolean;
}

/** Records of the newest rung. */
const FIRST_RUNG = 8;
/** Parts of a range that is split evenly. */
const PARTS = 16;

/** The whole set as one rung. */
export function rootOf(set: IndexSet, session: number): readonly Rung[] {
  return [rungOf(set, { lower: START, upper: undefined }, session)];
}

export function ladderOf(set: IndexSet, session: number): readonly Rung[] {
  const rungs: Rung[] = [];
  let upper: Bound | undefined;
  let left = set.size();
  for (let size = FIRST_RUNG; ; size *= 2) {
    const isLast = left <= 2 * size || rungs.length === wireLimits.rungsPerLadder - 1;
    const lower = isLast ? START : boundAt(set, left - size);
    rungs.push(rungOf(set, { lower, upper }, session));
    if (isLast) return rungs;
    upper = lower;
    left -= size;
  }
}

/** A range in even parts, for where differences lie dense. */
export function splitOf(set: IndexSet, range: Range, session: number): readonly Rung[] {
  const below = set.measure({ lower: START, upper: range.lower }).count;
  const { count } = set.measure(range);
  const ranks = new Set(Array.from({ length: PARTS }, (_, part) => below + Math.floor((count * part) / PARTS)));
  let { upper } = range;
  return [...ranks].reverse().map(rank => {
    const lower = rank === below ? range.lower : boundAt(set, rank);
    const rung = rungOf(set, { lower, upper }, session);
    upper = lower;
    return rung;
  });
}

/** The bound below the record with so many before it. */
function boundAt(set: IndexSet, rank: number): Bound {
  const [below, above] = [set.at(rank - 1), set.at(rank)];
  return below === undefined || above === undefined ? START : boundBetween(below, above);
}

/** What a neighbour's ladder shows to differ; `undefined`: nothing. */
export function gapIn(set: IndexSet, rungs: readonly Rung[], session: number): Gap | undefined {
  const steps = compare(set, rungs, undefined, session);
  const first = steps.findIndex(({ differs }) => differs);
  const last = steps.findLastIndex(({ differs }) => differs);
  if (first === -1) return undefined;
  const gap = join(steps.slice(first, last + 1));
  const seeming = densityOf(steps.slice(0, last + 1)) * Math.max(gap.ours, gap.theirs);
  const surplus = Math.abs(gap.ours - gap.theirs);
  return {
    ...gap,
    estimate: Math.min(gap.ours + gap.theirs, differencesOf(surplus, seeming)),
    dense: (first === 0 || last > first) && last < steps.length - 1,
  };
}

/** The first rungs of a split that differ, as long as the smaller side can list its part; and whether more do. */
export function firstGapIn(
  set: IndexSet,
  rungs: readonly Rung[],
  upper: Bound | undefined,
  session: number,
): { readonly gap: Extent; readonly more: boolean } | undefined {
  const steps = compare(set, rungs, upper, session);
  const first = steps.findIndex(({ differs }) => differs);
  if (first === -1) return undefined;
  let end = first + 1;
  const fits = (to: number): boolean => smallerOf(join(steps.slice(first, to))) <= wireLimits.idsPerTopic;
  while (end < steps.length && fits(end + 1)) end += 1;
  return { gap: join(steps.slice(first, end)), more: steps.slice(end).some(({ differs }) => differs) };
}

export function smallerOf({ ours, theirs }: Extent): number {
  return Math.min(ours, theirs);
}

interface Step extends Extent {
  readonly differs: boolean;
}

function compare(set: IndexSet, rungs: readonly Rung[], from: Bound | undefined, session: number): readonly Step[] {
  let upper = from;
  return rungs.map(rung => {
    const range: Range = { lower: boundFromWire(rung.lower), upper };
    const { count, sum } = set.measure(range);
    upper = range.lower;
    const differs = count !== rung.count || !equalBytes(rung.fingerprint, fingerprint(session, sum, count));
    return { range, ours: count, theirs: rung.count, differs };
  });
}

function join(steps: readonly Step[]): Extent {
  return {
    range: { lower: steps.at(-1)!.range.lower, upper: steps[0]!.range.upper },
    ours: steps.reduce((sum, { ours }) => sum + ours, 0),
    theirs: steps.reduce((sum, { theirs }) => sum + theirs, 0),
  };
}

function rungOf(set: IndexSet, range: Range, session: number): Rung {
  const { count, sum } = set.measure(range);
  return { lower: boundToWire(range.lower), count, fingerprint: fingerprint(session, sum, count) };
}

/**
 * About how many differences, given how many more one side has and how many there seem to be. More than chance
 * would have it: mostly one side lacks them, and the surplus tells their number. Otherwise a little less than it
 * seems, for it costs less to add cells to a sketch than to have sent too many.
 */
function differencesOf(surplus: number, seeming: number): number {
  return Math.max(1, surplus, surplus > 3 * Math.sqrt(seeming) ? 0 : Math.ceil(0.75 * seeming));
}

/**
 * Differences for each record, most likely, if they were spread evenly: a rung of s records is then equal with
 * probability (1 − density)^s. Half a rung is taken off when all differ: that says no more than "at least".
 */
function densityOf(steps: readonly Step[]): number {
  const differing = steps.filter(({ differs }) => differs).length;
  const wanted = Math.min(differing, steps.length - 0.5);
  let [low, high] = [0, 1];
  for (let i = 0; i < 30; i++) {
    const middle = (low + high) / 2;
    const expected = steps.reduce((sum, { ours, theirs }) => sum + 1 - power(1 - middle, Math.max(ours, theirs)), 0);
    if (expected < wanted) low = middle;
    else high = middle;
  }
  return high;
}

/** By products alone: the last bit of `Math.pow` differs between JavaScript engines, and so would what is sent. */
function power(base: number, exponent: number): number {
  let result = 1;
  let square = base;
  for (let left = exponent; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}
