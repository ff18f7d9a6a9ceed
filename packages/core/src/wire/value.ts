/**
 * App values ⇄ wire values. The wire has no tags, so what JSON lacks is written as a map with one key that
 * begins with `$`: `{ $date: milliseconds }`, `{ $bigint: "decimal" }`. An app's own map that would look like
 * one of these is wrapped as `{ $map: … }`, so every value reads back as it was.
 */
import { HearsayError } from '../errors.ts';
import { equalBytes, isWellFormed, utf8Length } from '../lib/bytes.ts';
import type { Wire } from '../types.ts';
import { wireLimits } from './limits.ts';

/** Longest bigint, in decimal digits: parsing time grows with the square of the length. */
const BIGINT_DIGITS = 512;
/** What the gate leaves to a value: a record's body and a presence's pair are around it. */
const NESTING = wireLimits.depth - 2;
const ITEMS = wireLimits.items - 16;

/**
 * Turns what the app passed into a wire value. JSON's values, `Uint8Array`, `Date` and `bigint` pass;
 * properties that are `undefined` are left out, as JSON does; −0 becomes 0.
 * @throws HearsayError `value-unsupported`, with the path of what cannot be carried; `value-too-large` for more
 *   than 4,080 items, keys of maps included.
 */
export function toWire(value: unknown): Wire {
  return convert(value, { path: '$', depth: 0, count: { items: 0 } });
}

/** Where in the value the walk is: `depth` counts the arrays and maps around it on the wire. */
interface Place {
  readonly path: string;
  readonly depth: number;
  readonly count: { items: number };
}

function convert(value: unknown, place: Place): Wire {
  const { path } = place;
  countItems(place, 1);
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw unsupported(path, `is ${value}`);
      return value === 0 ? 0 : value;
    case 'string':
      if (!isWellFormed(value)) throw unsupported(path, 'holds half a surrogate pair');
      if (value.charCodeAt(0) === 0xfeff) throw unsupported(path, 'begins with a byte order mark');
      return value;
    case 'bigint':
      return special(place, '$bigint', digits(value, path));
    case 'object':
      return value === null ? null : convertObject(value, place);
    default:
      throw unsupported(path, `is ${value === undefined ? 'undefined' : `a ${typeof value}`}`);
  }
}

function digits(value: bigint, path: string): string {
  const text = value.toString();
  if (text.length > BIGINT_DIGITS) throw unsupported(path, `has more than ${BIGINT_DIGITS} digits`);
  return text;
}

function convertObject(value: object, place: Place): Wire {
  const { path } = place;
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) {
    checkDepth(place);
    // A hole reads as undefined, and is refused like one.
    return Array.from(value, (item: unknown, i) => convert(item, inside(place, `[${i}]`)));
  }
  if (isDate(value)) {
    const ms = value.getTime();
    if (!Number.isFinite(ms)) throw unsupported(path, 'is an invalid Date');
    return special(place, '$date', ms);
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype && Object.getPrototypeOf(prototype) !== null) {
    throw unsupported(path, `is a ${value.constructor?.name ?? 'class instance'}; pass plain objects`);
  }
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  const looksSpecial = entries.length === 1 && entries[0]![0].startsWith('$');
  if (!looksSpecial) return convertEntries(entries, place);
  countItems(place, 2);
  return { $map: convertEntries(entries, inside(place, '')) };
}

function convertEntries(entries: readonly [string, unknown][], place: Place): Wire {
  const { path } = place;
  checkDepth(place);
  const map: { [key: string]: Wire } = {};
  for (const [key, item] of entries) {
    if (key === '__proto__') throw unsupported(path, 'has a key named __proto__');
    if (!isWellFormed(key) || key.charCodeAt(0) === 0xfeff || utf8Length(key) > wireLimits.mapKeyBytes) {
      throw unsupported(path, `has a key that is not valid text of at most ${wireLimits.mapKeyBytes} bytes`);
    }
    countItems(place, 1);
    map[key] = convert(item, inside(place, `.${key}`));
  }
  return map;
}

function special(place: Place, name: '$date' | '$bigint', inner: Wire): Wire {
  checkDepth(place);
  countItems(place, 2);
  return { [name]: inner };
}

/** One array or map further in. */
function inside(place: Place, step: string): Place {
  return { path: place.path + step, depth: place.depth + 1, count: place.count };
}

function checkDepth({ path, depth }: Place): void {
  if (depth >= NESTING) throw unsupported(path, `is nested deeper than ${NESTING} levels, or refers to itself`);
}

function countItems({ path, count }: Place, items: number): void {
  count.items += items;
  if (count.items <= ITEMS) return;
  throw new HearsayError(
    'value-too-large',
    `The value has more than ${ITEMS} items at ${path}: split it over several keys.`,
  );
}

function isDate(value: object): value is { getTime(): number } {
  return Object.prototype.toString.call(value) === '[object Date]';
}

function unsupported(path: string, what: string): HearsayError {
  return new HearsayError('value-unsupported', `The value at ${path} ${what}: Hearsay cannot carry that.`);
}

/**
 * Turns a wire value into what the app sees. Unknown `$` forms, which only a foreign program writes, stay
 * maps: never a throw.
 * @param makeDate builds a Date; the core has none of its own.
 */
export function fromWire(value: Wire, makeDate: (ms: number) => unknown): unknown {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(item => fromWire(item, makeDate));
  const map = value as { readonly [key: string]: Wire };
  const keys = Object.keys(map);
  if (keys.length === 1) {
    const inner = map[keys[0]!]!;
    if (keys[0] === '$date' && typeof inner === 'number') return makeDate(inner);
    if (keys[0] === '$bigint' && isDecimal(inner)) return BigInt(inner);
    if (keys[0] === '$map' && isPlain(inner)) return entriesFromWire(inner, makeDate);
  }
  return entriesFromWire(map, makeDate);
}

function entriesFromWire(map: { readonly [key: string]: Wire }, makeDate: (ms: number) => unknown): unknown {
  const out: { [key: string]: unknown } = {};
  for (const [key, item] of Object.entries(map)) out[key] = fromWire(item, makeDate);
  return out;
}

function isDecimal(value: Wire): value is string {
  return typeof value === 'string' && value.length <= BIGINT_DIGITS && /^-?\d+$/.test(value);
}

function isPlain(value: Wire): value is { readonly [key: string]: Wire } {
  return value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** Do two wire values say the same? Maps whose keys come in another order count as different. */
export function isSame(a: Wire, b: Wire): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false;
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return a instanceof Uint8Array && b instanceof Uint8Array && equalBytes(a, b);
  }
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  if (Array.isArray(a) !== Array.isArray(b) || keys.length !== others.length) return false;
  const [here, there] = [a, b] as readonly { readonly [key: string]: Wire }[];
  return keys.every((key, i) => key === others[i] && isSame(here![key]!, there![key]!));
}
