import { expect, test } from 'vitest';
import { concatBytes, fromHex, utf8 } from '../../src/lib/bytes.ts';
import { decodeCbor } from '../../src/wire/cbor.ts';
import { gate } from '../../src/wire/gate.ts';

const hex = (text: string): Uint8Array => fromHex(text.replaceAll(' ', ''))!;

test.each([
  ['an unsigned integer of 4 bytes', '1a ffffffff'],
  ['a negative integer of 4 bytes', '3a ffffffff'],
  ['a double', 'fb 3ff8000000000000'],
  ['zero as a double', 'fb 0000000000000000'],
  ['false, true and null', '83 f4 f5 f6'],
  ['an empty byte string', '40'],
  ['an empty map', 'a0'],
  ['a length that is longer than needed', '5a 00000001 00'],
])('WIRE-2: the gate lets %s through', (_what, bytes) => {
  expect(gate(hex(bytes))).toBeUndefined();
  expect(decodeCbor(hex(bytes)).ok).toBe(true);
});

test.each([
  ['nothing at all', '', 'empty'],
  ['a head without its argument', '19 00', 'truncated'],
  ['a byte string that ends early', '42 00', 'truncated'],
  ['an array that promises too much', '9a ffffffff', 'truncated'],
  ['a map that promises too much', 'ba ffffffff', 'truncated'],
  ['a second item', '00 00', 'trailing'],
  ['an integer of 8 bytes', '1b 0000000000000000', 'long-integer'],
  ['a length of 8 bytes', '5b 0000000000000000', 'long-integer'],
  ['an array of unknown length', '9f ff', 'indefinite'],
  ['a byte string of unknown length', '5f ff', 'indefinite'],
  ['a reserved head', '1c', 'indefinite'],
  ['a tag', 'c0 00', 'tag'],
  ['a bignum', 'c2 41 01', 'tag'],
  ['a typed array', 'd8 40 41 00', 'tag'],
  ['a half float', 'f9 3c00', 'float'],
  ['a single float', 'fa 3f800000', 'float'],
  ['infinity', 'fb 7ff0000000000000', 'float'],
  ['NaN', 'fb 7ff8000000000000', 'float'],
  ['−0', 'fb 8000000000000000', 'float'],
  ['undefined', 'f7', 'simple'],
  ['a simple value', 'e0', 'simple'],
  ['a break', 'ff', 'simple'],
])('WIRE-2: the gate refuses %s', (_what, bytes, code) => {
  expect(gate(hex(bytes))).toBe(code);
  expect(decodeCbor(hex(bytes))).toEqual({ ok: false, code });
});

const arrays = (levels: number): Uint8Array => concatBytes(new Uint8Array(levels).fill(0x81), hex('00'));
const maps = (levels: number): Uint8Array =>
  concatBytes(...Array.from({ length: levels }, () => hex('a1 60')), hex('00'));

test.each([
  ['arrays', arrays],
  ['maps', maps],
])('WIRE-3: nesting of %s ends at 16', (_what, nested) => {
  expect(gate(nested(15))).toBeUndefined();
  expect(gate(nested(16))).toBeUndefined();
  expect(gate(nested(17))).toBe('too-deep');
  expect(gate(nested(10_000))).toBe('too-deep');
});

test('WIRE-4: 4,096 items pass, the array that holds them included, one more does not', () => {
  const zeros = (count: number): Uint8Array =>
    concatBytes(new Uint8Array([0x99, count >> 8, count & 255]), new Uint8Array(count));
  expect(gate(zeros(4_094))).toBeUndefined();
  expect(gate(zeros(4_095))).toBeUndefined();
  expect(gate(zeros(4_096))).toBe('too-many-items');
});

test('WIRE-4: keys of maps count as items', () => {
  const pairs = (count: number): Uint8Array => {
    const entries = Array.from({ length: count }, (_, i) =>
      concatBytes(hex('62'), utf8(i.toString(36).padStart(2, '0').slice(-2)), hex('00')),
    );
    return concatBytes(new Uint8Array([0xb9, count >> 8, count & 255]), ...entries);
  };
  // 1,296 different keys of two characters exist, so four maps are needed: 1 + 4 × (1 + 2 × 511) = 4,093.
  const four = (last: number): Uint8Array => concatBytes(hex('84'), pairs(511), pairs(511), pairs(511), pairs(last));
  expect(gate(four(511))).toBeUndefined();
  expect(gate(four(512))).toBeUndefined();
  expect(gate(four(513))).toBe('too-many-items');
});

test.each([63, 64])('WIRE-5: a key of %i bytes is taken', length => {
  expect(
    gate(concatBytes(hex('a1 78'), new Uint8Array([length]), utf8('k'.repeat(length)), hex('00'))),
  ).toBeUndefined();
});

test.each([
  ['longer than 64 bytes', concatBytes(hex('a1 78 41'), utf8('k'.repeat(65)), hex('00'))],
  ['that is no text', hex('a1 01 00')],
  ['twice', hex('a2 6161 00 6161 01')],
  ['twice, with heads of different length', hex('a2 6161 00 780161 01')],
  ['named __proto__', concatBytes(hex('a1 69'), utf8('__proto__'), hex('00'))],
])('WIRE-5: the gate refuses a key %s', (_what, bytes) => {
  expect(gate(bytes)).toBe('map-key');
});

test.each([
  ['two bytes', 'c3bc'],
  ['three bytes', 'e282ac'],
  ['four bytes', 'f09f8e89'],
  ['the last code point', 'f48fbfbf'],
  ['the last before the surrogates', 'ed9fbf'],
  ['a byte order mark that is not the first', '61efbbbf'],
])('WIRE-6: text of %s is taken', (_what, text) => {
  const bytes = hex(text);
  expect(gate(concatBytes(new Uint8Array([0x60 + bytes.length]), bytes))).toBeUndefined();
});

test.each([
  ['a lone continuation', '80'],
  ['an overlong slash', 'c0af'],
  ['an overlong NUL', 'c080'],
  ['an overlong form of three', 'e0809f'],
  ['an overlong form of four', 'f0808080'],
  ['a surrogate', 'eda080'],
  ['a code point above U+10FFFF', 'f4908080'],
  ['a head of five', 'f888808080'],
  ['a sequence cut short', 'e282'],
  ['a broken continuation', 'e28228'],
  ['a leading byte order mark', 'efbbbf'],
])('WIRE-6: text with %s is refused', (_what, text) => {
  const bytes = hex(text);
  expect(gate(concatBytes(new Uint8Array([0x60 + bytes.length]), bytes))).toBe('utf8');
});
