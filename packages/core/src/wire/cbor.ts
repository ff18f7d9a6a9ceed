/**
 * CBOR (RFC 8949) as far as this protocol uses it, behind the gate. A library for all of it takes three times as long
 * for frames and records of a few hundred bytes (docs/adr/0015); that others read and write the same is tested.
 */
import { fail, ok, type Result } from '../lib/result.ts';
import type { Wire } from '../types.ts';
import { decodeItem } from './decoder.ts';
import { encodeItem } from './encoder.ts';
import { type GateCode, gate } from './gate.ts';

/** Encodes a value that this program built. The result is a copy of its own, and never Node's Buffer. */
export function encodeCbor(value: Wire): Uint8Array {
  return encodeItem(value);
}

/** Decodes one item that the gate accepts; byte strings are copied out, as plain Uint8Arrays. Never throws. */
export function decodeCbor(bytes: Uint8Array): Result<Wire, GateCode | 'decode'> {
  const refused = gate(bytes);
  if (refused !== undefined) return fail(refused);
  try {
    return ok(decodeItem(bytes));
  } catch {
    // The gate accepts only what is decoded; should they ever differ, it is a verdict all the same.
    return fail('decode');
  }
}
