import { expect, test } from 'vitest';
import type { SignedRecord } from '../../src/identity/record.ts';
import { toHex } from '../../src/lib/bytes.ts';
import { createBulkQueue } from '../../src/sync/bulk-queue.ts';
import { boundToWire, createIndexSet, fingerprint, type IndexEntry, type IndexSet } from '../../src/sync/index-set.ts';
import { openRanges, reconcile } from '../../src/sync/reconcile.ts';
import type { RecordId } from '../../src/types.ts';
import type { SyncRange } from '../../src/wire/frame.ts';
import { wireLimits } from '../../src/wire/limits.ts';
import { at } from '../support/peers.ts';
import { rngOf } from '../support/seed.ts';
import { fakeRecord } from '../support/sync-pair.ts';

const rng = rngOf(0, 3);
const some = (count: number): SignedRecord[] => Array.from({ length: count }, () => fakeRecord(rng, rng.int(100_000)));
const setOf = (records: readonly SignedRecord[]): IndexSet => {
  const set = createIndexSet();
  for (const said of records) set.add(said);
  return set;
};

test('SYNC-8: a fingerprint depends on the set alone, and on every member of it', () => {
  const records = some(50);
  const print = (list: readonly SignedRecord[]): string => toHex(fingerprint(setOf(list).range(undefined, undefined)));
  expect(print(records.toReversed())).toBe(print(records));
  for (let n = 0; n < 50; n++) expect(print(records.toSpliced(n, 1))).not.toBe(print(records));
  expect(print([])).toHaveLength(32);
});

test('SYNC-8: ids that sum up alike do not look alike when their number differs', () => {
  const withId = (id: string): SignedRecord => ({ ...some(1)[0]!, id: id.padStart(32, '0') as RecordId });
  const entryOf = (said: SignedRecord): IndexEntry => setOf([said]).range(undefined, undefined)[0]!;
  const print = (...list: string[]): string => toHex(fingerprint(list.map(id => entryOf(withId(id)))));
  expect(print('0', '3')).not.toBe(print('3'));
  expect(print('1', '2')).toBe(print('0', '3'));
  expect(print('ffffffff', '1')).toBe(print('100000000', '0'));
  expect(print('f'.repeat(32), '1')).toBe(print('0', '0'));
});

test('SYNC-9: records are in order of their 10 seconds, then their id', () => {
  const old = fakeRecord(rng, 50_000);
  const recent = [fakeRecord(rng, 1), fakeRecord(rng, 2)].sort((x, y) => (x.id < y.id ? -1 : 1));
  const set = setOf([...recent, old]);
  const between = (lower?: string, upper?: string): readonly SignedRecord[] =>
    set.range(lower, upper).map(({ record }) => record);
  const bound = positionIn(set, recent[0]!);
  expect(between()).toEqual([old, ...recent]);
  expect(between(bound)).toEqual(recent);
  expect(between(undefined, bound)).toEqual([old]);
  set.add(old);
  expect(set.size).toBe(3);
});

test('SYNC-9: bounds that nobody holds are bounds all the same', () => {
  const set = setOf(some(30));
  const upper = new Uint8Array(20).fill(0x80);
  const { ranges } = reconcile(set, [
    { mode: 'fingerprint', upper, fingerprint: new Uint8Array(16) },
    { mode: 'fingerprint', upper: new Uint8Array(0), fingerprint: new Uint8Array(16) },
  ]);
  expect(ranges.at(-1)?.upper).toHaveLength(0);
});

test('SYNC-10: an answer never has more ranges than a frame takes, whatever was asked', () => {
  // 60 parts of 24 records: each differs and would be split into a dozen.
  const set = setOf(some(60 * 24));
  const entries = set.range(undefined, undefined);
  for (const parts of [1, 2, 3, 4, 16, 59, 60]) {
    const theirs: SyncRange[] = Array.from({ length: parts }, (_, n) => {
      const next = entries[(n + 1) * 24];
      const last = n === parts - 1 || next === undefined;
      return {
        mode: 'fingerprint',
        upper: last ? new Uint8Array(0) : boundToWire(next.position),
        fingerprint: new Uint8Array(16),
      };
    });
    const step = reconcile(set, theirs);
    expect(step.ranges.length).toBeLessThanOrEqual(wireLimits.rangesPerSync);
    expect(step.partial).toBe(step.ranges.length < parts * 12 && parts > 4);
  }
});

test('SYNC-10: 16 differing ranges of 256 records each stay within one frame', () => {
  const records = some(4_096);
  const set = setOf(records);
  const [root] = openRanges(set);
  const first = reconcile(set, [{ ...root!, fingerprint: new Uint8Array(16) } as SyncRange]);
  expect(first.ranges).toHaveLength(16);
  const wrong = first.ranges.map(
    ({ upper }) => ({ mode: 'fingerprint', upper, fingerprint: new Uint8Array(16) }) as const,
  );
  const second = reconcile(set, wrong);
  expect(second.ranges.length).toBeLessThanOrEqual(wireLimits.rangesPerSync);
  expect(second.partial).toBe(true);
});

test('SYNC-11: the bulk queue of a link is bounded, its answers included', () => {
  const queue = createBulkQueue(1_024, at(0));
  const [said] = some(1);
  const large = { ...said!, bytes: new Uint8Array(wireLimits.recordBytes) };
  queue.add(1, [large]);
  expect(queue.take(at(0))?.type).toBe('delta');
  // Nothing can leave from here on.
  queue.add(
    1,
    Array.from({ length: 40_000 }, () => large),
  );
  for (let n = 0; n < 200_000; n++) queue.addDone(n);
  let frames = 0;
  for (let now = 0; queue.nextWakeAt(at(now)) !== undefined; now += 16_000)
    if (queue.take(at(now)) !== undefined) frames += 1;
  expect(frames).toBe(2 * 32_768);
});

function positionIn(set: IndexSet, said: SignedRecord): string | undefined {
  return set.range(undefined, undefined).find(({ record }) => record === said)?.position;
}
