import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readRecord } from '../../src/identity/record.ts';
import type { Wire } from '../../src/types.ts';
import { decodeCbor, encodeCbor } from '../../src/wire/cbor.ts';
import { wireLimits } from '../../src/wire/limits.ts';
import { fromWire, isSame, toWire } from '../../src/wire/value.ts';
import { NETWORK, record } from '../support/records.ts';
import { announceSeed } from '../support/seed.ts';
import { wireValue } from './cbor-values.ts';

const makeDate = (ms: number): Date => new Date(ms);
const travel = (value: unknown): unknown => {
  const decoded = decodeCbor(encodeCbor(toWire(value)));
  if (!decoded.ok) throw new Error(decoded.code);
  return fromWire(decoded.value, makeDate);
};

const appValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    wireValue,
    fc.date({ noInvalidDate: true }),
    fc.bigInt({ min: -(10n ** 510n), max: 10n ** 510n }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.constantFrom('$date', '$bigint', '$map', '$', '$x', 'plain'), tie('value'), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
  ),
})).value;

test('WIRE-15: every value that an app may pass reads back as it was', () => {
  const seed = announceSeed('value round trip');
  fc.assert(
    fc.property(appValue, value => {
      // vitest's own comparison stumbles over a key named `constructor`.
      expect(isDeepStrictEqual(travel(value), value)).toBe(true);
    }),
    { seed, numRuns: 500 },
  );
});

test.each<[string, unknown]>([
  ['JSON', { a: [1, -2.5, 'text', true, null, {}], ключ: '🎉' }],
  ['bytes', new Uint8Array([0, 255])],
  ['a Date', new Date(0)],
  ['the earliest Date', new Date(-8.64e15)],
  ['a bigint', 2n ** 64n],
  ['a negative bigint', -1n],
  ['an own map that looks like a Date', { $date: 5 }],
  ['an own map that looks like a bigint', { $bigint: '5' }],
  ['an own map that looks wrapped', { $map: { $map: { $date: 1 } } }],
  ['an own map with an unknown $ name', { $own: [1n, { $date: new Date(1) }] }],
])('WIRE-15: %s reads back', (_what, value) => {
  expect(travel(value)).toStrictEqual(value);
});

test('WIRE-15: properties that are undefined are left out, −0 becomes 0, a Buffer becomes a Uint8Array', () => {
  expect(travel({ a: undefined, b: -0, $c: undefined })).toStrictEqual({ b: 0 });
  expect(travel({ $date: undefined, $own: 1 })).toStrictEqual({ $own: 1 });
  expect(travel(Buffer.from([1]))).toStrictEqual(new Uint8Array([1]));
});

test('WIRE-15: bytes are copied when they are passed', () => {
  const bytes = new Uint8Array([1]);
  const wire = toWire({ bytes }) as { readonly bytes: Uint8Array };
  bytes[0] = 9;
  expect(wire.bytes[0]).toBe(1);
});

class Point {
  x = 1;
}
const cyclic: { self?: unknown } = {};
cyclic.self = cyclic;

test.each<[string, unknown, string]>([
  ['undefined', undefined, '$'],
  ['NaN', { a: [0, Number.NaN] }, '$.a[1]'],
  ['infinity', [Number.POSITIVE_INFINITY], '$[0]'],
  ['a function', { go: () => 1 }, '$.go'],
  ['a symbol', { s: Symbol('s') }, '$.s'],
  ['undefined in an array', [1, undefined], '$[1]'],
  // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested
  ['a hole in an array', [1, , 2], '$[1]'],
  ['half a surrogate pair', { text: '\ud800' }, '$.text'],
  ['a leading byte order mark', ['\uFEFFx'], '$[0]'],
  ['an invalid Date', { when: new Date(Number.NaN) }, '$.when'],
  ['a class instance', { at: new Point() }, '$.at'],
  ['a Map', new Map(), '$'],
  ['a Float32Array', [new Float32Array(1)], '$[0]'],
  ['a bigint of 513 digits', { n: 10n ** 512n }, '$.n'],
  ['a key of 65 bytes', { a: { ['k'.repeat(65)]: 1 } }, '$.a'],
  ['a key with half a surrogate pair', { '\udc00': 1 }, '$'],
  ['a key named __proto__', { a: JSON.parse('{"__proto__":1}') }, '$.a'],
  ['a circle', cyclic, '$.self.self.self'],
])('WIRE-16: %s is refused with its path', (_what, value, path) => {
  expect(() => toWire(value)).toThrow(
    expect.objectContaining({ code: 'value-unsupported', message: expect.stringContaining(`at ${path}`) }),
  );
});

const nested = (levels: number, around: (inner: unknown) => unknown): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = around(value);
  return value;
};

test.each<[string, number, (inner: unknown) => unknown]>([
  ['arrays', 14, inner => [inner]],
  ['maps', 14, inner => ({ a: inner })],
  ['maps that look special', 7, inner => ({ $a: inner })],
])('WIRE-17: %s nest %i deep', (_what, limit, around) => {
  expectReadable(nested(limit - 1, around));
  expectReadable(nested(limit, around));
  expect(() => toWire(nested(limit + 1, around))).toThrow(expect.objectContaining({ code: 'value-unsupported' }));
});

test('WIRE-17: empty arrays and Dates count as a level too', () => {
  const in13 = (inner: unknown): unknown => nested(13, value => [value === 1 ? inner : value]);
  for (const inner of [[], {}, new Date(0), 5n]) {
    expectReadable(in13(inner));
    expect(() => toWire([in13(inner)])).toThrow(expect.objectContaining({ code: 'value-unsupported' }));
  }
});

test('WIRE-17: 4,080 items fit', () => {
  const items = (count: number): unknown => Array.from({ length: count - 1 }, () => 0);
  expectReadable(items(4_079));
  expectReadable(items(4_080));
  expect(() => toWire(items(4_081))).toThrow(expect.objectContaining({ code: 'value-too-large' }));
  expect(() => toWire(Array.from({ length: 1_361 }, () => ({ a: 0 })))).toThrow(
    expect.objectContaining({ code: 'value-too-large' }),
  );
  expectReadable(Array.from({ length: 1_359 }, () => new Date(0)).slice(0, 900));
});

test('WIRE-17: the largest value fits into a record of the longest key', () => {
  const value = new Uint8Array(wireLimits.valueBytes - 3);
  expect(encodeCbor(value)).toHaveLength(wireLimits.valueBytes);
  expectReadable(value, 'k'.repeat(wireLimits.keyBytes));
});

/** What the caller's side lets pass must never get an honest peer blamed: every kind of record reads back. */
function expectReadable(value: unknown, key = 'key'): void {
  const wire = toWire(value);
  for (const said of [
    record({ key, value: wire }),
    record({ kind: 'event', key, value: wire }),
    record({ kind: 'presence', value: [1, wire] }),
  ]) {
    expect(readRecord(said.bytes, NETWORK)).toMatchObject({ ok: true });
  }
}

test.each<[string, Wire]>([
  ['$date without a number', { $date: 'x' }],
  ['$bigint that is no number', { $bigint: '1e9' }],
  ['$bigint that is empty', { $bigint: '' }],
  ['$bigint of 513 digits', { $bigint: '1'.repeat(513) }],
  ['$map around a list', { $map: [1] }],
  ['an unknown $ name', { $other: 1 }],
])('WIRE-18: %s stays a map', (_what, wire) => {
  expect(fromWire(wire, makeDate)).toStrictEqual(wire);
});

test('WIRE-18: no wire value makes reading throw', () => {
  const seed = announceSeed('foreign values');
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom('$date', '$bigint', '$map'), wireValue, { maxKeys: 1 }), wire => {
      fromWire(wire, makeDate);
    }),
    { seed, numRuns: 300 },
  );
});

test('WIRE-24: two values are the same when every part is', () => {
  const seed = announceSeed('same values');
  fc.assert(
    fc.property(wireValue, value => {
      expect(isSame(value, structuredClone(value))).toBe(true);
      expect(isSame([value], [value, value])).toBe(false);
      expect(isSame({ a: value }, { b: value })).toBe(false);
      expect(isSame({ a: value, b: 1 }, { a: value, b: 2 })).toBe(false);
    }),
    { seed, numRuns: 300 },
  );
  const bytes = new Uint8Array([1, 2]);
  for (const other of [null, 1, 'a', [1, 2], { 0: 1, 1: 2 }, new Uint8Array([1, 3])]) {
    expect(isSame(bytes, other)).toBe(false);
    expect(isSame(other, bytes)).toBe(false);
  }
  expect(isSame([], {})).toBe(false);
});
