import { expect, test } from 'vitest';
import { estimateOf, scaledTo, sumOf } from '../../src/aggregate/estimate.ts';
import { createSample, type Sample, sampleHash, shareOf } from '../../src/aggregate/sample.ts';
import { commonest } from '../../src/aggregate/top.ts';
import { epochAt, isTold, turnIn } from '../../src/aggregate/turns.ts';
import type { SignedRecord } from '../../src/identity/record.ts';
import { turnShare } from '../../src/lib/turns.ts';
import type { PeerId } from '../../src/types.ts';
import { at, peer } from '../support/peers.ts';
import { rngOf } from '../support/seed.ts';

const K = 64;
/** All that a sample looks at. */
const by = (author: PeerId): SignedRecord => ({ author }) as SignedRecord;
const authors = (count: number): readonly PeerId[] => Array.from({ length: count }, (_, n) => peer(n));

function sampleOf(people: readonly PeerId[], epoch: number, k = K): Sample {
  const sample = createSample(k);
  for (const author of people) {
    const hash = sampleHash(epoch, author);
    if (sample.admits(author, hash)) sample.add(by(author), hash);
  }
  return sample;
}

const namesOf = ({ entries }: Sample): readonly PeerId[] => entries.map(({ record }) => record.author);

test('AGGR-2: a sample holds the lowest hashes, whatever the order, and gives back what has to go', () => {
  const people = authors(200);
  const lowest = [...people].sort((a, b) => sampleHash(7, a) - sampleHash(7, b)).slice(0, K);
  const shuffled = rngOf(0, 1).sample(people, people.length);
  for (const order of [people, [...people].reverse(), shuffled]) expect(namesOf(sampleOf(order, 7))).toEqual(lowest);
  const full = sampleOf(lowest.slice(1), 7);
  expect(full.entries).toHaveLength(K - 1);
  expect(full.add(by(people[199]!), 2 ** 32 - 1)).toBeUndefined();
  expect(full.add(by(lowest[0]!), sampleHash(7, lowest[0]!))?.author).toBe(people[199]);
  expect(full.entries).toHaveLength(K);
});

test('AGGR-2: an author is in a sample once, and equal hashes go by author', () => {
  const sample = createSample(2);
  const [first, again] = [by(peer(1)), by(peer(1))];
  sample.add(first, 5);
  expect(sample.add(again, 5)).toBe(first);
  expect(sample.of(peer(1))).toBe(again);
  sample.add(by(peer(3)), 5);
  expect(sample.admits(peer(2), 5)).toBe(true);
  expect(sample.admits(peer(4), 5)).toBe(false);
  expect(sample.add(by(peer(2)), 5)?.author).toBe(peer(3));
});

test('AGGR-2: samples of two halves merge into that of the whole', () => {
  const people = authors(300);
  const [left, right] = [sampleOf(people.slice(0, 150), 9), sampleOf(people.slice(150), 9)];
  expect(namesOf(sampleOf([...namesOf(left), ...namesOf(right)], 9))).toEqual(namesOf(sampleOf(people, 9)));
});

test('AGGR-3: who is in the sample changes with every epoch', () => {
  const people = authors(1_000);
  const before = new Set(namesOf(sampleOf(people, 1)));
  const both = namesOf(sampleOf(people, 2)).filter(author => before.has(author)).length;
  // By chance 64 × 64 / 1,000 are.
  expect(both).toBeLessThan(12);
  expect(sampleHash(2 ** 32 + 1, peer(1))).not.toBe(sampleHash(1, peer(1)));
});

test.each([100, 1_000, 5_000])('AGGR-5: over many epochs %i are estimated without bias, 1 / √(k − 2) off', count => {
  const epochs = count > 1_000 ? 20 : 60;
  const people = authors(count);
  const offs = Array.from({ length: epochs }, (_, epoch) => {
    const { entries } = sampleOf(people, epoch);
    return estimateOf(K, entries, K).value / count - 1;
  });
  const mean = offs.reduce((sum, off) => sum + off, 0) / epochs;
  const rms = Math.sqrt(offs.reduce((sum, off) => sum + off * off, 0) / epochs);
  const theory = 1 / Math.sqrt(K - 2);
  // Of a hundred, 64 are seen, and that leaves less to chance.
  expect(rms).toBeLessThan(1.35 * theory);
  expect(rms).toBeGreaterThan((count === 100 ? 0.4 : 0.65) * theory);
  expect(Math.abs(mean)).toBeLessThan((3 * theory) / Math.sqrt(epochs));
});

test('AGGR-5: below k everybody is counted, and nothing is estimated', () => {
  const { entries } = sampleOf(authors(K - 1), 3);
  expect(estimateOf(40, entries, K)).toEqual({ value: 40, error: 0 });
  expect(estimateOf(0, sampleOf(authors(900), 3).entries, K)).toEqual({ value: 0, error: 0 });
});

test('AGGR-6: a part is its share of the sample, and less sure the smaller it is', () => {
  const { entries } = sampleOf(authors(2_000), 4);
  const [all, half, few] = [K, K / 2, 4].map(found => estimateOf(found, entries, K));
  expect(half!.value).toBeCloseTo(all!.value / 2);
  expect(all!.error / all!.value).toBeCloseTo(1 / Math.sqrt(62));
  expect(half!.error / half!.value).toBeCloseTo(Math.sqrt(1 / 62 + 0.5 / 32));
  expect(few!.error / few!.value).toBeGreaterThan(0.5);
});

test('AGGR-6: errors of parts that do not overlap add up as squares', () => {
  expect(sumOf({ value: 100, error: 3 }, { value: 50, error: 4 })).toEqual({ value: 150, error: 5 });
});

test('AGGR-7: those listed stand for all, and are counted when they are all', () => {
  expect(scaledTo({ value: 10, error: 0 }, 4, 10)).toEqual({ value: 4, error: 0 });
  const { value, error } = scaledTo({ value: 1_000, error: 100 }, 25, 100);
  expect(value).toBe(250);
  expect(error).toBeCloseTo(250 * Math.sqrt((0.75 / 25) * 0.9 + 0.01));
});

test('AGGR-7: the commonest values of a field come first, values of every kind, equal ones in a fixed order', () => {
  const said = [
    { at: 'b' },
    { at: 'a' },
    { at: 'b' },
    { at: { x: 1 } },
    { at: { x: 1 } },
    { at: { x: 1 } },
    { at: 1 },
    { at: '1' },
  ];
  const others = [{}, null, 'at', ['at'], new Uint8Array(2), { on: 'a' }];
  const first = [
    { value: { x: 1 }, count: 3 },
    { value: 'b', count: 2 },
  ];
  const all = commonest([...said, ...others], 'at', 99);
  expect(all.slice(0, 2)).toEqual(first);
  expect(all).toHaveLength(5);
  expect(commonest([...others, ...[...said].reverse()], 'at', 99)).toEqual(all);
  expect(commonest(said, 'at', 2)).toEqual(first);
  expect(commonest(said, 'at', -1)).toEqual([]);
  expect(commonest(said, 'toString', 9)).toEqual([]);
});

test('AGGR-4: the lower the hash, the earlier the turn, each octave as long as the one below', () => {
  const halves = Array.from({ length: 9 }, (_, n) => turnShare(2 ** 31 / 2 ** n));
  for (const [n, share] of halves.entries()) expect(share).toBeCloseTo(0.9 - n / 10);
  expect(turnShare(2 ** 32 - 1)).toBeCloseTo(1);
  expect(turnShare(0)).toBe(0);
  const rising = Array.from({ length: 500 }, (_, n) => turnShare(n * 8_589_934));
  expect([...rising].sort((a, b) => a - b)).toEqual(rising);
});

test('AGGR-4: turns are in the first half of an epoch, and only then it counts', () => {
  const turns = authors(200).map(author => turnIn(6_000_000, author, 300_000, at(1_000)));
  for (const turn of turns) expect(turn.at).toBeGreaterThanOrEqual(0);
  for (const turn of turns) expect(turn.at).toBeLessThanOrEqual(150_000);
  expect(epochAt(at(299_999), 300_000)).toBe(6_000_000);
  expect(epochAt(at(300_000), 300_000)).toBe(6_000_001);
  expect([isTold(at(149_999), 300_000), isTold(at(150_000), 300_000)]).toEqual([false, true]);
});

test('AGGR-5: a hash is a share of all, never none', () => {
  expect(shareOf(2 ** 32 - 1)).toBe(1);
  expect(shareOf(0)).toBeGreaterThan(0);
});
