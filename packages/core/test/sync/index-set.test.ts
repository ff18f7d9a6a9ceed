import { sha256 } from '@noble/hashes/sha2.js';
import { expect, test } from 'vitest';
import type { SignedRecord } from '../../src/identity/record.ts';
import { fromHex, toHex } from '../../src/lib/bytes.ts';
import type { Rng } from '../../src/lib/rng.ts';
import { createIndexSet, type IndexSet } from '../../src/sync/index-set.ts';
import {
  type Bound,
  boundBetween,
  boundFromWire,
  boundToWire,
  bucketOf,
  isBelow,
  type Range,
  START,
} from '../../src/sync/order.ts';
import { fingerprint, wordsOf } from '../../src/sync/sum.ts';
import type { Hlc, RecordId } from '../../src/types.ts';
import { announceSeed, rngOf } from '../support/seed.ts';
import { fakeRecord } from '../support/sync-pair.ts';

const rng = rngOf(0, 3);
const ALL: Range = { lower: START, upper: undefined };
const some = (count: number, random: Rng = rng, spreadMs = 100_000): SignedRecord[] =>
  Array.from({ length: count }, () => fakeRecord(random, random.int(spreadMs)));
const setOf = (records: readonly SignedRecord[]): IndexSet => {
  const set = createIndexSet();
  for (const said of records) set.add(said);
  return set;
};
const listOf = (set: IndexSet, range: Range = ALL): readonly SignedRecord[] => {
  const list: SignedRecord[] = [];
  set.visit(range, said => list.push(said));
  return list;
};
const byOrder = (a: SignedRecord, b: SignedRecord): number =>
  bucketOf(a) - bucketOf(b) || (a.id < b.id ? -1 : Number(a.id > b.id));
const printOf = (set: IndexSet, session = 1): string => {
  const { count, sum } = set.measure(ALL);
  return toHex(fingerprint(session, sum, count));
};

test('SYNC-8: a fingerprint depends on the set alone, on every member of it, and on the session', () => {
  const records = some(50);
  const print = (list: readonly SignedRecord[]): string => printOf(setOf(list));
  expect(print(records.toReversed())).toBe(print(records));
  for (let n = 0; n < 50; n++) expect(print(records.toSpliced(n, 1))).not.toBe(print(records));
  expect(printOf(setOf(records), 2)).not.toBe(print(records));
  expect(print([])).toHaveLength(10);
});

test('SYNC-8: it is 5 bytes of SHA-256 over session, sum of the digests modulo 2^256, and count', () => {
  const records = some(300);
  let total = 0n;
  for (const { digest } of records) {
    const bytes = Uint8Array.from(digest, byte => byte.charCodeAt(0));
    total += BigInt(`0x${toHex(bytes.reverse())}`);
  }
  const words = Array.from({ length: 8 }, (_, i) =>
    Number((total >> BigInt(32 * i)) & 0xffffffffn)
      .toString(16)
      .padStart(8, '0'),
  );
  const said = fromHex(`00000007${words.join('')}0000012c`)!;
  expect(printOf(setOf(records), 7)).toBe(toHex(sha256(said)).slice(0, 10));
});

test('SYNC-8: sums that are alike do not look alike when the number differs', () => {
  const sum = wordsOf(some(1)[0]!.digest);
  expect(toHex(fingerprint(1, sum, 1))).not.toBe(toHex(fingerprint(1, sum, 2)));
});

test('SYNC-9: records are in order of their 10 seconds, then their id', () => {
  const old = fakeRecord(rng, 50_000);
  const recent = [fakeRecord(rng, 1), fakeRecord(rng, 2)].sort(byOrder);
  const set = setOf([...recent, old]);
  const bound = boundBetween(old, recent[0]!);
  expect(listOf(set)).toEqual([old, ...recent]);
  expect(listOf(set, { lower: bound, upper: undefined })).toEqual(recent);
  expect(listOf(set, { lower: START, upper: bound })).toEqual([old]);
  set.add(old);
  expect(set.size()).toBe(3);
});

test('SYNC-9: a bound is the shortest that separates, and survives the wire', () => {
  const seed = announceSeed('bounds');
  const random = rngOf(1, seed);
  const records = some(2_000, random, 400_000).sort(byOrder);
  let bytes = 0;
  for (const [i, upper] of records.entries()) {
    const lower = records[i - 1];
    if (lower === undefined) continue;
    const bound = boundBetween(lower, upper);
    const wire = boundToWire(bound);
    bytes += wire.length;
    expect(boundFromWire(wire)).toEqual(bound);
    expect([isBelow(lower, bound), isBelow(upper, bound)]).toEqual([true, false]);
    const shorter = boundFromWire(wire.slice(0, -1));
    expect(isBelow(lower, shorter)).toBe(false);
  }
  expect(bytes / records.length).toBeLessThan(6);
  expect(boundToWire(START)).toHaveLength(0);
});

test('SYNC-9: ids that differ in their last byte alone are told apart', () => {
  const lower = { ...some(1)[0]!, id: '00'.repeat(16) as RecordId };
  const upper = { ...lower, id: `${'00'.repeat(15)}01` as RecordId };
  const bound = boundBetween(lower, upper);
  expect(boundToWire(bound)).toHaveLength(20);
  expect(listOf(setOf([lower, upper]), { lower: bound, upper: undefined })).toEqual([upper]);
});

/** Compares all that the set says with a plain sorted list. */
function check(set: IndexSet, model: readonly SignedRecord[], bounds: readonly Bound[]): void {
  const sorted = model.toSorted(byOrder);
  expect(set.size()).toBe(sorted.length);
  expect(listOf(set)).toEqual(sorted);
  for (const rank of [0, 1, sorted.length >> 1, sorted.length - 1, sorted.length])
    expect(set.at(rank)).toBe(sorted[rank]);
  for (const [i, lower] of bounds.entries()) {
    const upper = bounds[i + 1];
    const range: Range = { lower, upper };
    const inside = sorted.filter(said => !isBelow(said, lower) && (upper === undefined || isBelow(said, upper)));
    expect(listOf(set, range)).toEqual(inside);
    const { count, sum } = set.measure(range);
    const alone = setOf(inside).measure(ALL);
    expect(count).toBe(inside.length);
    expect(sum).toEqual(alone.sum);
  }
}

test('SYNC-10: after any insertions and deletions, ranges are what a plain list says', () => {
  const seed = announceSeed('index');
  for (let stream = 0; stream < 12; stream++) {
    const random = rngOf(stream, seed);
    const spread = random.pick([1, 60_000, 36_000_000])!;
    const set = createIndexSet();
    let model: SignedRecord[] = [];
    for (let phase = 0; phase < 6; phase++) {
      for (const said of some(random.int(400), random, spread)) {
        set.add(said);
        model.push(said);
      }
      const gone = random.sample(model, random.int(model.length + 1));
      for (const said of gone) {
        set.delete(said);
        set.delete(said);
      }
      const dead = new Set(gone);
      model = model.filter(said => !dead.has(said));
      const cuts = random
        .sample(model, 5)
        .sort(byOrder)
        .map(said => ({ bucket: bucketOf(said), id: said.id.slice(0, 2 * random.int(17)) }));
      const rising = cuts.filter((cut, i) => i === 0 || cut.bucket > cuts[i - 1]!.bucket);
      check(set, model, [START, ...rising]);
    }
  }
});

test('SYNC-10: emptied in any direction, the set is empty, and can be filled again', () => {
  const records = some(1_500, rng, 1_000_000).sort(byOrder);
  for (const order of [records, records.toReversed(), rng.sample(records, records.length)]) {
    const set = setOf(records);
    for (const said of order) set.delete(said);
    expect([set.size(), listOf(set).length, printOf(set)]).toEqual([0, 0, printOf(createIndexSet())]);
    for (const said of order) set.add(said);
    expect(listOf(set)).toEqual(records);
  }
});

test('SYNC-10: bounds that nobody holds, or that no record could have, are bounds all the same', () => {
  const records = some(500);
  const set = setOf(records);
  for (const lower of [
    boundFromWire(new Uint8Array(20).fill(0xff)),
    boundFromWire(Uint8Array.of(1)),
    { bucket: bucketOf(records[7]!) - 1, id: records[7]!.id },
    { bucket: bucketOf(records[7]!) + 1, id: records[7]!.id },
  ])
    check(set, records, [lower]);
  const early = { ...records[0]!, hlc: 5 as Hlc };
  set.add(early);
  expect(set.at(0)).toBe(early);
});

/** Records that count how often they are looked at. */
function watched(count: number, random: Rng): { readonly records: SignedRecord[]; looks: number } {
  const watch = { records: [] as SignedRecord[], looks: 0 };
  for (const said of some(count, random, 36_000_000)) {
    const { hlc } = said;
    const get = (): Hlc => {
      watch.looks += 1;
      return hlc;
    };
    watch.records.push(Object.defineProperty({ ...said }, 'hlc', { get }));
  }
  return watch;
}

test.each([500, 8_000])('SYNC-10: of %i records an insertion, a deletion or a range looks at few', size => {
  const watch = watched(size, rngOf(size, 1));
  const set = createIndexSet();
  const looksOf = (times: number, work: (n: number) => void): number => {
    watch.looks = 0;
    for (let n = 0; n < times; n++) work(n);
    return watch.looks / times;
  };
  // Twice the logarithm: a search in each of the nodes on the way, a bound, and what of a node is split or joined.
  const few = 2 * Math.log2(size) + 12;
  for (const said of watch.records.slice(0, -100)) set.add(said);
  expect(looksOf(100, n => set.add(watch.records[size - 100 + n]!))).toBeLessThan(few);
  const bounds = Array.from({ length: 100 }, (_, n) => ({ bucket: bucketOf(watch.records[n]!), id: '' }));
  expect(looksOf(100, n => set.measure({ lower: bounds[n]!, upper: bounds[(n + 1) % 100] }))).toBeLessThan(2 * few);
  expect(looksOf(100, n => set.delete(watch.records[n]!))).toBeLessThan(few);
});
