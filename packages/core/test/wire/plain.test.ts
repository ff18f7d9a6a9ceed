import { expect, test } from 'vitest';
import { createRng, type Rng, seedFrom } from '../../src/lib/rng.ts';
import type { Wire } from '../../src/types.ts';
import { encodeCbor } from '../../src/wire/cbor.ts';
import { encodePlain } from '../../src/wire/plain.ts';

const EDGES = [0, 1, 23, 24, 255, 256, 65_535, 65_536, 0x7fffffff, 0x80000000, 0xffffffff];

function drawn(rng: Rng, depth: number): Wire {
  const kind = rng.int(depth > 0 ? 3 : 2);
  if (kind === 0) return EDGES[rng.int(EDGES.length)]!;
  if (kind === 1) return new Uint8Array(EDGES[rng.int(6)]! + rng.int(2)).fill(rng.int(256));
  return Array.from({ length: rng.int(30) }, () => drawn(rng, depth - 1));
}

test('WIRE-25: numbers, bytes and lists of them are written as the general encoder writes them', () => {
  const rng = createRng(seedFrom(1, 24));
  for (const number of EDGES) expect(encodePlain([number])).toEqual(encodeCbor([number]));
  for (const length of EDGES.slice(0, 8)) {
    expect(encodePlain([new Uint8Array(length)])).toEqual(encodeCbor([new Uint8Array(length)]));
    if (length <= 256)
      expect(encodePlain(new Array<number>(length).fill(7))).toEqual(encodeCbor(new Array(length).fill(7)));
  }
  for (let i = 0; i < 200; i++) {
    const value = [drawn(rng, 3), drawn(rng, 2)];
    expect(encodePlain(value)).toEqual(encodeCbor(value));
  }
});

test.each<[string, Wire]>([
  ['text', 'a'],
  ['null', null],
  ['a flag', true],
  ['a map', { a: 1 }],
  ['a fraction', 0.5],
  ['a negative number', -1],
  ['more than 32 bits', 2 ** 32],
])('WIRE-25: %s is left to the general encoder', (_what, value) => {
  expect(encodePlain(value)).toBeUndefined();
  expect(encodePlain([1, [value]])).toBeUndefined();
});

test('WIRE-8: what is written shares no memory with what it was given', () => {
  const bytes = new Uint8Array(100);
  const encoded = encodePlain([bytes])!;
  bytes.fill(1);
  expect(encoded).toEqual(encodeCbor([new Uint8Array(100)]));
  expect(encoded.buffer.byteLength).toBe(encoded.length);
});
