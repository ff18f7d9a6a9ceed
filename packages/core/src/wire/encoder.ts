/** Writes values the shortest way there is: what the gate lets through, and every other encoder would write as well. */
import { copyOf, utf8Length, writeUtf8 } from '../lib/bytes.ts';
import type { Wire } from '../types.ts';

/** What is larger is let go again, bytes: about the largest frame. */
const KEPT_BYTES = 65_536;

let out = new Uint8Array(KEPT_BYTES);
let view = new DataView(out.buffer);
let end = 0;

/** A copy of its own. */
export function encodeItem(value: Wire): Uint8Array {
  end = 0;
  item(value);
  const bytes = copyOf(out, 0, end);
  if (out.length > KEPT_BYTES) setOut(new Uint8Array(KEPT_BYTES));
  return bytes;
}

function item(value: Wire): void {
  switch (typeof value) {
    case 'number':
      return number(value);
    case 'string':
      return text(value);
    case 'boolean':
      return head(7, value ? 21 : 20);
    default:
      if (value === null) head(7, 22);
      else if (value instanceof Uint8Array) byteString(value);
      else if (Array.isArray(value)) array(value);
      else map(value as { readonly [key: string]: Wire });
  }
}

/** Integers of 33 bits and more are doubles, as are fractions. */
function number(value: number): void {
  if (value >>> 0 === value) return head(0, value);
  if (value < 0 && value >= -0x1_0000_0000 && Number.isInteger(value)) return head(1, -1 - value);
  makeRoom(9);
  out[end] = 0xfb;
  view.setFloat64(end + 1, value);
  end += 9;
}

function head(major: number, argument: number): void {
  makeRoom(5);
  const type = major << 5;
  if (argument < 24) out[end++] = type | argument;
  else if (argument < 0x100) {
    out[end++] = type | 24;
    out[end++] = argument;
  } else if (argument < 0x1_0000) {
    out[end++] = type | 25;
    view.setUint16(end, argument);
    end += 2;
  } else {
    out[end++] = type | 26;
    view.setUint32(end, argument);
    end += 4;
  }
}

function byteString(bytes: Uint8Array): void {
  head(2, bytes.length);
  makeRoom(bytes.length);
  out.set(bytes, end);
  end += bytes.length;
}

function text(value: string): void {
  const length = utf8Length(value);
  head(3, length);
  makeRoom(length);
  if (length > value.length) writeUtf8(value, out, end);
  else for (let i = 0; i < length; i++) out[end + i] = value.charCodeAt(i);
  end += length;
}

function array(list: readonly Wire[]): void {
  head(4, list.length);
  for (let i = 0; i < list.length; i++) item(list[i]!);
}

function map(entries: { readonly [key: string]: Wire }): void {
  const keys = Object.keys(entries);
  head(5, keys.length);
  for (let i = 0; i < keys.length; i++) {
    text(keys[i]!);
    item(entries[keys[i]!]!);
  }
}

function makeRoom(bytes: number): void {
  if (end + bytes <= out.length) return;
  const larger = new Uint8Array(2 * Math.max(out.length, end + bytes));
  larger.set(out.subarray(0, end));
  setOut(larger);
}

function setOut(bytes: Uint8Array<ArrayBuffer>): void {
  out = bytes;
  view = new DataView(bytes.buffer);
}
