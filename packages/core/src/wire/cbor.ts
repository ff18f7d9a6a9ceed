/**
 * cbor-x, behind the gate. The build without `new Function` is used everywhere, so that a page with a strict
 * Content-Security-Policy and a Node peer run the same decoder; records, structures, tags and the native
 * add-on are off.
 */
import { Decoder, Encoder } from 'cbor-x/index-no-eval';
import { copyOf } from '../lib/bytes.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import type { Wire } from '../types.ts';
import { type GateCode, gate } from './gate.ts';

const options = {
  useRecords: false,
  structuredClone: false,
  mapsAsObjects: true,
  tagUint8Array: false,
  variableMapSize: true,
  copyBuffers: true,
};
const encoder = new Encoder(options);
const decoder = new Decoder(options);

/** Encodes a value that this program built. The result is a copy of its own, and never Node's Buffer. */
export function encodeCbor(value: Wire): Uint8Array {
  const pooled: Uint8Array = encoder.encode(value);
  return copyOf(pooled, 0, pooled.length);
}

/** Decodes one item that the gate accepts; byte strings are copied out, as plain Uint8Arrays. Never throws. */
export function decodeCbor(bytes: Uint8Array): Result<Wire, GateCode | 'decode'> {
  const refused = gate(bytes);
  if (refused !== undefined) return fail(refused);
  try {
    return ok(decoder.decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)) as Wire);
  } catch {
    // The gate accepts only what cbor-x decodes; should they ever differ, it is a verdict all the same.
    return fail('decode');
  }
}
