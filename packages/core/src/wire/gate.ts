/**
 * The gate: the only code that sees bytes of strangers before they are known to be harmless. One walk over
 * the CBOR, no decoding. It lets through a small subset of RFC 8949 in which every value has one meaning in
 * every decoder: definite lengths that fit, integers of at most 4 bytes, double floats that are finite and
 * not −0, valid UTF-8, text keys that are short and unique. No tags: cbor-x turns some into gigabytes.
 */
import { wireLimits } from './limits.ts';

export type GateCode =
  | 'empty'
  | 'truncated'
  | 'trailing'
  | 'too-deep'
  | 'too-many-items'
  | 'long-integer'
  | 'indefinite'
  | 'tag'
  | 'float'
  | 'simple'
  | 'utf8'
  | 'map-key';

const BREAK: unique symbol = Symbol('gate');
type Walk = { bytes: Uint8Array; at: number; items: number; code: GateCode | undefined };

/** `undefined` when `bytes` is exactly one acceptable item, else the first reason why not. Never throws. */
export function gate(bytes: Uint8Array): GateCode | undefined {
  if (bytes.length === 0) return 'empty';
  const walk: Walk = { bytes, at: 0, items: 0, code: undefined };
  if (!item(walk, 0)) return walk.code;
  return walk.at === bytes.length ? undefined : 'trailing';
}

function stop(walk: Walk, code: GateCode): false {
  walk.code = code;
  return false;
}

function item(walk: Walk, depth: number): boolean {
  if (++walk.items > wireLimits.items) return stop(walk, 'too-many-items');
  const { bytes } = walk;
  if (walk.at >= bytes.length) return stop(walk, 'truncated');
  const head = bytes[walk.at++]!;
  const major = head >> 5;
  const info = head & 31;
  if (major === 7) return simple(walk, info);
  if (major === 6) return stop(walk, 'tag');
  const count = argument(walk, info);
  if (count < 0) return false;
  switch (major) {
    case 0:
    case 1:
      return true;
    case 2:
      return skip(walk, count);
    case 3:
      return text(walk, count);
    case 4:
      return array(walk, count, depth + 1);
    default:
      return map(walk, count, depth + 1);
  }
}

/** The length or value that follows a head, −1 when it is not acceptable. */
function argument(walk: Walk, info: number): number {
  const { bytes } = walk;
  if (info < 24) return info;
  const width = info === 24 ? 1 : info === 25 ? 2 : info === 26 ? 4 : 0;
  if (width === 0) {
    stop(walk, info === 27 ? 'long-integer' : 'indefinite');
    return -1;
  }
  if (bytes.length - walk.at < width) {
    stop(walk, 'truncated');
    return -1;
  }
  let value = 0;
  for (let i = 0; i < width; i++) value = value * 256 + bytes[walk.at++]!;
  return value;
}

function skip(walk: Walk, length: number): boolean {
  if (walk.bytes.length - walk.at < length) return stop(walk, 'truncated');
  walk.at += length;
  return true;
}

function simple(walk: Walk, info: number): boolean {
  // 20 false, 21 true, 22 null.
  if (info >= 20 && info <= 22) return true;
  if (info !== 27) return stop(walk, info === 25 || info === 26 ? 'float' : 'simple');
  const { bytes, at } = walk;
  if (bytes.length - at < 8) return stop(walk, 'truncated');
  const exponent = ((bytes[at]! & 0x7f) << 4) | (bytes[at + 1]! >> 4);
  if (exponent === 0x7ff) return stop(walk, 'float');
  if (bytes[at] === 0x80 && bytes.subarray(at + 1, at + 8).every(byte => byte === 0)) return stop(walk, 'float');
  walk.at += 8;
  return true;
}

function array(walk: Walk, count: number, depth: number): boolean {
  if (depth > wireLimits.depth) return stop(walk, 'too-deep');
  // Each item takes a byte at least: a lying count is refused before any loop.
  if (count > walk.bytes.length - walk.at) return stop(walk, 'truncated');
  for (let i = 0; i < count; i++) if (!item(walk, depth)) return false;
  return true;
}

function map(walk: Walk, count: number, depth: number): boolean {
  if (depth > wireLimits.depth) return stop(walk, 'too-deep');
  if (2 * count > walk.bytes.length - walk.at) return stop(walk, 'truncated');
  const keys = new Set<string>();
  for (let i = 0; i < count; i++) {
    const key = mapKey(walk);
    if (key === BREAK) return false;
    if (key === '__proto__' || keys.has(key)) return stop(walk, 'map-key');
    keys.add(key);
    if (!item(walk, depth)) return false;
  }
  return true;
}

/** The key as one character a byte: enough to compare, whatever the text says. */
function mapKey(walk: Walk): string | typeof BREAK {
  const { bytes } = walk;
  if (walk.at < bytes.length && bytes[walk.at]! >> 5 !== 3) {
    stop(walk, 'map-key');
    return BREAK;
  }
  const start = walk.at;
  if (!item(walk, 0)) return BREAK;
  const head = bytes[start]! & 31;
  const from = start + (head < 24 ? 1 : head === 24 ? 2 : head === 25 ? 3 : 5);
  if (walk.at - from > wireLimits.mapKeyBytes) {
    stop(walk, 'map-key');
    return BREAK;
  }
  let key = '';
  for (let i = from; i < walk.at; i++) key += String.fromCharCode(bytes[i]!);
  return key;
}

/** Valid UTF-8 by RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF, no leading BOM. */
function text(walk: Walk, length: number): boolean {
  const start = walk.at;
  if (!skip(walk, length)) return false;
  const { bytes, at: end } = walk;
  if (length >= 3 && bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf) {
    return stop(walk, 'utf8');
  }
  let i = start;
  while (i < end) {
    const size = sequence(bytes, i, end);
    if (size === 0) return stop(walk, 'utf8');
    i += size;
  }
  return true;
}

/** Length of the UTF-8 sequence at `i`, 0 when it is not one. */
function sequence(bytes: Uint8Array, i: number, end: number): number {
  const first = bytes[i]!;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (end - i < size) return 0;
  const second = bytes[i + 1]!;
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let k = 2; k < size; k++) if (bytes[i + k]! >> 6 !== 2) return 0;
  return size;
}
