/**
 * CBOR of whole numbers, bytes, and lists of them: most frames are no more than that. Byte for byte what the general
 * encoder writes, without its intermediate buffers.
 */
import type { Wire } from '../types.ts';

const UNSIGNED = 0;
const BYTES = 2;
const LIST = 4;

/** `undefined`: there is something else in it, for the general encoder. */
export function encodePlain(value: Wire): Uint8Array | undefined {
  const size = sizeOf(value);
  if (Number.isNaN(size)) return undefined;
  const into = new Uint8Array(size);
  write(value, into, 0);
  return into;
}

/** Bytes that it takes; NaN when it is not plain. */
function sizeOf(value: Wire): number {
  if (typeof value === 'number') return isWhole(value) ? headSize(value) : Number.NaN;
  if (value instanceof Uint8Array) return headSize(value.length) + value.length;
  if (!Array.isArray(value)) return Number.NaN;
  let size = headSize(value.length);
  for (let i = 0; i < value.length; i++) size += sizeOf(value[i] as Wire);
  return size;
}

/** Where the next one begins. */
function write(value: Wire, into: Uint8Array, at: number): number {
  if (typeof value === 'number') return writeHead(UNSIGNED, value, into, at);
  if (value instanceof Uint8Array) {
    const start = writeHead(BYTES, value.length, into, at);
    into.set(value, start);
    return start + value.length;
  }
  const list = value as readonly Wire[];
  let next = writeHead(LIST, list.length, into, at);
  for (let i = 0; i < list.length; i++) next = write(list[i]!, into, next);
  return next;
}

function isWhole(value: number): boolean {
  return value >>> 0 === value;
}

/** A head is a major type and a number, in the fewest bytes. */
function headSize(value: number): number {
  if (value < 24) return 1;
  if (value < 0x100) return 2;
  return value < 0x10000 ? 3 : 5;
}

function writeHead(major: number, value: number, into: Uint8Array, at: number): number {
  const size = headSize(value);
  const additional = size === 1 ? value : size === 2 ? 24 : size === 3 ? 25 : 26;
  into[at] = (major << 5) | additional;
  for (let i = 1; i < size; i++) into[at + i] = value >>> (8 * (size - 1 - i));
  return at + size;
}
