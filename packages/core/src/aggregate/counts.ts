/** Sizes of the room and of its parts: those on the list are counted, and the sample says how many are not. */
import type { SignedRecord } from '../identity/record.ts';
import type { PeerId, Wire } from '../types.ts';
import { type Estimate, estimateOf, scaledTo, sumOf } from './estimate.ts';
import type { Entry } from './sample.ts';
import { commonest } from './top.ts';

export interface Estimates {
  /** All peers in the room, this one included. */
  readonly size: Estimate;
  /** By where peers say that they are, the most first; `undefined`: they do not say. */
  readonly regions: readonly { readonly region: string | undefined; readonly count: Estimate }[];
  /** False before the first sync with a neighbour has ended: until then it is only what is known so far. */
  readonly synced: boolean;
  /**
   * The commonest values of a field of presence, the most first, at most `most` (default 10). Counted where the list of
   * members has room for all; beyond `presence.maxAuthors` those listed stand for the others.
   */
  top(field: string, most?: number): readonly { readonly value: Wire; readonly count: Estimate }[];
}

/** One who is on this node's list of members; this node is as well if it states a presence. */
export interface Listed {
  readonly peer: PeerId;
  readonly presence: Wire;
  readonly region: string | undefined;
}

/** The list of members, as far as counting goes. */
export interface Members {
  /** Without this node. */
  size(): number;
  listed(): readonly Listed[];
  isListed(peer: PeerId): boolean;
  /** Has the list room for all? */
  isRoomy(): boolean;
  /** 0 to 2^32 − 1: equal where the same are listed. */
  viewSum(): number;
}

/** What is known. */
export interface Known {
  readonly self: PeerId;
  readonly region: string | undefined;
  readonly members: Members;
  readonly entries: readonly Entry[];
  readonly k: number;
  readonly synced: boolean;
}

/** Of one region, or of all: how many are listed, and how many of the sample are not. */
interface Count {
  listed: number;
  found: number;
}

const USUAL_TOP = 10;

export function sizeOf(known: Known): Estimate {
  const listed = known.members.size() + (known.members.isListed(known.self) ? 1 : 0);
  const found = unlisted(known).length + (isLeftOut(known) ? 1 : 0);
  return totalOf({ listed, found }, known);
}

export function estimatesOf(known: Known): Estimates {
  const listed = known.members.listed();
  const size = sizeOf(known);
  return {
    size,
    regions: regionsOf(known, listed),
    synced: known.synced,
    top(field, most = USUAL_TOP) {
      const presences = listed.map(({ presence }) => presence);
      const all: Estimate = known.members.isRoomy() ? { value: listed.length, error: 0 } : size;
      return commonest(presences, field, most).map(({ value, count }) => {
        return { value, count: scaledTo(all, count, listed.length) };
      });
    },
  };
}

function regionsOf(known: Known, listed: readonly Listed[]): Estimates['regions'] {
  const counts = new Map<string | undefined, Count>();
  const add = (region: string | undefined, to: keyof Count): void => {
    const count = counts.get(region) ?? { listed: 0, found: 0 };
    count[to] += 1;
    counts.set(region, count);
  };
  for (const { region } of listed) add(region, 'listed');
  for (const { record } of unlisted(known)) add(regionOf(record), 'found');
  if (isLeftOut(known)) add(known.region, 'found');
  return [...counts].map(([region, count]) => ({ region, count: totalOf(count, known) })).sort(byCount);
}

function totalOf({ listed, found }: Count, { entries, k }: Known): Estimate {
  return sumOf({ value: listed, error: 0 }, estimateOf(found, entries, k));
}

function unlisted({ entries, members }: Known): readonly Entry[] {
  return entries.filter(({ record }) => !members.isListed(record.author));
}

/** While all are in the sample, so is this node, whether it has had its turn or not. */
function isLeftOut({ self, entries, members, k }: Known): boolean {
  const isFull = k > 0 && entries.length >= k;
  return !isFull && !members.isListed(self) && !entries.some(({ record }) => record.author === self);
}

/** Equal ones in an order that all peers agree on. */
function byCount(a: Estimates['regions'][number], b: Estimates['regions'][number]): number {
  return b.count.value - a.count.value || ((a.region ?? '') < (b.region ?? '') ? -1 : 1);
}

function regionOf({ value }: SignedRecord): string | undefined {
  return (value as readonly [number, string?])[1];
}
