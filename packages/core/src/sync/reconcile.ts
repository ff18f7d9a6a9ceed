/**
 * One step of range-based set reconciliation (Meyer 2023): compare the ranges a neighbour sent with our own
 * set, and answer with finer ranges where they differ. Pure: no session, no clock.
 */

import type { SignedRecord } from '../identity/record.ts';
import { equalBytes } from '../lib/bytes.ts';
import type { RecordId } from '../types.ts';
import type { SyncRange } from '../wire/frame.ts';
import { wireLimits } from '../wire/limits.ts';
import { boundFromWire, boundToWire, fingerprint, type IndexEntry, type IndexSet } from './index-set.ts';

export interface Step {
  /** What to ask next; empty when every range is settled. */
  readonly ranges: readonly SyncRange[];
  /** Some ranges differ and found no room in one frame: another session has to see to them. */
  readonly partial: boolean;
  /** Ours that the neighbour lacks. */
  readonly have: readonly SignedRecord[];
  /** The neighbour's that we lack. */
  readonly need: readonly RecordId[];
}

/** Below this many of ours in a range, ids cost less than another round trip. */
const LIST_BELOW = 24;
const FAN_OUT = 16;

/** Opens a session: the whole set as one fingerprint. */
export function openRanges(set: IndexSet): readonly SyncRange[] {
  return [
    { mode: 'fingerprint', upper: boundToWire(undefined), fingerprint: fingerprint(set.range(undefined, undefined)) },
  ];
}

export function reconcile(set: IndexSet, theirs: readonly SyncRange[]): Step {
  const ranges: SyncRange[] = [];
  const have: SignedRecord[] = [];
  const need: RecordId[] = [];
  let partial = false;
  let lower: string | undefined;
  for (const range of theirs) {
    const upper = boundFromWire(range.upper);
    const ours = set.range(lower, upper);
    if (range.mode === 'ids') compareIds(ours, range.ids, have, need, set);
    const differs = range.mode === 'fingerprint' && !equalBytes(range.fingerprint, fingerprint(ours));
    const finer = differs ? split(ours, range.upper) : [];
    // One place stays free for the equal range that stands for all that does not fit.
    const fits = ranges.length + finer.length < wireLimits.rangesPerSync;
    if (differs && fits) ranges.push(...finer);
    else extendEqual(ranges, range.upper);
    partial ||= !fits;
    lower = upper;
    if (upper === undefined) break;
  }
  return { ranges: ranges.some(range => range.mode !== 'equal') ? ranges : [], partial, have, need };
}

function compareIds(
  ours: readonly IndexEntry[],
  theirs: readonly RecordId[],
  have: SignedRecord[],
  need: RecordId[],
  set: IndexSet,
): void {
  const listed = new Set(theirs);
  for (const { record } of ours) if (!listed.has(record.id)) have.push(record);
  for (const id of listed) if (set.get(id) === undefined) need.push(id);
}

/** Our part of a differing range: listed when it is small, else as finer fingerprints. */
function split(ours: readonly IndexEntry[], upper: Uint8Array): readonly SyncRange[] {
  if (ours.length < LIST_BELOW) return [{ mode: 'ids', upper, ids: ours.map(({ record }) => record.id) }];
  const ranges: SyncRange[] = [];
  const size = Math.ceil(ours.length / FAN_OUT);
  for (let from = 0; from < ours.length; from += size) {
    const next = ours[from + size];
    const part = ours.slice(from, from + size);
    const bound = next === undefined ? upper : boundToWire(next.position);
    if (part.length < LIST_BELOW / 2)
      ranges.push({ mode: 'ids', upper: bound, ids: part.map(({ record }) => record.id) });
    else ranges.push({ mode: 'fingerprint', upper: bound, fingerprint: fingerprint(part) });
  }
  return ranges;
}

function extendEqual(ranges: SyncRange[], upper: Uint8Array): void {
  if (ranges.at(-1)?.mode === 'equal') ranges.pop();
  ranges.push({ mode: 'equal', upper });
}
