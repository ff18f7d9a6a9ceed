import { expect, test } from 'vitest';
import { createPushQueue, type PushQueue } from '../../src/broadcast/push-queue.ts';
import type { SignedRecord } from '../../src/identity/record.ts';
import { wireLimits } from '../../src/wire/limits.ts';
import { peer } from '../support/peers.ts';
import { record } from '../support/records.ts';

interface Rig {
  readonly queue: PushQueue;
  /** One entry for each record that went unsent: was it hard? */
  readonly drops: boolean[];
}

function rig(maxBytes = 1_000_000): Rig {
  const drops: boolean[] = [];
  return { queue: createPushQueue(maxBytes, hard => void drops.push(hard)), drops };
}

function takeAll(queue: PushQueue): readonly Uint8Array[] {
  const taken: Uint8Array[] = [];
  while (queue.size() > 0) taken.push(...queue.takeFrame());
  return taken;
}

const bytesOf = (records: readonly SignedRecord[]): readonly Uint8Array[] => records.map(({ bytes }) => bytes);

test('CAST-3: of what waits, a newer record of the same author and thing replaces the older', () => {
  const { queue, drops } = rig();
  const state = record({ key: 'k', at: 2, kind: 'state-delete' });
  const other = record({ key: 'k', at: 3, author: peer(2) });
  const presence = record({ kind: 'presence', at: 2 });
  const events = [1, 2].map(at => record({ kind: 'event', key: 'e', at }));
  queue.add(record({ key: 'k', at: 1 }));
  queue.add(state);
  queue.add(other);
  queue.add(record({ kind: 'presence', at: 1 }));
  queue.add(presence);
  for (const event of events) queue.add(event);
  expect(queue.size()).toBe(5);
  expect(takeAll(queue)).toEqual(bytesOf([state, other, presence, ...events]));
  expect(queue.bytes()).toBe(0);
  expect(drops).toEqual([]);
});

test('CAST-3: what is replaced keeps its turn: what changes faster than the link takes it still gets through', () => {
  const { queue } = rig();
  const large = (key: string, at: number): SignedRecord => record({ key, at, value: new Uint8Array(9_000) });
  queue.add(large('busy', 0));
  for (let at = 1; at <= 5; at++) {
    queue.add(large(`k${at}`, at));
    queue.add(large('busy', at));
  }
  expect(queue.takeFrame()).toEqual([large('busy', 5).bytes]);
});

test('CAST-22: the urgent goes first: accusations and goodbyes, state, presence, events', () => {
  const { queue } = rig();
  const kinds = ['event', 'presence', 'state', 'accuse', 'leave', 'state-delete'] as const;
  const said = kinds.map((kind, n) =>
    record({ kind, author: peer(n + 10), key: kind === 'accuse' ? peer(3) : `k${n}`, at: n }),
  );
  for (const one of said) queue.add(one);
  const order = ['accuse', 'leave', 'state', 'state-delete', 'presence', 'event'] as const;
  expect(takeAll(queue)).toEqual(bytesOf(order.map(kind => said[kinds.indexOf(kind)]!)));
});

test('CAST-22: a goodbye does not overtake what its author said before, but its presence, which it ends', () => {
  const { queue, drops } = rig();
  const [one, other] = [peer(1), peer(2)];
  const state = record({ author: one, key: 'k', at: 1 });
  const event = record({ author: one, kind: 'event', key: 'e', at: 2 });
  const others = record({ author: other, key: 'k', at: 2 });
  const leave = record({ author: one, kind: 'leave', at: 4 });
  for (const said of [others, state, event, record({ author: one, kind: 'presence', at: 3 }), leave]) queue.add(said);
  expect(queue.size()).toBe(4);
  expect(takeAll(queue)).toEqual(bytesOf([state, event, leave, others]));
  expect([queue.size(), queue.bytes(), drops]).toEqual([0, 0, []]);
});

test('CAST-3: what waits is bounded in bytes; the least urgent goes first, and of those the oldest', () => {
  const large = (n: number): SignedRecord => record({ key: `k${n}`, value: new Uint8Array(8_000) });
  const size = large(0).bytes.length;
  for (const [limit, kept] of [
    [3 * size - 1, [1, 2]],
    [3 * size, [0, 1, 2]],
    [3 * size + 1, [0, 1, 2]],
  ] as const) {
    const { queue, drops } = rig(limit);
    const records = [0, 1, 2].map(large);
    for (const one of records) queue.add(one);
    expect(queue.bytes()).toBe(kept.length * size);
    expect(takeAll(queue)).toEqual(kept.map(n => records[n]!.bytes));
    expect(drops).toEqual(kept.length === 3 ? [] : [false]);
  }
  const { queue } = rig(2 * size);
  const event = record({ kind: 'event', key: 'e' });
  const state = [1, 2].map(large);
  for (const one of [event, ...state]) queue.add(one);
  expect(takeAll(queue)).toEqual(bytesOf(state));
});

test('CAST-23: only when goodbyes and accusations alone are too much, one of them goes, and is told apart', () => {
  const accuse = (n: number): SignedRecord => record({ kind: 'accuse', key: peer(n + 1), at: n });
  const size = accuse(1).bytes.length;
  const { queue, drops } = rig(2 * size);
  queue.add(record({ kind: 'event', key: 'e' }));
  queue.add(accuse(1));
  queue.add(accuse(2));
  expect(drops).toEqual([false]);
  queue.add(accuse(3));
  expect(drops).toEqual([false, true]);
  expect(takeAll(queue)).toEqual(bytesOf([accuse(2), accuse(3)]));
});

test('CAST-3: the largest record passes through the smallest queue', () => {
  const { queue } = rig(16_384);
  const empty = record({ value: new Uint8Array(256) }).bytes.length - 256;
  queue.add(record({ value: new Uint8Array(wireLimits.inlineBytes - empty) }));
  expect(queue.takeFrame()).toHaveLength(1);
});
