import { expect, test } from 'vitest';
import {
  concatBytes,
  equalBytes,
  fromHex,
  isWellFormed,
  joinBytes,
  toHex,
  utf8,
  utf8Length,
} from '../../src/lib/bytes.ts';
import { createEarliest } from '../../src/lib/earliest.ts';
import { createExpiringMap } from '../../src/lib/expiring-map.ts';
import { createExpiringSet } from '../../src/lib/expiring-set.ts';
import { createFifo } from '../../src/lib/fifo.ts';
import { IndexedList } from '../../src/lib/indexed-list.ts';
import { createRng, seedFrom } from '../../src/lib/rng.ts';
import { createSampledSet } from '../../src/lib/sampled-set.ts';
import { createTokenBucket } from '../../src/lib/token-bucket.ts';

test('LIB-1: a bucket starts full and refills up to its burst', () => {
  const bucket = createTokenBucket(10, 5, 0);
  expect(bucket.take(5, 0)).toBe(true);
  expect(bucket.take(1, 0)).toBe(false);
  expect(bucket.take(1, 99)).toBe(false);
  expect(bucket.take(1, 100)).toBe(true);
  expect(bucket.take(5, 10_000)).toBe(true);
  expect(bucket.take(1, 10_000)).toBe(false);
});

test('LIB-1: a bucket takes all or nothing, and says how long to wait', () => {
  const bucket = createTokenBucket(10, 5, 0);
  expect(bucket.take(6, 0)).toBe(false);
  expect(bucket.waitMs(5, 0)).toBe(0);
  expect(bucket.take(5, 0)).toBe(true);
  expect(bucket.waitMs(2, 0)).toBe(200);
  expect(bucket.take(2, 200)).toBe(true);
});

test('LIB-1: a clock that goes back neither fills nor empties', () => {
  expect(createTokenBucket(1_000, 1, 1_000).take(1, 500)).toBe(true);
  const bucket = createTokenBucket(1_000, 1, 1_000);
  expect(bucket.take(1, 1_000)).toBe(true);
  expect(bucket.take(1, 0)).toBe(false);
  expect(bucket.take(1, 1_000)).toBe(false);
});

test('LIB-1: whoever waits as told is never told to wait 0 ms in vain', () => {
  const bucket = createTokenBucket(20, 300, 0);
  let mono = 0;
  for (let i = 0; i < 2_000; i++) {
    for (let tries = 0; !bucket.take(1, mono); tries++) {
      const wait = bucket.waitMs(1, mono);
      expect(wait).toBeGreaterThan(0);
      expect(tries).toBeLessThan(3);
      mono += wait;
    }
    mono += 0.1;
  }
});

test('LIB-2: a map of limited size forgets the oldest', () => {
  const map = createExpiringMap<string, number>(3, 1_000);
  for (const key of ['a', 'b', 'c']) map.set(key, 1, 0);
  expect([...map.keys()]).toEqual(['a', 'b', 'c']);
  map.set('a', 2, 1);
  map.set('d', 1, 1);
  expect([...map.entries()]).toEqual([
    ['c', 1],
    ['a', 2],
    ['d', 1],
  ]);
  expect(map.size).toBe(3);
});

test('LIB-2: an entry lives exactly its time, and setting it again renews it', () => {
  const map = createExpiringMap<string, number>(3, 1_000);
  map.set('a', 1, 0);
  map.set('b', 1, 0);
  map.set('a', 1, 500);
  map.expire(999);
  expect(map.size).toBe(2);
  map.expire(1_000);
  expect([...map.keys()]).toEqual(['a']);
  map.expire(1_500);
  expect(map.has('a')).toBe(false);
});

test('LIB-2: so does an expiring set, item by item', () => {
  const set = createExpiringSet<string>(3, 1_000);
  for (const [item, mono] of [
    ['a', 0],
    ['b', 0],
    ['c', 10],
    ['a', 500],
    ['d', 500],
  ] as const)
    set.add(item, mono);
  expect([...set.items()]).toEqual(['c', 'a', 'd']);
  expect(set.size).toBe(3);
  set.expire(1_009);
  expect(set.has('c')).toBe(true);
  set.expire(1_010);
  expect([...set.items()]).toEqual(['a', 'd']);
  expect([set.delete('d'), set.delete('d')]).toEqual([true, false]);
  set.expire(1_500);
  expect(set.size).toBe(0);
});

test('LIB-2: what has forgotten everything begins anew', () => {
  const [map, set] = [createExpiringMap<string, number>(2, 1_000), createExpiringSet<string>(2, 1_000)];
  for (const mono of [0, 5_000]) {
    expect([map.size, map.has('a'), map.get('a'), map.delete('a'), ...map.keys(), ...map.entries()]).toEqual([
      0,
      false,
      undefined,
      false,
    ]);
    expect([set.size, set.has('a'), set.delete('a'), ...set.items()]).toEqual([0, false, false]);
    map.set('a', 1, mono);
    set.add('a', mono);
    expect([...map.entries(), ...set.items()]).toEqual([['a', 1], 'a']);
    map.expire(mono + 1_000);
    set.expire(mono + 1_000);
  }
});

test('LIB-3: equal seeds give equal numbers, other streams give others', () => {
  const numbers = (seed: number, stream: number): number[] => {
    const rng = createRng(seedFrom(seed, stream));
    return Array.from({ length: 5 }, () => rng.uint32());
  };
  expect(numbers(1, 0)).toEqual(numbers(1, 0));
  expect(numbers(1, 0)).not.toEqual(numbers(1, 1));
  expect(numbers(1, 0)).not.toEqual(numbers(2, 0));
  expect(numbers(2 ** 40, 0)).not.toEqual(numbers(0, 0));
});

test('LIB-3: numbers stay in their ranges, samples are distinct', () => {
  const rng = createRng(seedFrom(7, 0));
  for (let i = 0; i < 1_000; i++) {
    expect(rng.next()).toBeLessThan(1);
    expect([0, 1, 2]).toContain(rng.int(3));
    expect(Math.abs(rng.jitter(100, 0.2) - 100)).toBeLessThanOrEqual(20);
  }
  const sample = rng.sample([1, 2, 3, 4, 5], 3);
  expect(new Set(sample).size).toBe(3);
  expect(rng.sample([1, 2], 5).sort()).toEqual([1, 2]);
  expect(rng.sample([], 5)).toEqual([]);
  expect(rng.pick([])).toBeUndefined();
});

test('LIB-6: a sampled set draws what is in it, evenly, each element once in a sample', () => {
  const rng = createRng(seedFrom(5, 0));
  const set = createSampledSet<string>(7);
  const name = (n: number): string => `peer ${n}`;
  for (let n = 0; n < 100; n++) set.add(name(n % 50));
  for (let n = 0; n < 10; n++) expect(set.delete(name(n))).toBe(true);
  expect([set.delete(name(3)), set.size, set.has(name(3)), set.has(name(49))]).toEqual([false, 40, false, true]);
  const counts = new Map<string, number>();
  for (let i = 0; i < 4_000; i++) {
    const item = set.pick(rng)!;
    counts.set(item, (counts.get(item) ?? 0) + 1);
  }
  expect([...counts.keys()].sort()).toEqual(Array.from({ length: 40 }, (_, i) => name(i + 10)).sort());
  expect(Math.min(...counts.values())).toBeGreaterThan(50);
  for (const count of [0, 1, 19, 20, 39, 40, 41]) {
    const sample = set.sample(rng, count);
    expect(new Set(sample).size).toBe(Math.min(count, 40));
    expect(sample.every(item => set.has(item))).toBe(true);
  }
  for (let n = 10; n < 50; n++) set.delete(name(n));
  expect([set.size, set.pick(rng), set.sample(rng, 3)]).toEqual([0, undefined, []]);
});

test('LIB-9: an indexed list has what came and has not gone, in that order but for who took a place', () => {
  const rng = createRng(seedFrom(9, 0));
  const list = new IndexedList<string>(rng.uint32());
  const model: string[] = [];
  for (let i = 0; i < 20_000; i++) {
    // Up to a thousand, and down to a few again and again.
    const isGrowing = i % 4_000 < 2_000;
    const item = `${rng.int(1_000)}`;
    const at = model.indexOf(item);
    expect(list.has(item)).toBe(at >= 0);
    if (rng.int(10) < (isGrowing ? 8 : 1)) {
      expect(list.add(item)).toBe(at < 0);
      if (at < 0) model.push(item);
    } else {
      const gone = isGrowing ? item : (rng.pick(model) ?? item);
      const place = model.indexOf(gone);
      expect(list.delete(gone)).toBe(place >= 0);
      const last = place < 0 ? undefined : model.pop();
      if (last !== undefined && place < model.length) model[place] = last;
    }
    if (i % 500 === 0) expect(list.items).toEqual(model);
  }
  for (const item of [...model]) expect(list.delete(item)).toBe(true);
  expect([list.items.length, list.has('1'), list.add('1'), list.has('1')]).toEqual([0, false, true, true]);
});

test('LIB-4: hex goes both ways; anything else is undefined', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  expect(fromHex(toHex(bytes))).toEqual(bytes);
  for (const bad of ['0', 'AB', '0g', 'zz', '0x12', ' 1']) expect(fromHex(bad)).toBeUndefined();
});

test.each(['', 'a', 'ü', '€', '🎉', 'a🎉b', '\ud800', 'x\udc00y', '\ud800\ud800', '\uFEFF'])(
  'LIB-4: UTF-8 of %j is the platform’s',
  text => {
    const platform = new TextEncoder().encode(text);
    expect(utf8(text)).toEqual(platform);
    expect(utf8Length(text)).toBe(platform.length);
    expect(isWellFormed(text)).toBe(text === new TextDecoder('utf-8', { ignoreBOM: true }).decode(platform));
  },
);

test('LIB-4: bytes are compared and joined by content', () => {
  const a = new Uint8Array([1, 2]);
  expect(equalBytes(a, new Uint8Array([1, 2]))).toBe(true);
  expect(equalBytes(a, new Uint8Array([1, 3]))).toBe(false);
  expect(equalBytes(a, new Uint8Array([1]))).toBe(false);
  expect(concatBytes(a, new Uint8Array(0), new Uint8Array([3]))).toEqual(new Uint8Array([1, 2, 3]));
  expect(joinBytes(Array.from({ length: 300_000 }, () => new Uint8Array([7])))).toHaveLength(300_000);
});

test('LIB-5: the earliest deadline is exact whatever moves where', () => {
  const rng = createRng(seedFrom(1, 5));
  const deadlines = new Array<number>(8).fill(Number.POSITIVE_INFINITY);
  const earliest = createEarliest(() => Math.min(...deadlines));
  expect(earliest.at()).toBe(Number.POSITIVE_INFINITY);
  for (let i = 0; i < 5_000; i++) {
    const which = rng.int(deadlines.length);
    const to = rng.int(10) === 0 ? Number.POSITIVE_INFINITY : rng.int(20);
    earliest.moved(deadlines[which]!, to);
    deadlines[which] = to;
    if (rng.int(3) > 0) expect(earliest.at()).toBe(Math.min(...deadlines));
  }
});

test('LIB-5: all are gone through only when the earliest moved away', () => {
  let searches = 0;
  const earliest = createEarliest(() => {
    searches += 1;
    return 20;
  });
  earliest.moved(Number.POSITIVE_INFINITY, 10);
  earliest.moved(Number.POSITIVE_INFINITY, 20);
  earliest.moved(20, 30);
  earliest.moved(30, 20);
  expect([earliest.at(), searches]).toEqual([10, 0]);
  earliest.moved(10, 40);
  expect([earliest.at(), earliest.at(), searches]).toEqual([20, 20, 1]);
});

test('LIB-7: a queue gives what came first, also while more comes than goes', () => {
  const fifo = createFifo<number>();
  let [put, taken] = [0, 0];
  for (let round = 0; round < 300; round++) {
    for (let n = 0; n < 3; n++) fifo.push(put++);
    expect(fifo.peek()).toBe(taken);
    for (let n = 0; n < 2; n++) expect(fifo.shift()).toBe(taken++);
  }
  while (taken < put) expect(fifo.shift()).toBe(taken++);
  expect([fifo.peek(), fifo.shift()]).toEqual([undefined, undefined]);
  fifo.push(7);
  expect(fifo.shift()).toBe(7);
});

test('LIB-8: a set has another version once anything came or went, and the same while nothing did', () => {
  const [expiring, sampled] = [createExpiringSet<string>(2, 100), createSampledSet<string>(1)];
  const changes = (set: { readonly version: number }, act: () => void): boolean => {
    const { version } = set;
    act();
    return set.version !== version;
  };
  expect(changes(expiring, () => expiring.add('a', 0))).toBe(true);
  expect(changes(expiring, () => expiring.add('a', 1))).toBe(false);
  expect(changes(expiring, () => expiring.delete('b'))).toBe(false);
  expect(changes(expiring, () => expiring.delete('a'))).toBe(true);
  for (const item of ['c', 'd', 'e']) expect(changes(expiring, () => expiring.add(item, 2))).toBe(true);
  expect(changes(expiring, () => expiring.expire(101))).toBe(false);
  expect(changes(expiring, () => expiring.expire(102))).toBe(true);
  expect(changes(sampled, () => sampled.add('a'))).toBe(true);
  expect(changes(sampled, () => sampled.add('a'))).toBe(false);
  expect(changes(sampled, () => sampled.delete('b'))).toBe(false);
  expect(changes(sampled, () => sampled.delete('a'))).toBe(true);
});

test('LIB-1: what is spent without being there is owed, up to a limit', () => {
  const bucket = createTokenBucket(10, 5, 0);
  bucket.spend(8, 10, 0);
  expect(bucket.waitMs(1, 0)).toBe(400);
  bucket.spend(100, 10, 0);
  expect(bucket.waitMs(1, 0)).toBe(1_100);
  bucket.spend(1, 0, 0);
  expect(bucket.waitMs(1, 0)).toBe(1_100);
});
