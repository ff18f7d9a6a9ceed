import { expect, test } from 'vitest';
import type { Frame } from '../../src/wire/frame.ts';
import { encodeFrame } from '../../src/wire/frame.ts';
import { wireLimits } from '../../src/wire/limits.ts';
import { at } from '../support/peers.ts';
import { announceSeed, rngOf } from '../support/seed.ts';
import { createPair, fakeRecord, ids, type Pair, type Side } from '../support/sync-pair.ts';

const count = (side: Side, type: Frame['type']): number => side.sent.filter(frame => frame.type === type).length;
const ended = (side: Side): number => side.facts.filter(fact => fact.type === 'sync-ended').length;

function fill(pair: Pair, shared: number, onlyA: number, onlyB: number, stream = 0, spreadMs = 600_000): void {
  const rng = rngOf(stream, 7);
  const make = (): ReturnType<typeof fakeRecord> => fakeRecord(rng, rng.int(spreadMs));
  for (let n = 0; n < shared; n++) {
    const said = make();
    pair.a.store(said);
    pair.b.store(said);
  }
  for (let n = 0; n < onlyA; n++) pair.a.store(make());
  for (let n = 0; n < onlyB; n++) pair.b.store(make());
}

test.each([0, 1, 23, 500])('SYNC-1: two that hold the same %i records say one fingerprint and one word', size => {
  const pair = createPair();
  fill(pair, size, 0, 0);
  pair.linkUp();
  expect(pair.a.sent.map(frame => frame.type)).toEqual(['sync']);
  expect(pair.b.sent.map(frame => frame.type)).toEqual(['done']);
  expect(encodeFrame(pair.a.sent[0]!).length + encodeFrame(pair.b.sent[0]!).length).toBeLessThanOrEqual(64);
});

test('SYNC-2: any two sets become equal, and only what is missing travels', () => {
  const seed = announceSeed('reconciliation');
  for (let stream = 0; stream < 60; stream++) {
    const rng = rngOf(stream, seed);
    const pair = createPair({}, stream);
    const spread = rng.pick([1, 20_000, 3_600_000])!;
    const [shared, onlyA, onlyB] = [rng.int(300), rng.int(80), rng.int(80)];
    for (let n = 0; n < shared + onlyA + onlyB; n++) {
      const said = fakeRecord(rng, rng.int(spread));
      if (n < shared + onlyA) pair.a.store(said);
      if (n < shared || n >= shared + onlyA) pair.b.store(said);
    }
    pair.linkUp();
    pair.run(30_000);
    expect(ids(pair.a)).toEqual(ids(pair.b));
    const carried = [pair.a, pair.b]
      .flatMap(side => side.sent)
      .reduce((sum, frame) => sum + (frame.type === 'delta' ? frame.records.length : 0), 0);
    expect(carried).toBe(onlyA + onlyB);
    for (const side of [pair.a, pair.b]) expect(side.sync.size()).toBe(shared + onlyA + onlyB);
  }
});

test.each<[string, number, number]>([
  ['nothing here, all there', 0, 700],
  ['all here, nothing there', 700, 0],
  ['two halves without anything in common', 400, 400],
])('SYNC-2: %s', (_what, onlyA, onlyB) => {
  const pair = createPair();
  fill(pair, 0, onlyA, onlyB);
  pair.linkUp();
  pair.run(20_000);
  expect(ids(pair.a)).toEqual(ids(pair.b));
  expect(ids(pair.a)).toHaveLength(700 + (onlyA === onlyB ? 100 : 0));
});

test('SYNC-3: records travel in chunks', () => {
  const pair = createPair({ 'sync.bytesPerSecond': 16_777_216 });
  const rng = rngOf(1, 1);
  for (let n = 0; n < 600; n++) pair.a.store(fakeRecord(rng, n));
  for (let n = 0; n < 5; n++) pair.a.store(fakeRecord(rng, n, wireLimits.recordBytes));
  pair.linkUp();
  expect(ids(pair.b)).toHaveLength(605);
  for (const frame of pair.a.sent) {
    if (frame.type !== 'delta') continue;
    const bytes = frame.records.reduce((sum, { length }) => sum + length, 0);
    expect(frame.records.length === 1 || bytes <= 8_192).toBe(true);
    expect(frame.records.length).toBeLessThanOrEqual(wireLimits.recordsPerFrame);
  }
});

test('SYNC-3: bulk keeps its pace', () => {
  const pair = createPair({ 'sync.bytesPerSecond': 16_384, 'sync.timeoutMs': 60_000, 'sync.periodMs': 600_000 });
  const rng = rngOf(1, 1);
  for (let n = 0; n < 100; n++) pair.a.store(fakeRecord(rng, n, 1_024));
  pair.linkUp();
  const soFar = (): number => pair.b.records.size;
  expect(soFar()).toBe(16);
  pair.run(1_000);
  expect(soFar()).toBe(32);
  pair.run(5_250);
  expect(soFar()).toBe(100);
  expect(ended(pair.b)).toBeGreaterThan(0);
});

test('SYNC-3: at the slowest pace the largest record still passes, and time goes on', () => {
  const pair = createPair({ 'sync.bytesPerSecond': 1_024, 'sync.periodMs': 600_000, 'sync.timeoutMs': 600_000 });
  const rng = rngOf(1, 1);
  for (let n = 0; n < 3; n++) pair.a.store(fakeRecord(rng, n, wireLimits.recordBytes));
  pair.linkUp();
  pair.run(40_000);
  expect(ids(pair.b)).toEqual(ids(pair.a));
});

test('SYNC-3: missing records are asked for in lists of 256', () => {
  const pair = createPair();
  fill(pair, 0, 700, 0, 3, 1);
  // b asks: it opens the session that finds out what it lacks.
  pair.a.sync.onNeighbourUp(pair.b.peer, false, at(0));
  pair.b.sync.onNeighbourUp(pair.a.peer, true, at(0));
  pair.run(0);
  for (const frame of pair.b.sent) if (frame.type === 'want') expect(frame.ids.length).toBeLessThanOrEqual(256);
});

test('SYNC-4: who dialled opens; later one session per period; soon after news that a sync brought', () => {
  const pair = createPair({ 'sync.periodMs': 10_000, 'sync.soonMs': 500 });
  pair.linkUp();
  expect([pair.a.sync.sessions(), pair.b.sync.sessions()]).toEqual([1, 0]);
  pair.run(6_999);
  expect([pair.a.sync.sessions(), pair.b.sync.sessions()]).toEqual([1, 0]);
  pair.run(13_000);
  expect([pair.a.sync.sessions(), pair.b.sync.sessions()]).toEqual([2, 1]);
});

test('SYNC-4: what one session found no room for, another sees to soon', () => {
  const pair = createPair({ 'sync.periodMs': 600_000, 'sync.bytesPerSecond': 16_777_216 });
  // So many differences everywhere that all ranges of a frame are in use at every step.
  fill(pair, 4_096, 900, 900, 5, 36_000_000);
  pair.linkUp();
  pair.run(10_000);
  expect(ids(pair.a)).toEqual(ids(pair.b));
  const ranges = [pair.a, pair.b]
    .flatMap(side => side.sent)
    .map(frame => (frame.type === 'sync' ? frame.ranges.length : 0));
  expect(Math.max(...ranges)).toBeLessThanOrEqual(wireLimits.rangesPerSync);
  expect(Math.max(...ranges)).toBeGreaterThan(48);
});

test('SYNC-5: every question has exactly one answer, and a session ends for both', () => {
  for (const [onlyA, onlyB] of [
    [0, 0],
    [50, 0],
    [0, 50],
    [300, 300],
  ] as const) {
    const pair = createPair({ 'sync.bytesPerSecond': 16_777_216 });
    fill(pair, 200, onlyA, onlyB);
    pair.linkUp();
    const [a, b] = [pair.a, pair.b];
    const asked = (side: Side): number => count(side, 'sync') + count(side, 'want');
    // Every sync is answered by a sync or a done, every want by a done; the first sync answers nothing.
    expect(asked(a) + asked(b)).toBe(count(a, 'sync') + count(b, 'sync') - 1 + count(a, 'done') + count(b, 'done'));
    for (const { facts } of [a, b]) {
      const types = facts.map(fact => fact.type);
      expect(types).toContain('sync-ended');
      expect(types.lastIndexOf('record-offered')).toBeLessThan(types.indexOf('sync-ended'));
    }
  }
});

test('SYNC-6: records of a session that is not known are not taken', () => {
  const pair = createPair();
  pair.linkUp();
  pair.a.facts.length = 0;
  pair.a.sync.onFrame(pair.b.peer, { type: 'delta', session: 12_345, records: [new Uint8Array(70)] }, at(0));
  pair.a.sync.onFrame(pair.b.peer, { type: 'done', session: 12_345 }, at(0));
  expect(pair.a.facts).toEqual([
    { type: 'record-ignored', reason: 'unasked' },
    { type: 'record-ignored', reason: 'unasked' },
  ]);
});

test('SYNC-6: a link has four sessions at most; the oldest goes', () => {
  const pair = createPair();
  pair.linkUp();
  const session = pair.a.sent[0]!.session;
  const probe = (): string | undefined => {
    pair.a.facts.length = 0;
    pair.a.sync.onFrame(pair.b.peer, { type: 'delta', session, records: [] }, at(0));
    return pair.a.facts[0]?.type;
  };
  for (let n = 1; n <= 3; n++) pair.a.sync.onFrame(pair.b.peer, { type: 'want', session: n, ids: [] }, at(0));
  expect(probe()).toBeUndefined();
  pair.a.sync.onFrame(pair.b.peer, { type: 'want', session: 4, ids: [] }, at(0));
  expect(probe()).toBe('record-ignored');
});

test('SYNC-6: a session without progress is forgotten after its time', () => {
  const pair = createPair({ 'sync.timeoutMs': 1_000, 'sync.periodMs': 500 });
  pair.a.sync.onNeighbourUp(pair.b.peer, true, at(0));
  const session = pair.a.sent[0]!.session;
  pair.run(999);
  pair.a.sync.onFrame(pair.b.peer, { type: 'delta', session, records: [] }, at(999));
  expect(pair.a.facts).toEqual([]);
  pair.run(4_000);
  pair.a.sync.onFrame(pair.b.peer, { type: 'delta', session, records: [] }, at(4_000));
  expect(pair.a.facts).toEqual([{ type: 'record-ignored', reason: 'unasked' }]);
});

test('SYNC-7: what is dropped is not offered any more, and a neighbour that is gone is not spoken to', () => {
  const pair = createPair();
  fill(pair, 0, 3, 0);
  const [gone] = pair.a.records.values();
  pair.a.sync.onRecordDropped(gone!);
  pair.a.sync.onRecordDropped(gone!);
  pair.linkUp();
  expect(pair.b.records.size).toBe(2);
  pair.a.sync.onNeighbourDown(pair.b.peer);
  const before = pair.a.sent.length;
  pair.a.sync.onFrame(pair.b.peer, { type: 'want', session: 1, ids: [] }, at(0));
  pair.a.sync.onWake(at(1_000_000));
  expect(pair.a.sent).toHaveLength(before);
  expect(pair.a.sync.nextWakeAt()).toBeUndefined();
});
