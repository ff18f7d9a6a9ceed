import { isDeepStrictEqual } from 'node:util';
import { Decoder, Encoder } from 'cbor-x';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concatBytes } from '../../src/lib/bytes.ts';
import { decodeCbor, encodeCbor } from '../../src/wire/cbor.ts';
import { gate } from '../../src/wire/gate.ts';
import { announceSeed } from '../support/seed.ts';
import { wireValue } from './cbor-values.ts';

test('WIRE-7: the gate accepts every encoded value, and it decodes to what it was', () => {
  const seed = announceSeed('CBOR round trip');
  fc.assert(
    fc.property(wireValue, value => {
      const bytes = encodeCbor(value);
      expect(gate(bytes)).toBeUndefined();
      // vitest's own comparison stumbles over a key named `constructor`.
      expect(isDeepStrictEqual(decodeCbor(bytes), { ok: true, value })).toBe(true);
    }),
    { seed, numRuns: 500 },
  );
});

test('WIRE-7: another encoder writes the same bytes, and another decoder reads the same', () => {
  const seed = announceSeed('another codec');
  const options = { useRecords: false, mapsAsObjects: true, variableMapSize: true, tagUint8Array: false };
  const [encoder, decoder] = [new Encoder(options), new Decoder(options)];
  fc.assert(
    fc.property(wireValue, value => {
      const bytes = encodeCbor(value);
      expect(bytes).toEqual(new Uint8Array(encoder.encode(value)));
      // It reads bytes as Buffers.
      const said = structuredClone(decoder.decode(bytes));
      expect(isDeepStrictEqual(decodeCbor(bytes), { ok: true, value: said })).toBe(true);
    }),
    { seed, numRuns: 500 },
  );
});

test.each([0, 23, 24, 255, 256, 4_095, 4_096, 4_097, 65_535, 65_536, 200_000])(
  'WIRE-7: a text of %i characters, and of as many with others between them, is read and written',
  length => {
    for (const value of [
      'a'.repeat(length),
      `${'a'.repeat(length)}ü`,
      `𝄞${'𝄞é漢z'.repeat(length >> 2)}`,
      '漢'.repeat(length >> 1),
    ]) {
      const bytes = encodeCbor([value, 7]);
      expect(new TextDecoder().decode(bytes.subarray(-1 - new TextEncoder().encode(value).length, -1))).toBe(value);
      const decoded = decodeCbor(bytes);
      expect(decoded.ok && isDeepStrictEqual(decoded.value, [value, 7])).toBe(true);
    }
  },
);

test('WIRE-7: what is larger than all before it is written whole, and so is what is small behind it', () => {
  for (const size of [70_000, 10, 300_000, 10]) {
    const value = ['before', new Uint8Array(size).fill(5), 'x'.repeat(size), 'behind'];
    expect(decodeCbor(encodeCbor(value))).toEqual({ ok: true, value });
  }
});

test('WIRE-8: decoded byte strings are copies, and plain Uint8Arrays even from a Buffer', () => {
  const frame = Buffer.from(concatBytes(encodeCbor([new Uint8Array([1, 2, 3])]), new Uint8Array(1_000)).subarray(0, 5));
  const decoded = decodeCbor(frame);
  frame.fill(0xff);
  expect(decoded).toStrictEqual({ ok: true, value: [new Uint8Array([1, 2, 3])] });
  const [bytes] = (decoded as { value: readonly Uint8Array[] }).value;
  expect(bytes!.buffer.byteLength).toBe(3);
});

test('WIRE-8: an encoded value is a copy of its own', () => {
  const first = encodeCbor('first');
  const kept = [...first];
  encodeCbor('other');
  expect([...first]).toEqual(kept);
  expect(first.constructor).toBe(Uint8Array);
});
