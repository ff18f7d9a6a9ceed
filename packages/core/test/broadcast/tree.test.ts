import { expect, test } from 'vitest';
import { authorIdOf, createBranches } from '../../src/broadcast/branches.ts';
import { createBroadcast } from '../../src/broadcast/broadcast.ts';
import { addChild, dropChild, isChild } from '../../src/broadcast/children.ts';
import type { Broadcast } from '../../src/broadcast/mode.ts';
import { type ConfigOverrides, makeConfig } from '../../src/config.ts';
import type { Path, Source } from '../../src/fact.ts';
import { type Activity, presenceValue } from '../../src/identity/presence-value.ts';
import { type SignedRecord, shortIdOf } from '../../src/identity/record.ts';
import type { Hlc, Now, PeerId } from '../../src/types.ts';
import { nobody } from '../support/nobody.ts';
import { at, peer } from '../support/peers.ts';
import { createRecorder, ofType, type Recorder } from '../support/recorder.ts';
import { record } from '../support/records.ts';
import { rngOf } from '../support/seed.ts';

const links = [1, 2, 3].map(peer);
const [a, b, c] = links as [PeerId, PeerId, PeerId];
const self = peer(100);
const author = peer(99);
const said = (n: number, who = author): SignedRecord => record({ author: who, key: `k${n}`, value: n });
const idOf = (what: SignedRecord): string => shortIdOf(what.id);

interface Bench extends Recorder {
  readonly broadcast: Broadcast;
  store(said: SignedRecord, from?: Source, mono?: number, path?: Path): void;
  /** A wave, by which the author's tree grows. */
  wave(author: PeerId, from: PeerId, round: number, mono?: number): void;
  /** The same as `store`, of a record whose author's tree grew just before. */
  grow(said: SignedRecord, from: PeerId, mono?: number): void;
  duplicate(said: SignedRecord, from: PeerId, mono: number): void;
  /** Lets all that waits go out, and forgets it. */
  settle(mono: number): void;
  /** `neighbour:frame` of all that was sent since asked last. */
  frames(): readonly string[];
  /** Records of all that was sent since asked last. */
  pushed(): readonly Uint8Array[];
}

/** A room of so many, of which this bench knows no more than the number. */
const large = (others: number) => () => ({ others, arrivals: others });

const presenceOf = (who: PeerId, seq: number): SignedRecord =>
  record({ author: who, kind: 'presence', key: '', seq, value: [1, seq] });

function bench(
  config: ConfigOverrides = {},
  neighbours = links,
  members = nobody,
  isMember: (author: string) => boolean = () => false,
): Bench {
  const recorder = createRecorder();
  const broadcast = createBroadcast(
    {
      self,
      config: makeConfig({ 'broadcast.mode': 'tree', ...config }),
      outbox: recorder.outbox,
      rng: rngOf(0, 1),
      members,
      isMember,
    },
    at(0),
  );
  for (const link of neighbours) broadcast.onNeighbourUp(link, false, at(0));
  recorder.sent();
  const store = (what: SignedRecord, from: Source = 'self', mono = 0, path: Path = 'push'): void => {
    broadcast.onRecordAccepted(what, from, at(mono));
    broadcast.onRecordStored(what, from, path, at(mono));
  };
  let rounds = 0;
  const wave = (who: PeerId, from: PeerId, round: number, mono = 0): void =>
    broadcast.onFrame(from, { type: 'grow', author: authorIdOf(who), round }, at(mono));
  return {
    ...recorder,
    broadcast,
    store,
    wave,
    grow(what, from, mono = 0) {
      rounds += 1;
      wave(what.author, from, rounds, mono);
      store(what, from, mono);
    },
    settle(mono) {
      broadcast.onWake(at(mono));
      recorder.sent();
    },
    duplicate: (what, from, mono) => broadcast.onRecordDuplicate(what, from, 'push', at(mono)),
    frames: () => recorder.sent().map(({ to, frame }) => `${links.indexOf(to)}:${frame.type}`),
    pushed: () =>
      ofType(
        recorder.sent().map(({ frame }) => frame),
        'push',
      ).flatMap(({ records }) => records),
  };
}

test("CAST-8: a record is pushed along its author's tree and announced over other links", () => {
  const t = bench();
  t.grow(said(1), a);
  t.broadcast.onFrame(b, { type: 'prune', ids: [idOf(said(1))] }, at(1));
  t.frames();
  t.store(said(2), a, 100);
  expect(t.frames()).toEqual(['2:push']);
  t.broadcast.onWake(at(120));
  expect(t.frames()).toEqual(['1:ihave']);
});

test('CAST-8: each author has a tree of its own', () => {
  const t = bench();
  const other = peer(98);
  t.grow(said(1), a);
  t.grow(said(1, other), b);
  t.broadcast.onFrame(c, { type: 'prune', ids: [idOf(said(1))] }, at(1));
  t.frames();
  t.store(said(2), a, 100);
  expect(t.frames()).toEqual(['1:push']);
  t.store(said(2, other), b, 200);
  expect(t.frames()).toEqual(['0:push', '2:push']);
});

test('CAST-8: who announced a record is not told of it', () => {
  const t = bench();
  const one = said(1);
  t.store(one, a, 0, 'sync');
  t.broadcast.onFrame(b, { type: 'ihave', ids: [idOf(one)] }, at(10));
  t.broadcast.onWake(at(60));
  expect(t.frames()).toEqual(['2:ihave']);
});

test('CAST-9: a copy too many is refused, by its id, in batches', () => {
  const t = bench();
  const [one, two] = [said(1), said(1, peer(98))];
  t.grow(one, a);
  t.grow(two, a);
  t.settle(20);
  t.duplicate(one, b, 21);
  t.duplicate(two, b, 40);
  t.broadcast.onRecordDuplicate(one, c, 'sync', at(40));
  expect(t.sent()).toEqual([]);
  t.broadcast.onWake(at(81));
  expect(t.sent()).toEqual([{ to: b, frame: { type: 'prune', ids: [idOf(one), idOf(two)] } }]);
});

test('CAST-9: a second copy from where the first came is no reason to part', () => {
  const t = bench();
  const one = said(1);
  t.grow(one, a);
  t.frames();
  t.duplicate(one, a, 1);
  t.broadcast.onWake(at(100));
  expect(t.frames()).toEqual([]);
});

test("CAST-9: the parent's copy is not refused when another's is quicker than the wave's way", () => {
  const t = bench();
  t.wave(author, a, 1);
  t.frames();
  // Both came while the signature of the first was checked.
  t.duplicate(said(1), a, 5);
  t.store(said(1), b, 5);
  t.broadcast.onWake(at(100));
  expect(t.frames().filter(frame => frame.endsWith('prune'))).toEqual([]);
  t.store(said(2), a, 200);
  expect(t.frames()).toEqual(['1:push', '2:push']);
});

test('CAST-9: a refusal that waits goes before a graft, and does not undo it', () => {
  const t = bench({}, [a, b]);
  const one = said(1);
  t.grow(one, a);
  t.settle(20);
  t.broadcast.onFrame(b, { type: 'prune', ids: [idOf(one)] }, at(20));
  t.broadcast.onFrame(b, { type: 'ihave', ids: [idOf(said(2))] }, at(21));
  t.duplicate(one, b, 220);
  t.broadcast.onWake(at(221));
  expect(t.frames()).toEqual(['1:prune', '1:graft']);
  t.duplicate(one, b, 230);
  t.broadcast.onNeighbourDown(a, at(231));
  // Its authors, and everybody: it was the guide.
  expect(t.frames()).toEqual(['1:prune', '1:graft', '1:graft']);
  t.broadcast.onWake(at(300));
  expect(t.frames()).toEqual([]);
});

test.each(['a wave', 'a word'])('CAST-9: who becomes the parent by %s is refused nothing of the author', what => {
  const t = bench();
  const [one, other] = [said(1), said(1, peer(98))];
  t.grow(one, a);
  t.grow(other, a);
  t.settle(2_000);
  t.duplicate(one, b, 2_001);
  t.duplicate(other, b, 2_001);
  if (what === 'a wave') t.wave(author, b, 9, 2_005);
  else t.store(said(2), b, 2_005);
  t.broadcast.onWake(at(2_030));
  const prunes = t.sent().filter(({ frame }) => frame.type === 'prune');
  expect(prunes).toEqual([{ to: b, frame: { type: 'prune', ids: [idOf(other)] } }]);
});

test('CAST-10: an announced record that does not come is asked for, from one announcer after the other', () => {
  const t = bench();
  const missing = said(1);
  const ids = [idOf(missing)];
  t.broadcast.onFrame(a, { type: 'ihave', ids }, at(0));
  t.broadcast.onFrame(b, { type: 'ihave', ids }, at(10));
  t.broadcast.onWake(at(199));
  expect(t.frames()).toEqual([]);
  expect(t.broadcast.nextWakeAt()).toBe(200);
  t.broadcast.onWake(at(200));
  expect(t.frames()).toEqual(['0:graft']);
  t.broadcast.onWake(at(300));
  expect(t.frames()).toEqual(['1:graft']);
  t.broadcast.onWake(at(400));
  expect(t.frames()).toEqual([]);
  expect(t.broadcast.nextWakeAt()).toBeUndefined();
});

test('CAST-10: a graft names no more ids than a frame carries', () => {
  const t = bench();
  const ids = Array.from({ length: 1_025 }, (_, n) => id(n));
  t.broadcast.onFrame(a, { type: 'ihave', ids: ids.slice(0, 1_024) }, at(0));
  t.broadcast.onFrame(a, { type: 'ihave', ids: ids.slice(1_024) }, at(0));
  t.broadcast.onWake(at(200));
  expect(t.sent()).toEqual([
    { to: a, frame: { type: 'graft', ids: ids.slice(0, 1_024), authors: [] } },
    { to: a, frame: { type: 'graft', ids: ids.slice(1_024), authors: [] } },
  ]);
});

test('CAST-10: what arrives in time, or is known, is not asked for', () => {
  const t = bench();
  const [one, two] = [said(1), said(2)];
  t.store(one, c);
  t.broadcast.onFrame(a, { type: 'ihave', ids: [idOf(one), idOf(two)] }, at(0));
  t.store(two, c, 100);
  t.frames();
  t.broadcast.onWake(at(2_000));
  expect(t.frames().filter(frame => frame.endsWith('graft'))).toEqual([]);
});

test('MOVE-8: what was offered is asked for ten seconds later than else, whenever it was announced, and put off once', () => {
  const t = bench();
  const [one, two] = [said(1), said(2)];
  t.broadcast.onFrame(a, { type: 'ihave', ids: [idOf(one)] }, at(0));
  t.broadcast.onRecordComing(one.id, at(10));
  t.broadcast.onRecordComing(two.id, at(10));
  t.broadcast.onFrame(a, { type: 'ihave', ids: [idOf(one), idOf(two)] }, at(20));
  t.broadcast.onWake(at(5_000));
  t.broadcast.onRecordComing(one.id, at(5_000));
  t.broadcast.onWake(at(10_009));
  expect(t.frames()).toEqual([]);
  t.broadcast.onWake(at(10_010));
  expect(t.sent()).toMatchObject([{ to: a, frame: { type: 'graft', ids: [idOf(one), idOf(two)] } }]);
});

test('MOVE-8: what came is not asked for, and an offer that nobody announced and nothing follows is forgotten', () => {
  const t = bench();
  for (const n of [1, 2]) t.broadcast.onRecordComing(said(n).id, at(0));
  t.broadcast.onFrame(a, { type: 'ihave', ids: [idOf(said(1))] }, at(5));
  t.store(said(1), b, 9_000);
  t.settle(9_100);
  t.broadcast.onWake(at(10_000));
  expect(t.frames()).toEqual([]);
});

test('MOVE-1: in the tree a large record is offered to whom another would be pushed, full link or not', () => {
  const t = bench();
  const large = record({ author, key: 'large', value: new Uint8Array(20_000) });
  t.fill(b, true);
  t.grow(large, a);
  const offers = t.sent().filter(({ frame }) => frame.type === 'offer');
  expect(offers.map(({ to }) => to)).toEqual(links.filter(link => link !== a));
  expect(offers[0]!.frame).toEqual({ type: 'offer', id: large.id, size: large.bytes.length, fresh: true });
});

test('CAST-11: a graft is answered with the record, and the author pushed from then on', () => {
  const t = bench();
  const one = said(1);
  t.store(one, a);
  t.frames();
  t.broadcast.onFrame(b, { type: 'graft', ids: [idOf(one), 'ffffffffffffffff'], authors: [] }, at(100));
  expect(t.frames()).toEqual(['1:push']);
  t.grow(said(2), a, 200);
  t.broadcast.onFrame(b, { type: 'prune', ids: [idOf(said(2))] }, at(201));
  t.broadcast.onFrame(b, { type: 'graft', ids: [idOf(said(2))], authors: [] }, at(202));
  t.frames();
  t.store(said(3), a, 300);
  expect(t.frames().toSorted()).toEqual(['1:push', '2:push']);
});

test('CAST-11: what is older than a minute is not in the repair cache', () => {
  const t = bench();
  const [one, two] = [said(1), said(2)];
  t.store(one, a);
  t.store(two, a, 1);
  t.broadcast.onWake(at(60_000));
  t.frames();
  t.broadcast.onFrame(b, { type: 'graft', ids: [idOf(one), idOf(two)], authors: [] }, at(60_000));
  expect(t.pushed()).toEqual([two.bytes]);
});

test('CAST-30: what has been replaced is sent to nobody, yet for a minute a graft or a refusal of it finds its author', () => {
  const t = bench();
  const [one, two] = [said(1), said(2)];
  t.grow(one, a);
  t.broadcast.onRecordDropped(one);
  t.broadcast.onFrame(b, { type: 'prune', ids: [idOf(one)] }, at(11));
  t.frames();
  t.store(two, a, 20);
  expect(t.frames()).toEqual(['2:push']);
  t.broadcast.onFrame(b, { type: 'graft', ids: [idOf(one)], authors: [] }, at(60_009));
  expect(t.pushed()).toEqual([]);
  t.store(said(3), a, 60_009);
  expect(t.frames()).toContain('1:push');
});

test('CAST-11: a graft without ids asks for everybody, and is told whose tree is borrowed', () => {
  const t = bench();
  t.grow(said(1), a);
  t.broadcast.onFrame(b, { type: 'prune', ids: [idOf(said(1))] }, at(1));
  t.sent();
  t.broadcast.onFrame(b, { type: 'graft', ids: [], authors: [] }, at(2));
  expect(t.sent()).toEqual([{ to: b, frame: { type: 'grow', author: authorIdOf(author), round: 1 } }]);
  t.store(said(2), a, 100);
  expect(t.frames()).toContain('1:push');
});

test('CAST-12: the first neighbour is asked for everything, and another when it goes soon', () => {
  const t = bench({}, []);
  for (const link of links) t.broadcast.onNeighbourUp(link, true, at(0));
  expect(t.sent()).toEqual([{ to: a, frame: { type: 'graft', ids: [], authors: [] } }]);
  t.broadcast.onNeighbourDown(b, at(10));
  expect(t.sent()).toEqual([]);
  t.broadcast.onNeighbourDown(a, at(89_999));
  expect(t.sent()).toEqual([{ to: c, frame: { type: 'graft', ids: [], authors: [] } }]);
});

test('CAST-12: later another guide is not needed', () => {
  const t = bench();
  t.broadcast.onNeighbourDown(a, at(90_000));
  expect(t.sent()).toEqual([]);
});

test("CAST-13: what a sync brought is announced, and pushed when it is its author's own word", () => {
  const t = bench();
  t.grow(said(9), b, 0);
  t.frames();
  t.store(said(1), a, 1, 'sync');
  expect(t.frames()).toEqual([]);
  t.broadcast.onWake(at(61));
  expect(t.frames()).toEqual(['1:ihave', '2:ihave']);
  t.store(said(2, a), a, 100, 'sync');
  expect(t.frames().filter(frame => frame.endsWith('push'))).toEqual(['1:push', '2:push']);
});

test('CAST-15: a wave goes on over every link, once, and who sends it as well is no child', () => {
  const t = bench();
  t.wave(author, a, 7);
  expect(t.frames()).toEqual(['1:grow', '2:grow']);
  t.wave(author, b, 7, 1);
  t.wave(author, a, 7, 1);
  expect(t.frames()).toEqual([]);
  t.store(said(1), a, 100);
  expect(t.frames()).toEqual(['2:push']);
  t.wave(author, b, 8, 10_000);
  t.wave(author, c, 8, 10_001);
  expect(t.frames()).toContain('0:grow');
  t.store(said(2), b, 10_100);
  expect(t.frames().filter(frame => frame.endsWith('push'))).toEqual(['0:push']);
});

test('CAST-15: a wave that comes again behind later ones goes on no more, and changes nothing', () => {
  const t = bench();
  for (const round of [1, 2, 3, 4]) t.wave(author, a, round, round * 10_000);
  t.frames();
  for (const round of [1, 2, 3]) t.wave(author, b, round, 50_000);
  expect(t.frames()).toEqual([]);
  t.store(said(1), a, 50_100);
  expect(t.frames()).toEqual(['1:push', '2:push']);
  // Four are remembered.
  t.wave(author, a, 5, 60_000);
  t.frames();
  t.wave(author, b, 2, 70_000);
  expect(t.frames()).toEqual([]);
  t.wave(author, b, 1, 70_000);
  expect(t.frames()).toEqual(['0:grow', '2:grow']);
});

test("CAST-15: one author's wave goes on at most once in two seconds, and a hundred at once", () => {
  const t = bench();
  t.wave(author, a, 1, 0);
  t.frames();
  t.wave(author, a, 2, 1_999);
  expect(t.frames()).toEqual([]);
  t.wave(author, a, 2, 2_000);
  expect(t.frames()).toEqual(['1:grow', '2:grow']);
  const u = bench();
  const passes = (n: number): boolean => {
    u.wave(`${n.toString(16).padStart(16, '0')}${'0'.repeat(48)}` as PeerId, a, 1);
    return u.frames().length > 0;
  };
  for (let n = 0; n < 100; n++) expect(passes(n)).toBe(true);
  expect(passes(100)).toBe(false);
});

test('CAST-15: a wave about oneself that others made up is not passed on', () => {
  const t = bench();
  t.wave(self, a, 5);
  expect(t.frames()).toEqual([]);
});

/** Others are heard, so that the room has a tree to borrow. */
function crowd(t: Bench, count: number): void {
  t.grow(said(0, peer(900)), a, 0);
  for (let n = 1; n < count; n++) t.store(said(n, peer(900 + n)), a, 0);
  t.settle(100);
}

/** When the node passes its own wave on, from `from` ms on: what it said before is said already. */
function growsAt(t: Bench, from: number, until: number): number | undefined {
  t.frames();
  for (let mono = from; mono <= until; mono += 10) {
    t.broadcast.onWake(at(mono));
    if (t.sent().some(({ frame }) => frame.type === 'grow')) return mono;
  }
  return undefined;
}

test('CAST-7: a goodbye of our own goes whole over every link, for nobody can ask for it afterwards', () => {
  const t = bench();
  t.store(record({ author: self, kind: 'leave' }), 'self', 10, 'self');
  expect(t.frames()).toEqual(['0:push', '1:push', '2:push']);
  // Somebody else's goodbye goes along its tree.
  t.store(record({ author, kind: 'leave' }), links[0]!, 20);
  t.broadcast.flush(at(20));
  expect(t.frames()).toEqual(['1:ihave', '2:ihave']);
});

test('CAST-7: so does what a page says that is being stopped; what it said while it ran is announced', () => {
  const t = bench();
  t.store(said(1, self), 'self', 10, 'self');
  for (const link of links) t.broadcast.onFrame(link, { type: 'prune', ids: [said(1, self).shortId] }, at(20));
  t.frames();
  const state = (activity: Activity, mono: number): SignedRecord =>
    record({ author: self, kind: 'presence', value: presenceValue(1 as Hlc, null, undefined, activity), at: mono });
  t.store(state('away', 30), 'self', 30, 'self');
  t.broadcast.flush(at(30));
  expect(t.frames()).toEqual(['0:ihave', '1:ihave', '2:ihave']);
  t.store(state('asleep', 40), 'self', 40, 'self');
  t.broadcast.flush(at(40));
  expect(t.frames()).toEqual(['0:push', '1:push', '2:push']);
});

test('CAST-16: the first words of a room grow their tree and go over every link; a goodbye grows nothing', () => {
  const t = bench();
  t.store(said(1, self), 'self', 10, 'self');
  expect(t.frames()).toEqual(['0:grow', '1:grow', '2:grow', '0:push', '1:push', '2:push']);
  const u = bench();
  u.store(record({ author: self, kind: 'leave' }), 'self', 10, 'self');
  expect(u.frames().filter(frame => frame.endsWith('grow'))).toEqual([]);
});

test('CAST-16: who has spoken and stayed grows its tree', () => {
  const t = bench();
  crowd(t, 10);
  expect(growsAt(t, 100, 60_000)).toBeUndefined();
  t.store(said(1, self), 'self', 60_000, 'self');
  expect(growsAt(t, 60_010, 60_020)).toBe(60_010);
  const small = bench();
  crowd(small, 10);
  small.store(said(1, self), 'self', 200, 'self');
  const grownAt = growsAt(small, 200, 60_000)!;
  expect(grownAt).toBeGreaterThanOrEqual(2_000);
  expect(grownAt).toBeLessThanOrEqual(2_000 + 11 * 20);
});

test('CAST-16: in a large room a tree grows for who says more than its presence', () => {
  const presence = (seq: number) => record({ author: self, kind: 'presence', key: '', seq });
  const t = bench();
  t.grow(said(0), a, 0);
  crowd(t, 600);
  t.store(presence(1), 'self', 3_000, 'self');
  t.store(presence(2), 'self', 50_000, 'self');
  expect(growsAt(t, 50_000, 100_000)).toBeUndefined();
  t.store(said(1, self), 'self', 100_100, 'self');
  expect(growsAt(t, 100_100, 200_000)).toBeLessThanOrEqual(100_100 + 1_010);
  const u = bench({ 'broadcast.regrowMs': 60_000 });
  // The lender, whose tree grows anew for the others.
  u.grow(said(0), a, 0);
  crowd(u, 600);
  u.store(said(1, self), 'self', 200, 'self');
  const grownAt = growsAt(u, 200, 60_000)!;
  expect(grownAt).toBeGreaterThanOrEqual(2_000);
  expect(grownAt).toBeLessThanOrEqual(3_010);
  // It is time, but nothing was said since.
  expect(growsAt(u, grownAt + 10, grownAt + 100_000)).toBeUndefined();
  u.store(said(2, self), 'self', grownAt + 100_000, 'self');
  expect(growsAt(u, grownAt + 100_000, grownAt + 101_010)).toBeDefined();
});

test('CAST-16: who lends its tree to a large room grows it every minute', () => {
  const t = bench({}, links, large(600));
  t.store(presenceOf(self, 1), 'self', 3_000, 'self');
  t.store(presenceOf(author, 1), a, 3_000);
  expect(growsAt(t, 3_000, 62_990)).toBeUndefined();
  expect(growsAt(t, 62_990, 63_010)).toBeDefined();
});

test('CAST-16: a newcomer to a large room knows that it is one, though it has heard nobody yet', () => {
  const presence = (seq: number) => record({ author: self, kind: 'presence', key: '', seq });
  const members = { others: 0, arrivals: 0 };
  const t = bench({}, links, () => members);
  t.grow(said(0), a, 0);
  t.store(presence(1), 'self', 10, 'self');
  members.others = members.arrivals = 999;
  for (let n = 0; n < 50; n++) t.store(said(n, peer(900 + n)), a, 100);
  expect(growsAt(t, 200, 60_000)).toBeUndefined();
  const small = bench({}, links, () => ({ others: 9, arrivals: 9 }));
  small.grow(said(0), a, 0);
  small.store(presence(1), 'self', 10, 'self');
  expect(growsAt(small, 200, 60_000)).toBeDefined();
});

test('CAST-16: waves without end put our own off once', () => {
  const t = bench();
  crowd(t, 600);
  t.store(said(1, self), 'self', 3_000, 'self');
  for (let n = 0; n < 100; n++) t.wave(peer(5_000 + n), a, 7, 3_000);
  t.frames();
  let grownAt: number | undefined;
  for (let mono = 3_000; mono < 200_000 && grownAt === undefined; mono += 50) {
    t.wave(peer(10_000 + mono), a, 7, mono);
    t.broadcast.onWake(at(mono));
    if (t.sent().some(({ frame }) => frame.type === 'grow' && frame.author === authorIdOf(self))) grownAt = mono;
  }
  expect(grownAt).toBeGreaterThan(4_010);
  expect(grownAt).toBeLessThanOrEqual(3_000 + 5_000 + 2_000 + 601 * 100);
});

test('CAST-16: when others grow theirs at once, ours has its turn later', () => {
  const t = bench();
  crowd(t, 600);
  for (let n = 0; n < 100; n++) t.wave(peer(900 + n), a, 7, 3_000);
  t.frames();
  t.store(said(1, self), 'self', 3_000, 'self');
  const grownAt = growsAt(t, 3_000, 100_000)!;
  expect(grownAt).toBeGreaterThan(4_010);
  expect(grownAt).toBeLessThanOrEqual(3_000 + 2_000 + 2_000 + 600 * 100);
});

test('CAST-16: a tree grows anew when a quarter of the room is new, and else when it is time', () => {
  const t = bench({ 'broadcast.regrowMs': 60_000 });
  crowd(t, 8);
  t.store(said(1, self), 'self', 200, 'self');
  const first = growsAt(t, 200, 10_000)!;
  expect(growsAt(t, first + 10, first + 50_000)).toBeUndefined();
  expect(growsAt(t, first + 50_010, first + 70_000)).toBe(first + 60_000);
  const second = first + 60_000;
  for (let n = 0; n < 4; n++) t.store(said(n, peer(800 + n)), a, second + 1_000);
  const third = growsAt(t, second + 1_000, second + 30_000)!;
  expect(third).toBeGreaterThanOrEqual(second + 10_000);
  expect(third).toBeLessThanOrEqual(second + 10_000 + 13 * 20);
});

test('CAST-17: an author without a tree borrows that of the smallest id, both ways', () => {
  const t = bench();
  const [small, large] = [peer(50), peer(60)];
  t.grow(said(1, large), b);
  t.grow(said(1, small), a);
  t.broadcast.onFrame(b, { type: 'prune', ids: [idOf(said(1, small))] }, at(1));
  t.settle(20);
  t.store(said(1), c, 100);
  // The parent of the lender's tree is passed it as well: a borrowed tree is used from any side.
  expect(t.frames()).toEqual(['0:push']);
  t.broadcast.onWake(at(160));
  expect(t.frames()).toEqual(['1:ihave']);
});

test('CAST-17: who has not been heard for 150 s lends no more', () => {
  const t = bench();
  t.grow(said(1, peer(50)), a);
  t.grow(said(1, peer(60)), b, 100_000);
  t.broadcast.onFrame(c, { type: 'prune', ids: [idOf(said(1, peer(60)))] }, at(100_001));
  t.frames();
  t.store(said(1), c, 149_900);
  expect(t.frames()).toContain('1:push');
  t.store(said(1, peer(97)), b, 150_000);
  expect(t.frames()).toEqual(['0:push']);
});

test('CAST-18: when a neighbour goes, the authors it brought are asked for from the next best', () => {
  const t = bench();
  t.wave(author, a, 1);
  t.store(said(1), a, 1);
  t.wave(author, c, 1, 2);
  t.grow(said(1, peer(98)), b);
  t.sent();
  t.broadcast.onNeighbourDown(a, at(100_000));
  expect(t.sent()).toEqual([{ to: c, frame: { type: 'graft', ids: [], authors: [authorIdOf(author)] } }]);
});

test('CAST-18: a child that announces is nobody to get its author from', () => {
  const t = bench();
  t.grow(said(1), a);
  t.broadcast.onFrame(b, { type: 'ihave', ids: [idOf(said(1))] }, at(1));
  t.sent();
  t.broadcast.onNeighbourDown(a, at(100_000));
  expect(t.sent().filter(({ to, frame }) => to === b && frame.type === 'graft')).toEqual([]);
});

test('CAST-18: who has nobody to get an author from asks the next neighbour that comes', () => {
  const t = bench({}, [a]);
  t.grow(said(1), a);
  t.broadcast.onNeighbourDown(a, at(100_000));
  expect(t.sent().filter(({ frame }) => frame.type === 'graft')).toEqual([]);
  t.broadcast.onNeighbourUp(b, false, at(101_000));
  expect(t.sent()).toContainEqual({
    to: b,
    frame: { type: 'graft', ids: [], authors: [authorIdOf(author)] },
  });
});

test('CAST-19: a neighbour that must ask for much is passed everything for ten seconds', () => {
  const t = bench();
  const many = Array.from({ length: 101 }, (_, n) => said(n));
  for (const one of many) t.store(one, a, 0, 'sync');
  t.grow(said(1_000, peer(98)), a, 0);
  for (const link of [b, c]) t.broadcast.onFrame(link, { type: 'prune', ids: [idOf(said(1_000, peer(98)))] }, at(1));
  const isPassed = (n: number, mono: number): boolean => {
    t.frames();
    t.store(said(n, peer(98)), a, mono);
    t.broadcast.onWake(at(mono));
    return t.frames().includes('1:push');
  };
  t.settle(60);
  t.broadcast.onFrame(b, { type: 'graft', ids: many.slice(0, 100).map(idOf), authors: [] }, at(60));
  t.settle(90);
  expect(isPassed(2_000, 95)).toBe(false);
  t.broadcast.onFrame(b, { type: 'graft', ids: many.slice(99).map(idOf), authors: [] }, at(100));
  t.settle(130);
  expect(isPassed(2_001, 10_099)).toBe(true);
  expect(isPassed(2_002, 10_130)).toBe(false);
});

const id = (n: number): string => n.toString(16).padStart(16, '0');
const now = (mono: number): Now => at(mono);

test("CAST-20: at most 4,096 authors' trees are known, and one that has been silent for longer is forgotten", () => {
  const branches = createBranches();
  const isSilent = (n: number): boolean => n % 8 === 0;
  const gone = (): readonly number[] =>
    Array.from({ length: 4_196 }, (_, n) => n).filter(n => branches.get(peer(n)) === undefined);
  for (let n = 0; n < 4_096; n++) branches.heard(peer(n), id(n), a, now(isSilent(n) ? 0 : 1));
  expect(gone()).toHaveLength(100);
  for (let n = 4_096; n < 4_196; n++) branches.heard(peer(n), id(n), a, now(2));
  expect(branches.size()).toBe(4_096);
  expect(gone()).toHaveLength(100);
  expect(gone().every(isSilent)).toBe(true);
});

test('CAST-20: a tree is forgotten five minutes after its author spoke last', () => {
  const branches = createBranches();
  branches.heard(peer(1), id(1), a, now(0));
  branches.heard(peer(2), id(2), a, now(299_999));
  expect(branches.get(peer(1))).toBeDefined();
  branches.heard(peer(2), id(3), a, now(300_000));
  expect(branches.get(peer(1))).toBeUndefined();
});

test('CAST-17: in a large room, where presence is restated more seldom, the lender is waited for longer', () => {
  const lenderOf = (patience: number, mono: number) => {
    const branches = createBranches(() => patience);
    branches.heard(peer(1), id(1), a, now(0));
    branches.grown(peer(1), { parent: a, children: [b], rounds: [1], grownAt: now(0).mono });
    return branches.model(now(mono));
  };
  expect([lenderOf(1, 149_999), lenderOf(1, 150_000)]).toEqual([peer(1), undefined]);
  expect([lenderOf(4, 599_999), lenderOf(4, 600_000)]).toEqual([peer(1), undefined]);
});

test('CAST-18: a neighbour that went before the author said a word is neither its parent nor its child', () => {
  const branches = createBranches();
  branches.grown(peer(1), { parent: a, children: [b, c], rounds: [1], grownAt: now(0).mono });
  branches.remove(a, () => undefined);
  branches.remove(b, () => undefined);
  const branch = branches.heard(peer(1), id(1), c, now(10));
  expect(branch.parent).toBe(c);
  expect(links.filter(peer => isChild(branch, peer))).toEqual([]);
});

test('CAST-21: a hole in a borrowed tree is mended where the tree was borrowed, once it is no delay', () => {
  const mends = (arrivesByTree: boolean): boolean => {
    const t = bench();
    const lender = said(1, peer(50));
    t.grow(lender, a);
    t.broadcast.onFrame(b, { type: 'prune', ids: [idOf(lender)] }, at(1));
    t.broadcast.onFrame(b, { type: 'ihave', ids: [idOf(said(1))] }, at(10));
    t.broadcast.onWake(at(410));
    t.store(said(1), b, 420);
    if (arrivesByTree) t.duplicate(said(1), a, 5_410);
    t.settle(5_410);
    t.broadcast.onWake(at(5_420));
    const graft = { type: 'graft', ids: [], authors: [authorIdOf(peer(50))] };
    return t.sent().some(({ to, frame }) => to === b && JSON.stringify(frame) === JSON.stringify(graft));
  };
  expect(mends(false)).toBe(true);
  expect(mends(true)).toBe(false);
});

test('CAST-28: presence of a large room takes the lender’s tree, whether its author has one or not', () => {
  const routes = (others: number): readonly string[] => {
    const t = bench({ 'broadcast.presenceMs': 0 }, links, large(others));
    t.grow(said(1, peer(50)), a);
    t.grow(said(1), b);
    t.broadcast.onFrame(c, { type: 'prune', ids: [idOf(said(1))] }, at(1));
    t.frames();
    t.store(presenceOf(author, 2), b, 3_000);
    return t.frames();
  };
  expect(routes(100)).toEqual(['0:push']);
  expect(routes(600)).toEqual(['0:push', '2:push']);
});

test('CAST-28: a copy too many of what takes the shared tree is not refused, for its author has no say in it', () => {
  const t = bench({}, links, large(600));
  t.grow(said(1, peer(50)), a);
  const one = presenceOf(author, 1);
  t.store(one, a, 3_000);
  t.settle(4_000);
  t.duplicate(one, c, 4_010);
  t.broadcast.onWake(at(4_030));
  expect(t.frames().filter(frame => frame.endsWith('prune'))).toEqual([]);
});

test('CAST-28: the lender is believed once it is a member, before it was heard', () => {
  const pushes = (isMember: boolean, isNamed: boolean): readonly string[] => {
    const t = bench({ 'broadcast.presenceMs': 0 }, links, large(600), () => isMember);
    t.wave(peer(50), a, 1, 1_000);
    t.broadcast.onFrame(c, { type: 'grow', author: authorIdOf(peer(50)), round: 1 }, at(1_000));
    if (isNamed) t.store(presenceOf(peer(50), 1), b, 2_000, 'sync');
    t.settle(3_000);
    t.store(presenceOf(author, 1), a, 4_000);
    return t.frames().filter(frame => frame.endsWith('push'));
  };
  expect(pushes(true, false)).toEqual(['1:push']);
  expect(pushes(false, true)).toEqual(['1:push']);
  expect(pushes(false, false)).toEqual([]);
});

test('CAST-29: presence leaves in ticks that grow with the room, and takes along what waits', () => {
  const t = bench({}, links, large(600));
  t.grow(said(1, peer(50)), b);
  t.frames();
  const pushed = (mono: number): readonly number[] => {
    t.broadcast.onWake(at(mono));
    return t.sent().flatMap(({ to, frame }) => (to === a && frame.type === 'push' ? [frame.records.length] : []));
  };
  const say = (n: number, mono: number): void => t.store(presenceOf(peer(200 + n), n), c, mono);
  say(1, 1_000);
  expect(pushed(1_000)).toEqual([1]);
  say(2, 1_010);
  say(3, 1_100);
  expect(pushed(1_149)).toEqual([]);
  expect(pushed(1_151)).toEqual([2]);
  // What is urgent waits for no such tick, and what waits goes with it.
  say(4, 1_200);
  t.store(said(2, peer(50)), c, 1_210);
  expect(pushed(1_210)).toEqual([2]);
});

test('CAST-29: presence is announced after four ticks, a renewal after sixteen', () => {
  const announcedAt = (isRenewal: boolean): number | undefined => {
    const t = bench({}, links, large(999));
    t.grow(said(1, peer(50)), a);
    t.broadcast.onFrame(b, { type: 'prune', ids: [idOf(said(1, peer(50)))] }, at(1));
    t.settle(100);
    const one = presenceOf(author, 1);
    t.broadcast.onRecordAccepted(one, a, at(1_000));
    t.broadcast.onRecordStored(one, a, 'push', at(1_000), isRenewal);
    for (let mono = 1_000; mono < 10_000; mono += 10) {
      t.broadcast.onWake(at(mono));
      if (t.sent().some(({ to, frame }) => to === b && frame.type === 'ihave')) return mono - 1_000;
    }
    return undefined;
  };
  expect(announcedAt(false)).toBe(1_000);
  expect(announcedAt(true)).toBe(4_000);
});

test.each(['pull', 'push-pull'] as const)(
  'CAST-14: in %s a neighbour is told what one has and answers with the rest',
  mode => {
    const t = bench({ 'broadcast.mode': mode, 'broadcast.fanout': 3, 'broadcast.roundMs': 200 });
    const [one, two] = [said(1), said(2)];
    t.store(one, a);
    t.store(two, a);
    t.broadcast.onWake(at(200));
    expect(t.frames().filter(frame => frame.endsWith('pull'))).toHaveLength(3);
    t.broadcast.onFrame(b, { type: 'pull', ids: [shortIdOf(one.id)] }, at(210));
    const sent = t.sent();
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({ to: b, frame: { type: 'push', records: [two.bytes] } });
  },
);

test('CAST-17: who borrows the same tree shares it until something happens to one', () => {
  const branches = createBranches();
  const lender = branches.heard(peer(1), id(1), a, now(0));
  branches.grown(peer(1), { parent: a, children: [b, c], rounds: [1], grownAt: now(0).mono });
  const borrowers = [2, 3, 4].map(n => branches.heard(peer(n), id(n), b, now(n)));
  const passed = (): string[] =>
    [lender, ...borrowers].map(branch => ['a', 'b', 'c'].filter((_, n) => isChild(branch, links[n]!)).join(''));
  expect(passed()).toEqual(['bc', 'ac', 'ac', 'ac']);
  dropChild(borrowers[0]!, a);
  addChild(borrowers[1]!, b);
  expect(passed()).toEqual(['bc', 'c', 'abc', 'ac']);
  dropChild(lender, c);
  expect(passed()).toEqual(['b', 'c', 'abc', 'ac']);
  branches.heard(peer(3), id(5), c, now(5));
  expect(passed()).toEqual(['b', 'c', 'ab', 'ac']);
  branches.remove(a, () => undefined);
  expect(passed()).toEqual(['b', 'c', 'b', 'c']);
});

test('CAST-17: who has nobody to borrow from any more keeps what was borrowed, but for those its words came from', () => {
  const branches = createBranches();
  branches.heard(peer(1), id(1), a, now(0));
  branches.grown(peer(1), { parent: a, children: [b, c], rounds: [1], grownAt: now(0).mono });
  const borrower = branches.heard(peer(2), id(2), b, now(1));
  branches.forget(peer(1));
  branches.heard(peer(2), id(3), c, now(2));
  expect(links.map(link => isChild(borrower, link))).toEqual([true, false, false]);
});

test('CAST-13: a sync that brings many has 5 of them announced, and 5 a second; the next goes on with its copy', () => {
  const t = bench();
  const many = Array.from({ length: 7 }, (_, n) => said(n + 1));
  for (const one of many.slice(0, 6)) t.store(one, a, 0, 'sync');
  t.broadcast.onWake(at(60));
  const announced = ofType(
    t.sent().map(({ frame }) => frame),
    'ihave',
  ).flatMap(({ ids }) => ids);
  expect(new Set(announced)).toEqual(new Set(many.slice(0, 5).map(idOf)));
  t.duplicate(many[5]!, b, 70);
  t.broadcast.onWake(at(130));
  const last = t.sent();
  // Not back to who had it.
  expect(last.some(({ to }) => to === a || to === b)).toBe(false);
  expect(last.some(({ to, frame }) => to === c && ['push', 'ihave'].includes(frame.type))).toBe(true);
  expect(last.some(({ frame }) => frame.type === 'prune')).toBe(false);
  t.store(many[6]!, a, 200, 'sync');
  t.broadcast.onWake(at(260));
  expect(t.frames()).toEqual(['1:ihave', '2:ihave']);
});

test('CAST-13: a copy that the parent sends after a sync was quicker is not refused', () => {
  const t = bench();
  t.grow(said(1), a);
  t.store(said(2), b, 100, 'sync');
  t.frames();
  t.duplicate(said(2), a, 110);
  t.broadcast.onWake(at(300));
  expect(t.frames().filter(frame => frame.endsWith('prune'))).toEqual([]);
});
