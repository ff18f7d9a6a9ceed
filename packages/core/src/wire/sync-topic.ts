/**
 * What a `sync` says of one domain of records. A topic is `[domain, saying, …fields]`; a frame has at most one for
 * each domain, in their order. Bounds are up to 20 bytes (time bucket and id, cut where the rest does not matter);
 * an empty lower bound is the beginning, an empty upper bound the end.
 */
import type { Wire } from '../types.ts';
import { asBytes, asList, asUint32, whole } from './fields.ts';
import { wireLimits } from './limits.ts';

/** `members`: presence, goodbyes, accusations; `state`: state and its deletions. Each is reconciled by itself. */
export type SyncDomain = 'members' | 'state';

export type SyncTopic =
  /** Ranges from the newest down, compared by count and fingerprint; a single rung opens a session. */
  | { readonly domain: SyncDomain; readonly say: 'ladder'; readonly rungs: readonly Rung[] }
  /** The same of a range below `upper` that differs in many places: now a list, please, of the first that differ. */
  | {
      readonly domain: SyncDomain;
      readonly say: 'split';
      readonly upper: Uint8Array;
      readonly rungs: readonly Rung[];
    }
  /** All that I have in the range, 5 bytes for each: send me the rest, and say what you want. */
  | { readonly domain: SyncDomain; readonly say: 'ids'; readonly range: WireRange; readonly ids: Uint8Array }
  /** Cells of my sketch of the range, 8 bytes for each, from cell `from` on. */
  | {
      readonly domain: SyncDomain;
      readonly say: 'sketch';
      readonly range: WireRange;
      readonly from: number;
      readonly cells: Uint8Array;
    }
  /** Please say your ids (0 cells), or so many cells of your sketch. */
  | {
      readonly domain: SyncDomain;
      readonly say: 'ask';
      readonly range: WireRange;
      readonly from: number;
      readonly cells: number;
    }
  /** Please send these: 4 bytes for each, the first of its id. */
  | { readonly domain: SyncDomain; readonly say: 'want'; readonly range: WireRange; readonly ids: Uint8Array };

/** Begins at `lower`, ends where the rung before begins. */
export interface Rung {
  readonly lower: Uint8Array;
  readonly count: number;
  readonly fingerprint: Uint8Array;
}

export interface WireRange {
  readonly lower: Uint8Array;
  readonly upper: Uint8Array;
}

const DOMAINS: readonly SyncDomain[] = ['members', 'state'];
const BOUND_BYTES = 20;
const FINGERPRINT_BYTES = 5;
const ID_BYTES = 5;
const WANTED_BYTES = 4;
const CELL_BYTES = 8;

export function topicToWire(topic: SyncTopic): Wire {
  const domain = DOMAINS.indexOf(topic.domain);
  switch (topic.say) {
    case 'ladder':
      return [domain, 0, ...rungsToWire(topic.rungs)];
    case 'ids':
      return [domain, 1, topic.range.lower, topic.range.upper, topic.ids];
    case 'sketch':
      return [domain, 2, topic.range.lower, topic.range.upper, topic.from, topic.cells];
    case 'ask':
      return [domain, 3, topic.range.lower, topic.range.upper, topic.from, topic.cells];
    case 'want':
      return [domain, 4, topic.range.lower, topic.range.upper, topic.ids];
    case 'split':
      return [domain, 5, topic.upper, ...rungsToWire(topic.rungs)];
  }
}

function rungsToWire(rungs: readonly Rung[]): readonly Wire[] {
  return rungs.flatMap(({ lower, count, fingerprint }) => [lower, count, fingerprint]);
}

/** At most one topic for each domain, or the same records would be compared many times for one frame. */
export function asTopics(value: Wire | undefined): readonly SyncTopic[] | undefined {
  const topics = asList(value, DOMAINS.length, asTopic);
  return new Set(topics?.map(({ domain }) => domain)).size === topics?.length ? topics : undefined;
}

function asTopic(value: Wire): SyncTopic | undefined {
  if (!Array.isArray(value)) return undefined;
  const [number, saying, ...fields] = value as readonly Wire[];
  const domain = DOMAINS[asUint32(number) ?? -1];
  if (saying === 0) return whole({ domain, say: 'ladder', rungs: asRungs(fields) });
  if (saying === 5) return asSplit(domain, fields);
  const range = asRange(fields[0], fields[1]);
  switch (saying) {
    case 1:
      return whole({ domain, say: 'ids', range, ids: asPieces(fields[2], ID_BYTES, wireLimits.idsPerTopic) });
    case 2:
      return whole({
        domain,
        say: 'sketch',
        range,
        from: asUint32(fields[2]),
        cells: asPieces(fields[3], CELL_BYTES, wireLimits.cellsPerTopic),
      });
    case 3:
      return whole({ domain, say: 'ask', range, from: asUint32(fields[2]), cells: asUint32(fields[3]) });
    case 4:
      return whole({ domain, say: 'want', range, ids: asPieces(fields[2], WANTED_BYTES, wireLimits.idsPerTopic) });
    default:
      return undefined;
  }
}

function asSplit(domain: SyncDomain | undefined, [bound, ...fields]: readonly Wire[]): SyncTopic | undefined {
  const rungs = asRungs(fields);
  const range = asRange(rungs?.[0]?.lower, bound);
  return whole({ domain, say: 'split', upper: range?.upper, rungs });
}

/** Bounds that fall: going back and forth, they would have the same records compared many times over. */
function asRungs(fields: readonly Wire[]): readonly Rung[] | undefined {
  if (fields.length === 0 || fields.length % 3 !== 0 || fields.length > 3 * wireLimits.rungsPerLadder) return undefined;
  const rungs: Rung[] = [];
  for (let i = 0; i < fields.length; i += 3) {
    const rung: Rung | undefined = whole({
      lower: asBytes(fields[i], 0, BOUND_BYTES),
      count: asUint32(fields[i + 1]),
      fingerprint: asBytes(fields[i + 2], FINGERPRINT_BYTES, FINGERPRINT_BYTES),
    });
    const above = rungs.at(-1)?.lower;
    if (rung === undefined || (above !== undefined && !isBelow(rung.lower, above))) return undefined;
    rungs.push(rung);
  }
  return rungs;
}

function asRange(from: Wire | undefined, to: Wire | undefined): WireRange | undefined {
  const lower = asBytes(from, 0, BOUND_BYTES);
  const upper = asBytes(to, 0, BOUND_BYTES);
  if (lower === undefined || upper === undefined) return undefined;
  return upper.length === 0 || isBelow(lower, upper) ? { lower, upper } : undefined;
}

function asPieces(value: Wire | undefined, size: number, most: number): Uint8Array | undefined {
  const bytes = asBytes(value, 0, size * most);
  return bytes !== undefined && bytes.length % size === 0 ? bytes : undefined;
}

/** Byte order; what is missing at the end counts as zero. */
function isBelow(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < BOUND_BYTES; i++) {
    const [x, y] = [a[i] ?? 0, b[i] ?? 0];
    if (x !== y) return x < y;
  }
  return false;
}
