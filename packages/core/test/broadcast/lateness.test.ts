import { expect, test } from 'vitest';
import { authorIdOf } from '../../src/broadcast/branches.ts';
import { createBroadcast } from '../../src/broadcast/broadcast.ts';
import { createLateness } from '../../src/broadcast/lateness.ts';
import type { Broadcast } from '../../src/broadcast/mode.ts';
import { makeConfig } from '../../src/config.ts';
import { type SignedRecord, shortIdOf } from '../../src/identity/record.ts';
import type { PeerId } from '../../src/types.ts';
import { nobody } from '../support/nobody.ts';
import { at, peer } from '../support/peers.ts';
import { createRecorder, type Recorder } from '../support/recorder.ts';
import { record } from '../support/records.ts';
import { rngOf } from '../support/seed.ts';

const [a, b, c] = [1, 2, 3].map(peer) as [PeerId, PeerId, PeerId];
const author = peer(99);
const said = (n: number): SignedRecord => record({ author, key: `k${n}`, value: n });
const idsOf = (n: number) => [shortIdOf(said(n).id)];

interface Bench extends Recorder {
  readonly broadcast: Broadcast;
  /** Word `n` comes from `from`, in the second of its number; `announcer` had announced it just before. */
  word(n: number, from: PeerId, announcer?: PeerId): void;
  /** The grafts that were sent since asked last. */
  grafts(): readonly unknown[];
}

/** A node whose parent in the author's tree is `a`; `b` and `c` are not in it, unless `c` is a child. */
function bench({ isGrown = true, isChild = false } = {}): Bench {
  const recorder = createRecorder();
  const config = makeConfig({ 'broadcast.mode': 'tree' });
  const broadcast = createBroadcast(
    { self: peer(100), config, outbox: recorder.outbox, rng: rngOf(0, 1), members: nobody, isMember: () => false },
    at(0),
  );
  for (const link of [a, b, c]) broadcast.onNeighbourUp(link, false, at(0));
  const word = (n: number, from: PeerId, announcer?: PeerId): void => {
    const now = at(1_000 * n);
    if (announcer !== undefined) broadcast.onFrame(announcer, { type: 'ihave', ids: idsOf(n) }, now);
    broadcast.onRecordAccepted(said(n), from, now);
    broadcast.onRecordStored(said(n), from, 'push', now);
  };
  if (isGrown) broadcast.onFrame(a, { type: 'grow', author: authorIdOf(author), round: 1 }, at(0));
  word(1, a);
  for (const link of isChild ? [b] : [b, c]) broadcast.onFrame(link, { type: 'prune', ids: idsOf(1) }, at(1_001));
  recorder.sent();
  return {
    ...recorder,
    broadcast,
    word,
    grafts: () => recorder.sent().filter(({ frame }) => frame.type === 'graft'),
  };
}

const TRY = [{ to: b, frame: { type: 'graft', ids: [], authors: [authorIdOf(author)] } }];

test('CAST-27: a parent that announces before it pushes does not keep its place by that', () => {
  const t = bench();
  for (const n of [2, 3, 4, 5]) {
    t.broadcast.onFrame(a, { type: 'ihave', ids: idsOf(n) }, at(1_000 * n));
    t.word(n, a, b);
  }
  expect(t.grafts()).toEqual(TRY);
});

test('CAST-27: whom the parent is behind again and again is tried, without asking for a record', () => {
  const t = bench();
  for (const n of [2, 3, 4]) t.word(n, a, b);
  expect(t.grafts()).toEqual([]);
  t.word(5, a, b);
  expect(t.grafts()).toEqual(TRY);
});

test('CAST-27: a word in time makes up for a late one', () => {
  const t = bench();
  for (const n of [2, 3, 4]) t.word(n, a, b);
  t.word(5, a);
  t.word(6, a, b);
  expect(t.grafts()).toEqual([]);
  t.word(7, a, b);
  expect(t.grafts()).toEqual(TRY);
});

test.each([
  ['takes the place of the parent when its copy is first', b, a],
  ['is refused when its copy is second', a, b],
])('CAST-27: who is tried %s', (_, first, second) => {
  const t = bench();
  for (const n of [2, 3, 4, 5]) t.word(n, a, b);
  t.sent();
  t.word(6, first);
  t.broadcast.onRecordDuplicate(said(6), second, 'push', at(6_010));
  t.broadcast.onWake(at(6_040));
  const prunes = t.sent().filter(({ frame }) => frame.type === 'prune');
  expect(prunes).toEqual([{ to: second, frame: { type: 'prune', ids: idsOf(6) } }]);
  // It is the parent: without it the author comes by another.
  t.broadcast.onNeighbourDown(first, at(6_050));
  expect(t.grafts()).toContainEqual(expect.objectContaining({ frame: { ...TRY[0]!.frame } }));
});

test('CAST-27: a child is not tried, nor anybody for an author that borrows its tree', () => {
  const t = bench({ isChild: true });
  for (let n = 2; n < 20; n++) t.word(n, a, c);
  const u = bench({ isGrown: false });
  for (let n = 2; n < 20; n++) u.word(n, a, b);
  expect([...t.grafts(), ...u.grafts()]).toEqual([]);
});

test('CAST-27: a word that had to be asked for says nothing about the parent', () => {
  const t = bench();
  for (const n of [2, 3, 4]) t.word(n, a, b);
  for (const n of [5, 6]) {
    t.broadcast.onFrame(b, { type: 'ihave', ids: idsOf(n) }, at(1_000 * n - 300));
    t.broadcast.onWake(at(1_000 * n - 100));
    expect(t.grafts()).toHaveLength(1);
    t.word(n, a);
    expect(t.grafts()).toEqual([]);
  }
  t.word(7, a, b);
  expect(t.grafts()).toEqual(TRY);
});

test('CAST-27: after a try fifty words of the author rest, and one in fifty is the most', () => {
  const lateness = createLateness();
  const tries: number[] = [];
  for (let n = 1; n <= 150; n++) if (lateness.heard('a', true, at(n))) tries.push(n);
  expect(tries).toEqual([4, 58, 112]);
});

test('CAST-27: what is known of an author ends 30 s after its last word, and of 512 the oldest is forgotten', () => {
  const lateness = createLateness();
  const late = (author: string, times: number, mono: number): boolean =>
    Array.from({ length: times }, () => lateness.heard(author, true, at(mono))).includes(true);
  expect(late('a', 3, 0)).toBe(false);
  expect(late('a', 1, 29_999)).toBe(true);
  expect(late('b', 3, 40_000)).toBe(false);
  expect(late('b', 1, 70_000)).toBe(false);
  for (let n = 0; n < 512; n++) late(`c${n}`, 3, 80_000);
  expect(late('c0', 1, 80_000)).toBe(true);
  late('d', 1, 80_000);
  expect(late('c1', 1, 80_000)).toBe(false);
  expect(late('c3', 1, 80_000)).toBe(true);
});
