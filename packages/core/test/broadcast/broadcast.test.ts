import { expect, test } from 'vitest';
import { createBroadcast } from '../../src/broadcast/broadcast.ts';
import type { Broadcast } from '../../src/broadcast/mode.ts';
import { createPushQueue } from '../../src/broadcast/push-queue.ts';
import { type ConfigOverrides, makeConfig } from '../../src/config.ts';
import type { Path, Source } from '../../src/fact.ts';
import type { SignedRecord } from '../../src/identity/record.ts';
import { nobody } from '../support/nobody.ts';
import { at, peer } from '../support/peers.ts';
import { createRecorder, type Recorder } from '../support/recorder.ts';
import { record } from '../support/records.ts';
import { rngOf } from '../support/seed.ts';

const links = [1, 2, 3, 4].map(peer);
const author = peer(99);
const unexpected = (): void => expect.unreachable('nothing is dropped here');

interface Bench extends Recorder {
  readonly broadcast: Broadcast;
  store(said: SignedRecord, from?: Source, mono?: number, path?: Path): void;
  /** How many records went to each neighbour since asked last. */
  copies(): readonly number[];
}

function bench(config: ConfigOverrides = {}): Bench {
  const recorder = createRecorder();
  const broadcast = createBroadcast(
    {
      self: peer(100),
      config: makeConfig({ 'broadcast.mode': 'flood', ...config }),
      outbox: recorder.outbox,
      rng: rngOf(0, 1),
      members: nobody,
      isMember: () => false,
    },
    at(0),
  );
  for (const link of links) broadcast.onNeighbourUp(link, false, at(0));
  return {
    ...recorder,
    broadcast,
    store: (said, from = 'self', mono = 0, path = 'push') => broadcast.onRecordStored(said, from, path, at(mono)),
    copies() {
      const sent = recorder.sent();
      return links.map(link =>
        sent.reduce((sum, { to, frame }) => sum + (to === link && frame.type === 'push' ? frame.records.length : 0), 0),
      );
    },
  };
}

const said = (n: number, who = author): SignedRecord => record({ author: who, key: `k${n}`, value: n });

test('CAST-1: every neighbour gets a new record once, but who sent it and who wrote it', () => {
  const b = bench();
  b.store(said(1));
  expect(b.copies()).toEqual([1, 1, 1, 1]);
  const other = bench();
  other.store(said(1, links[3]), links[0]);
  expect(other.copies()).toEqual([0, 1, 1, 0]);
});

test('CAST-2: an idle link sends at once, a busy one in ticks', () => {
  const b = bench({ 'broadcast.flushMs': 20 });
  b.store(said(1), 'self', 0);
  b.store(said(2), 'self', 1);
  b.store(said(3), 'self', 19);
  expect(b.copies()).toEqual([1, 1, 1, 1]);
  expect(b.broadcast.nextWakeAt()).toBe(20);
  b.broadcast.onWake(at(20));
  expect(b.sent().map(({ frame }) => frame.type === 'push' && frame.records.length)).toEqual([2, 2, 2, 2]);
  expect(b.broadcast.nextWakeAt()).toBeUndefined();
  b.store(said(4), 'self', 40);
  expect(b.copies()).toEqual([1, 1, 1, 1]);
});

test('CAST-4: a frame carries about 16 KiB, and 256 records at most', () => {
  const queue = createPushQueue(1_000_000, unexpected);
  for (let n = 0; n < 300; n++) queue.add(record({ key: `k${n}`, kind: 'state-delete' }));
  const sizes: number[] = [];
  while (queue.size() > 0) {
    const records = queue.takeFrame();
    sizes.push(records.length);
    expect(records.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(16_384);
  }
  expect(sizes.reduce((sum, size) => sum + size)).toBe(300);
  const tiny = createPushQueue(1_000_000, unexpected);
  for (let n = 0; n < 300; n++) tiny.add({ ...said(n), size: 10, bytes: new Uint8Array(10) });
  expect(tiny.takeFrame()).toHaveLength(256);
});

test('CAST-5: what a sync brought is passed on while it is fresh, and left to further syncs after that', () => {
  const b = bench({ 'broadcast.freshMs': 30_000 });
  b.store(said(1), links[0], 29_999, 'sync');
  expect(b.copies()).toEqual([0, 1, 1, 1]);
  b.store(said(2), links[0], 30_000, 'sync');
  expect(b.copies()).toEqual([0, 0, 0, 0]);
  b.store(said(3), links[0], 90_000, 'push');
  expect(b.copies()).toEqual([0, 1, 1, 1]);
});

const PUSH: ConfigOverrides = {
  'broadcast.mode': 'push',
  'broadcast.fanout': 2,
  'broadcast.roundMs': 100,
  'broadcast.hotRounds': 3,
};

test('CAST-6: push(k) sends what is hot to k random neighbours per round, for so many rounds', () => {
  const b = bench(PUSH);
  b.store(said(1), links[0], 0);
  expect(b.copies()).toEqual([0, 0, 0, 0]);
  const rounds: number[] = [];
  for (let due = b.broadcast.nextWakeAt(); due !== undefined; due = b.broadcast.nextWakeAt()) {
    b.broadcast.onWake(at(due));
    rounds.push(due);
    const copies = b.copies();
    expect(copies.filter(count => count > 0)).toEqual([1, 1]);
  }
  expect(rounds).toEqual([100, 200, 300]);
});

test('CAST-6: in push(k) too nothing is sent to a neighbour that is gone', () => {
  const b = bench(PUSH);
  for (const link of links) b.broadcast.onNeighbourDown(link, at(0));
  b.store(said(1), 'self', 0, 'self');
  for (let n = 0; n < 10; n++) {
    const due = b.broadcast.nextWakeAt();
    if (due !== undefined) b.broadcast.onWake(at(due));
  }
  expect(b.sent()).toEqual([]);
  expect(b.broadcast.nextWakeAt()).toBeUndefined();
});

test.each<[string, ConfigOverrides]>([
  ['flood', {}],
  ['push', PUSH],
])('CAST-7: a node that leaves by %s sends at once what waits', (_mode, config) => {
  const b = bench(config);
  b.store(said(1), 'self', 0);
  b.copies();
  b.store(said(2), 'self', 1);
  b.broadcast.flush(at(1));
  for (const count of b.copies()) expect(count).toBeGreaterThanOrEqual(1);
});

test('CAST-7: a node that leaves by pull tells its last words unasked', () => {
  const b = bench({ 'broadcast.mode': 'pull' });
  b.store(said(1), 'self', 0, 'self');
  expect(b.copies()).toEqual([0, 0, 0, 0]);
  b.broadcast.flush(at(1));
  expect(b.copies()).toEqual([1, 1, 1, 1]);
});

test.each(['pull', 'push-pull'] as const)('CAST-30: by %s what has been replaced is not given to who asks', mode => {
  const b = bench({ 'broadcast.mode': mode });
  const [one, two] = [said(1), said(2)];
  b.store(one, links[1], 0);
  b.store(two, links[1], 0);
  b.broadcast.onRecordDropped(one);
  b.sent();
  b.broadcast.onFrame(links[0]!, { type: 'pull', ids: [] }, at(1));
  expect(b.sent()).toEqual([{ to: links[0], frame: { type: 'push', records: [two.bytes] } }]);
});

test('CAST-1: a neighbour that is gone gets nothing', () => {
  const b = bench();
  b.broadcast.onNeighbourDown(links[0]!, at(0));
  b.store(said(1));
  expect(b.copies()).toEqual([0, 1, 1, 1]);
});
