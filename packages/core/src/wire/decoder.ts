/**
 * Builds the value of what the gate has let through: one item, of definite lengths that fit, text that is valid,
 * without tags.
 */
import { copyOf, fromUtf8 } from '../lib/bytes.ts';
import type { Wire } from '../types.ts';

interface Place {
  readonly bytes: Uint8Array;
  at: number;
}

/** Byte strings are copies, and plain. */
export function decodeItem(bytes: Uint8Array): Wire {
  return item({ bytes, at: 0 });
}

function item(place: Place): Wire {
  const head = place.bytes[place.at++]!;
  const info = head & 31;
  const major = head >> 5;
  if (major === 7) return simple(place, info);
  const count = argument(place, info);
  switch (major) {
    case 0:
      return count;
    case 1:
      return -1 - count;
    case 2:
      place.at += count;
      return copyOf(place.bytes, place.at - count, place.at);
    case 3:
      place.at += count;
      return fromUtf8(place.bytes, place.at - count, place.at);
    case 4:
      return array(place, count);
    default:
      return map(place, count);
  }
}

function argument(place: Place, info: number): number {
  if (info < 24) return info;
  const end = place.at + (1 << (info - 24));
  let value = 0;
  while (place.at < end) value = value * 256 + place.bytes[place.at++]!;
  return value;
}

function array(place: Place, count: number): Wire {
  const list = new Array<Wire>(count);
  for (let i = 0; i < count; i++) list[i] = item(place);
  return list;
}

function map(place: Place, count: number): Wire {
  const entries: { [key: string]: Wire } = {};
  for (let i = 0; i < count; i++) {
    const key = item(place) as string;
    entries[key] = item(place);
  }
  return entries;
}

const double = new DataView(new ArrayBuffer(8));

function simple(place: Place, info: number): Wire {
  if (info !== 27) return info === 22 ? null : info === 21;
  for (let i = 0; i < 8; i++) double.setUint8(i, place.bytes[place.at++]!);
  return double.getFloat64(0);
}
