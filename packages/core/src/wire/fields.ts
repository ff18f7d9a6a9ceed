/** Readers for the fields of frames: each gives the value in its type, or `undefined` when it is something else. */
import { fromHex, toHex, writeHex } from '../lib/bytes.ts';
import type { PeerId, RecordId, Wire } from '../types.ts';
import { wireLimits } from './limits.ts';
import { peerFromWire } from './peer-text.ts';

export function asUint32(value: Wire | undefined): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffffffff ? value : undefined;
}

export function asWhole(value: Wire | undefined, min: number, max: number): number | undefined {
  const whole = asUint32(value);
  return whole !== undefined && whole >= min && whole <= max ? whole : undefined;
}

export function asFlag(value: Wire | undefined): boolean | undefined {
  return value === 0 || value === 1 ? value === 1 : undefined;
}

export function asRecordId(value: Wire | undefined): RecordId | undefined {
  const bytes = asBytes(value, 16, 16);
  return bytes === undefined ? undefined : (toHex(bytes) as RecordId);
}

export function recordIdToWire(id: RecordId): Uint8Array {
  return fromHex(id)!;
}

export function asBytes(value: Wire | undefined, min: number, max: number): Uint8Array | undefined {
  return value instanceof Uint8Array && value.length >= min && value.length <= max ? value : undefined;
}

export function asPeer(value: Wire | undefined): PeerId | undefined {
  const bytes = asBytes(value, 32, 32);
  return bytes === undefined ? undefined : peerFromWire(bytes);
}

export function asPeers(value: Wire | undefined): readonly PeerId[] | undefined {
  return asList(value, wireLimits.peersPerList, asPeer);
}

/** A list of at most `max` items, all of which `read` accepts. */
export function asList<T>(
  value: Wire | undefined,
  max: number,
  read: (item: Wire) => T | undefined,
): readonly T[] | undefined {
  if (!Array.isArray(value) || value.length > max) return undefined;
  const list: T[] = [];
  for (const item of value as readonly Wire[]) {
    const one = read(item);
    if (one === undefined) return undefined;
    list.push(one);
  }
  return list;
}

export function asShortId(value: Wire | undefined): string | undefined {
  const bytes = asBytes(value, 8, 8);
  return bytes === undefined ? undefined : toHex(bytes);
}

/** Ids shortened to 8 bytes travel as one byte string. */
export function asShortIds(value: Wire | undefined): readonly string[] | undefined {
  const bytes = asBytes(value, 0, 8 * wireLimits.idsPerList);
  if (bytes === undefined || bytes.length % 8 !== 0) return undefined;
  // Most lists have one.
  if (bytes.length === 8) return [toHex(bytes)];
  const ids: string[] = [];
  for (let at = 0; at < bytes.length; at += 8) ids.push(toHex(bytes.subarray(at, at + 8)));
  return ids;
}

export function shortIdsToWire(ids: readonly string[]): Uint8Array {
  const bytes = new Uint8Array(8 * ids.length);
  for (let i = 0; i < ids.length; i++) writeHex(ids[i]!, bytes, 8 * i);
  return bytes;
}

export function peerToWire(peer: PeerId): Uint8Array {
  return fromHex(peer)!;
}

/** What was read, when every field of it was readable. */
export function whole<F extends object>(fields: { [K in keyof F]: F[K] | undefined }): F | undefined {
  for (const name in fields) if (fields[name] === undefined) return undefined;
  return fields as F;
}
