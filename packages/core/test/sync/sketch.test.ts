import { expect, test } from 'vitest';
import type { Rng } from '../../src/lib/rng.ts';
import {
  halfSipHash,
  keyOf,
  type ShortId,
  shortId,
  shortIdsFromWire,
  shortIdsToWire,
} from '../../src/sync/short-id.ts';
import { CELL_BYTES, createSketch, type Difference, readSketch } from '../../src/sync/sketch.ts';
import { wordsOf } from '../../src/sync/sum.ts';
import { announceSeed, rngOf } from '../support/seed.ts';
import { fakeRecord } from '../support/sync-pair.ts';

const someIds = (rng: Rng, count: number): ShortId[] =>
  Array.from({ length: count }, () => ({ high: rng.uint32(), low: rng.int(256) }));

function differenceOf(
  mine: readonly ShortId[],
  theirs: readonly ShortId[],
  ...parts: readonly number[]
): Difference | undefined {
  const bytes: number[] = [];
  let from = 0;
  for (const to of parts) {
    const sketch = createSketch(from, to);
    for (const id of theirs) sketch.add(id);
    bytes.push(...sketch.toWire());
    from = to;
  }
  const reader = readSketch(Uint8Array.from(bytes));
  for (const id of mine) reader.add(id);
  return reader.difference();
}

const sorted = (ids: readonly ShortId[]): readonly number[] => ids.map(keyOf).sort((a, b) => a - b);

test('SYNC-12: short ids are made by HalfSipHash-2-4: its published vector for 16 bytes', () => {
  const words = Uint32Array.of(0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c);
  // 73 36 aa d2 5f 7b f3 b5, two words with the lowest byte first.
  expect(halfSipHash(0x03020100, 0x07060504, words)).toEqual({ low: 0xd2aa3673, high: 0xb5f37b5f });
});

test('SYNC-12: an id is another one in every session', () => {
  const rng = rngOf(0, 1);
  const { digest } = fakeRecord(rng, 0);
  const ids = Array.from({ length: 100 }, (_, session) => keyOf(shortId(session, digest)));
  expect(new Set(ids).size).toBe(100);
  const { high, low } = halfSipHash(7, 0, wordsOf(digest));
  expect(shortId(7, digest)).toEqual({ high, low: low >>> 24 });
  const wire = shortIdsToWire([shortId(1, digest), shortId(2, digest)]);
  expect(shortIdsFromWire(wire)).toEqual([shortId(1, digest), shortId(2, digest)]);
});

test('SYNC-13: a sketch brings out what differs, however much is common, and whichever side has it', () => {
  const seed = announceSeed('sketch');
  for (let stream = 0; stream < 60; stream++) {
    const rng = rngOf(stream, seed);
    const common = someIds(rng, rng.int(2_000));
    const mine = someIds(rng, rng.int(60));
    const theirs = someIds(rng, rng.int(60));
    const cells = 16 + 4 * (mine.length + theirs.length);
    const found = differenceOf([...common, ...mine], [...theirs, ...common], cells);
    expect(sorted(found!.mine)).toEqual(sorted(mine));
    expect(sorted(found!.theirs)).toEqual(sorted(theirs));
    // Sent in parts, the cells are the same.
    expect(differenceOf([...common, ...mine], [...theirs, ...common], 3, 5, cells)).toEqual(found);
  }
});

test('SYNC-13: about 1.4 cells for each difference are enough', () => {
  const rng = rngOf(1, 1);
  let cells = 0;
  for (let round = 0; round < 20; round++) {
    const theirs = someIds(rng, 200);
    let enough = 200;
    while (differenceOf([], theirs, enough) === undefined) enough += 4;
    cells += enough;
  }
  expect(cells / (20 * 200)).toBeGreaterThan(1.2);
  expect(cells / (20 * 200)).toBeLessThan(1.6);
});

test('SYNC-13: too few cells say nothing, and none at all say that nothing differs', () => {
  const rng = rngOf(2, 1);
  const theirs = someIds(rng, 50);
  for (const cells of [1, 5, 25]) expect(differenceOf([], theirs, cells)).toBeUndefined();
  expect(differenceOf(theirs, theirs, 1)).toEqual({ mine: [], theirs: [] });
});

test('SYNC-13: crafted cells bring out no more than there are cells, and end', () => {
  const rng = rngOf(3, announceSeed('crafted cells'));
  const [id] = someIds(rng, 1);
  const one = createSketch(0, 1);
  one.add(id!);
  const cell = one.toWire();
  for (let round = 0; round < 300; round++) {
    const count = 1 + rng.int(60);
    const bytes = Uint8Array.from({ length: CELL_BYTES * count }, (_, i) =>
      rng.int(3) === 0 ? rng.int(256) : cell[i % CELL_BYTES]!,
    );
    const { mine, theirs } = readSketch(bytes).difference() ?? { mine: [], theirs: [] };
    expect(mine.length + theirs.length).toBeLessThanOrEqual(count);
  }
  // Every cell claims to hold the same id alone: taking it out of one puts it into the next.
  const same = Uint8Array.from({ length: CELL_BYTES * 64 }, (_, i) => cell[i % CELL_BYTES]!);
  expect(readSketch(same).difference()).toBeUndefined();
});
