import { isDeepStrictEqual } from 'node:util';
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

test.each([0, 23, 24, 63, 64, 65, 255, 256, 65_536])(
  'WIRE-7: a text of %i characters, or of one more that is not ASCII',
  length => {
    for (const value of ['a'.repeat(length), `${'a'.repeat(length)}ü`, `𝄞${'z'.repeat(length)}`]) {
      expect(decodeCbor(encodeCbor([value, 7]))).toEqual({ ok: true, value: [value, 7] });
    }
  },
);

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
