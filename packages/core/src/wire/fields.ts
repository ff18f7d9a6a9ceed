/** Readers for the fields of frames: each gives the value in its type, or `undefined` when it is something else. */
import { fromHex, toHex } from '../lib/bytes.ts';
import type { PeerId, RecordId, Wire } from '../types.ts';
import { wireLimits } from './limits.ts';

export function asUint32(value: Wire | undefined): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffffffff ? value : undefined;
}

export function asBytes(value: Wire | undefined, min: number, max: number): Uint8Array | undefined {
  return value instanceof Uint8Array && value.length >= min && value.length <= max ? value : undefined;
}

export function asPeer(value: Wire | undefined): PeerId | undefined {
  const bytes = asBytes(value, 32, 32);
  return bytes === undefined ? undefined : (toHex(bytes) as PeerId);
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

/** Record ids travel as one byte string, 16 bytes each. */
export function asIds(value: Wire | undefined): readonly RecordId[] | undefined {
  const bytes = asBytes(value, 0, 16 * wireLimits.idsPerList);
  if (bytes === undefined || bytes.length % 16 !== 0) return undefined;
  const ids: RecordId[] = [];
  for (let at = 0; at < bytes.length; at += 16) ids.push(toHex(bytes.subarray(at, at + 16)) as RecordId);
  return ids;
}

export function idsToWire(ids: readonly RecordId[]): Uint8Array {
  const bytes = new Uint8Array(16 * ids.length);
  for (const [i, id] of ids.entries()) bytes.set(fromHex(id)!, 16 * i);
  return bytes;
}

export function asShortIds(value: Wire | undefined): readonly string[] | undefined {
  const bytes = asBytes(value, 0, 8 * wireLimits.idsPerList);
  if (bytes === undefined || bytes.length % 8 !== 0) return undefined;
  const ids: string[] = [];
  for (let at = 0; at < bytes.length; at += 8) ids.push(toHex(bytes.subarray(at, at + 8)));
  return ids;
}

export function shortIdsToWire(ids: readonly string[]): Uint8Array {
  const bytes = new Uint8Array(8 * ids.length);
  for (const [i, id] of ids.entries()) bytes.set(fromHex(id)!, 8 * i);
  return bytes;
}

export function peerToWire(peer: PeerId): Uint8Array {
  return fromHex(peer)!;
}
