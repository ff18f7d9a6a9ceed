import fc from 'fast-check';
import { utf8Length } from '../../src/lib/bytes.ts';
import type { Wire } from '../../src/types.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter(value => !value.startsWith('\uFEFF'));
const key = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 16 }),
    fc.constantFrom('', '0', '-1', '$date', 'constructor', 'toString'),
  )
  .filter(value => !value.startsWith('\uFEFF') && value !== '__proto__' && utf8Length(value) <= 64);
const number = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, -(2 ** 31), -(2 ** 31) - 1, -(2 ** 32) - 1),
);

export const wireValue: fc.Arbitrary<Wire> = fc.letrec<{ value: Wire }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    number.map(value => (value === 0 ? 0 : value)),
    text,
    fc.uint8Array({ maxLength: 300 }).map(bytes => new Uint8Array(bytes)),
    fc.array(tie('value'), { maxLength: 8 }),
    fc.dictionary(key, tie('value'), { maxKeys: 8, noNullPrototype: true }),
  ),
})).value;
