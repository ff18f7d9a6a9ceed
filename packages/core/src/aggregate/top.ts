import { toHex } from '../lib/bytes.ts';
import type { Wire } from '../types.ts';
import { encodeCbor } from '../wire/cbor.ts';

export interface Counted {
  readonly value: Wire;
  readonly count: number;
}

/** The commonest values of a field among presences, at most `most`; who does not have the field is left out. */
export function commonest(presences: Iterable<Wire>, field: string, most: number): readonly Counted[] {
  const groups = new Map<string, { readonly value: Wire; count: number }>();
  for (const presence of presences) {
    const value = fieldOf(presence, field);
    if (value === undefined) continue;
    const key = nameOf(value);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { value, count: 1 });
    else group.count += 1;
  }
  // Equally common ones in an order that all peers agree on.
  const sorted = [...groups].sort(([a, x], [b, y]) => y.count - x.count || (a < b ? -1 : 1));
  return sorted.slice(0, Math.max(0, most)).map(([, group]) => group);
}

function fieldOf(presence: Wire, field: string): Wire | undefined {
  if (presence === null || typeof presence !== 'object' || presence instanceof Uint8Array || Array.isArray(presence)) {
    return undefined;
  }
  return Object.hasOwn(presence, field) ? (presence as { readonly [key: string]: Wire })[field] : undefined;
}

/** Text and numbers are most of what is counted, and need not be encoded for it. */
function nameOf(value: Wire): string {
  if (typeof value === 'string') return `"${value}`;
  return value !== null && typeof value === 'object' ? toHex(encodeCbor(value)) : String(value);
}
