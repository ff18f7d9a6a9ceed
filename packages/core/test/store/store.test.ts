import { expect, test } from 'vitest';
import { type ConfigOverrides, makeConfig } from '../../src/config.ts';
import type { SignedRecord } from '../../src/identity/record.ts';
import { createEvents } from '../../src/store/events.ts';
import { createStore, type Store } from '../../src/store/store.ts';
import { peer } from '../support/peers.ts';
import { createRecorder, ofType, type Recorder } from '../support/recorder.ts';
import { record, type Said } from '../support/records.ts';
import { announceSeed, rngOf } from '../support/seed.ts';

const self = peer(100);
const link = peer(50);

interface Bench extends Recorder {
  readonly store: Store;
  accept(said: SignedRecord): void;
  /** What the app believes, by its deliveries so far. */
  readonly seen: Map<string, unknown>;
  look(): void;
}

function bench(config: ConfigOverrides = {}): Bench {
  const recorder = createRecorder();
  const store = createStore(self, makeConfig(config), recorder.outbox);
  const seen = new Map<string, unknown>();
  return {
    ...recorder,
    store,
    seen,
    accept: said => store.onRecordAccepted(said, said.author === self ? 'self' : link, 'push'),
    look() {
      for (const delivery of recorder.deliveries()) {
        if (delivery.what !== 'state') continue;
        if (delivery.value === undefined) seen.delete(delivery.key);
        else seen.set(delivery.key, delivery.value);
      }
    },
  };
}

function permutations<T>(list: readonly T[]): readonly (readonly T[])[] {
  if (list.length === 0) return [[]];
  return list.flatMap((first, i) => permutations(list.toSpliced(i, 1)).map(rest => [first, ...rest]));
}

const contest: readonly Said[] = [
  { author: peer(1), at: 1, value: 'old' },
  { author: peer(1), at: 5, value: 'low author' },
  { author: peer(2), at: 5, value: 'high author' },
  { author: peer(2), at: 5, seq: 2, value: 'same author, same clock' },
  { author: peer(3), at: 4, kind: 'state-delete' },
];

test('STORE-1: every order of arrival ends with the same winner, hash and view', () => {
  const records = contest.map(said => record({ key: 'k', ...said }));
  const ends = permutations(records).map(order => {
    const b = bench();
    for (const said of order) b.accept(said);
    b.look();
    return `${b.store.hash()} ${String(b.seen.get('k'))}`;
  });
  expect(ends).toHaveLength(120);
  expect(new Set(ends).size).toBe(1);
  const [, , higher, same] = records;
  const winner = same!.id > higher!.id ? 'same author, same clock' : 'high author';
  expect(ends[0]).toContain(winner);
});

test('STORE-2: an old copy does not bring back what was deleted, in any order', () => {
  const put = record({ key: 'k', at: 1, value: 'back?' });
  const remove = record({ key: 'k', at: 2, kind: 'state-delete' });
  const between = record({ key: 'k', at: 1, author: peer(2), value: 'or this?' });
  for (const order of permutations([put, remove, between])) {
    const b = bench();
    for (const said of order) b.accept(said);
    for (const said of [put, between]) b.accept(said);
    b.look();
    expect(b.seen.size).toBe(0);
    expect(b.store.size()).toBe(0);
  }
});

test('STORE-2: a newer write revives a deleted key', () => {
  const b = bench();
  b.accept(record({ key: 'k', at: 1, kind: 'state-delete' }));
  b.accept(record({ key: 'k', at: 2, value: 'new' }));
  b.look();
  expect(b.seen.get('k')).toBe('new');
  expect(b.store.size()).toBe(1);
});

test('STORE-3: the hash is equal exactly when the records are', () => {
  const records = ['a', 'b', 'c'].map((key, n) => record({ key, author: peer(n + 1) }));
  const hashOf = (order: readonly SignedRecord[]): string => {
    const b = bench();
    for (const said of order) b.accept(said);
    return b.store.hash();
  };
  expect(hashOf(records)).toMatch(/^[0-9a-f]{16}$/);
  expect(hashOf(records.toReversed())).toBe(hashOf(records));
  expect(hashOf(records.slice(1))).not.toBe(hashOf(records));
  expect(hashOf([...records.slice(0, 2), record({ key: 'c', author: peer(3), seq: 9 })])).not.toBe(hashOf(records));
});

const refusals = (b: Bench): readonly string[] => ofType(b.facts(), 'record-ignored').map(fact => fact.reason);

test('STORE-4: an author has so many keys, whoever had them before', () => {
  const b = bench({ 'store.keysPerAuthor': 3 });
  b.accept(record({ key: 'theirs', author: peer(2) }));
  for (const key of ['a', 'b', 'c']) b.accept(record({ key }));
  expect(refusals(b)).toEqual([]);
  b.accept(record({ key: 'd' }));
  b.accept(record({ key: 'theirs', at: 1 }));
  expect(refusals(b)).toEqual(['quota', 'quota']);
  b.accept(record({ key: 'a', at: 1, value: 2 }));
  b.accept(record({ key: 'b', at: 1, kind: 'state-delete' }));
  b.accept(record({ key: 'd', at: 1 }));
  expect(refusals(b)).toEqual([]);
});

test('STORE-4: an author has so many bytes', () => {
  const b = bench({ 'store.bytesPerAuthor': 1_024 });
  const half = new Uint8Array(509);
  b.accept(record({ key: 'a', value: half }));
  b.accept(record({ key: 'b', value: new Uint8Array(508) }));
  expect(b.store.exceedsQuota(peer(1), 'c', 1)).toBe(false);
  expect(b.store.exceedsQuota(peer(1), 'c', 2)).toBe(true);
  b.accept(record({ key: 'b', at: 1, value: half }));
  expect(refusals(b)).toEqual([]);
  b.accept(record({ key: 'b', at: 2, value: new Uint8Array(510) }));
  expect(refusals(b)).toEqual(['quota']);
});

test('STORE-4: a room has so many keys, revived ones included', () => {
  const b = bench({ 'store.maxKeys': 16 });
  for (let n = 0; n < 16; n++) b.accept(record({ key: `k${n}`, author: peer(n) }));
  expect(refusals(b)).toEqual([]);
  b.accept(record({ key: 'more' }));
  b.accept(record({ key: 'gone', kind: 'state-delete' }));
  b.accept(record({ key: 'gone', at: 1 }));
  expect(refusals(b)).toEqual(['quota', 'quota']);
  expect(b.store.size()).toBe(16);
  b.accept(record({ key: 'k3', at: 1, kind: 'state-delete' }));
  b.accept(record({ key: 'more', at: 1 }));
  expect(refusals(b)).toEqual([]);
});

test('STORE-4: a room has so many bytes, whoever wrote them', () => {
  const b = bench({ 'store.maxBytes': 65_536 });
  const value = new Uint8Array(16_381);
  for (let n = 0; n < 4; n++) b.accept(record({ key: `k${n}`, author: peer(n + 1), value }));
  expect(refusals(b)).toEqual([]);
  b.accept(record({ key: 'more', author: peer(9), value: 1 }));
  expect(refusals(b)).toEqual(['quota']);
  b.accept(record({ key: 'k0', author: peer(9), value, at: 1 }));
  expect(refusals(b)).toEqual([]);
  b.accept(record({ key: 'k1', kind: 'state-delete', at: 1 }));
  b.accept(record({ key: 'more', author: peer(9), value, at: 1 }));
  expect(refusals(b)).toEqual([]);
});

test('STORE-4: deletions are never refused', () => {
  const b = bench({ 'store.maxKeys': 16, 'store.keysPerAuthor': 1 });
  for (let n = 0; n < 16; n++) b.accept(record({ key: `k${n}`, author: peer(n) }));
  for (let n = 0; n < 16; n++) b.accept(record({ key: `k${n}`, at: 1, kind: 'state-delete' }));
  expect(refusals(b)).toEqual([]);
  expect(b.store.size()).toBe(0);
});

test('STORE-5: beyond the limit the oldest deletion is forgotten, no living key', () => {
  const b = bench({ 'store.maxTombstones': 16 });
  b.accept(record({ key: 'alive' }));
  for (let n = 0; n < 16; n++) b.accept(record({ key: `k${n}`, at: n, kind: 'state-delete' }));
  expect(ofType(b.facts(), 'record-dropped')).toEqual([]);
  b.accept(record({ key: 'k16', at: 16, kind: 'state-delete' }));
  const dropped = ofType(b.facts(), 'record-dropped').map(fact => fact.record.key);
  expect(dropped).toEqual(['k0']);
  expect(b.store.size()).toBe(1);
});

test('STORE-5: what is forgotten does not depend on the order of arrival', () => {
  const seed = announceSeed('deletions');
  for (let stream = 0; stream < 20; stream++) {
    const rng = rngOf(stream, seed);
    const deletions = Array.from({ length: 300 }, (_, n) => record({ key: `k${n}`, at: n, kind: 'state-delete' }));
    const kept = [0, 1].map(() => {
      const b = bench({ 'store.maxTombstones': 16 });
      for (const said of rng.sample(deletions, deletions.length)) b.accept(said);
      return b.store.hash();
    });
    const b = bench({ 'store.maxTombstones': 16 });
    for (const said of deletions.slice(-16)) b.accept(said);
    expect(kept).toEqual([b.store.hash(), b.store.hash()]);
  }
});

test('STORE-5: keys that live again are not among the deletions that are remembered', () => {
  const b = bench({ 'store.maxTombstones': 16 });
  for (let n = 0; n < 200; n++) {
    b.accept(record({ key: `k${n}`, at: 2 * n, kind: 'state-delete' }));
    b.accept(record({ key: `k${n}`, at: 2 * n + 1, author: peer(n) }));
  }
  for (let n = 0; n < 16; n++) b.accept(record({ key: `gone${n}`, at: 1_000 + n, kind: 'state-delete' }));
  expect(refusals(b)).toEqual([]);
  expect(b.store.size()).toBe(200);
});

test('STORE-5: a deletion older than all that are remembered still deletes, is passed on, and leaves its mark', () => {
  const b = bench({ 'store.maxTombstones': 16 });
  b.accept(record({ key: 'old', at: 1 }));
  for (let n = 0; n < 16; n++) b.accept(record({ key: `k${n}`, at: 10 + n, kind: 'state-delete' }));
  b.facts();
  const late = record({ key: 'old', at: 2, kind: 'state-delete' });
  b.accept(late);
  b.look();
  expect([b.seen.size, b.store.size()]).toEqual([0, 0]);
  expect(b.facts().map(fact => fact.type)).toEqual(['record-dropped', 'record-stored', 'record-dropped']);
  b.accept(record({ key: 'old', at: 1 }));
  expect(refusals(b)).toEqual(['stale']);
});

test('STORE-11: what a forgotten deletion may have deleted does not come back, newer writes do', () => {
  const b = bench({ 'store.maxTombstones': 16 });
  b.accept(record({ key: 'alive', at: 0 }));
  for (let n = 0; n < 20; n++) b.accept(record({ key: `k${n}`, at: 10 + n, kind: 'state-delete' }));
  expect(refusals(b)).toEqual([]);
  // k0 to k3 are forgotten; the last of them says 13.
  for (const path of ['push', 'sync'] as const)
    b.store.onRecordAccepted(record({ key: 'k0', at: 5, value: 'back?' }), link, path);
  b.accept(record({ key: 'k2', at: 12, kind: 'state-delete' }));
  b.accept(record({ key: 'never seen', at: 13 }));
  expect(refusals(b)).toEqual(['stale', 'stale', 'stale', 'stale']);
  b.accept(record({ key: 'never seen', at: 14 }));
  b.accept(record({ key: 'k1', at: 14 }));
  b.accept(record({ key: 'alive', at: 1, value: 2 }));
  expect(refusals(b)).toEqual([]);
  b.look();
  expect([...b.seen.keys()].sort()).toEqual(['alive', 'k1', 'never seen']);
});

test('STORE-11: before anything is forgotten nothing is refused', () => {
  const b = bench({ 'store.maxTombstones': 16 });
  for (let n = 0; n < 16; n++) b.accept(record({ key: `k${n}`, at: 100 + n, kind: 'state-delete' }));
  b.accept(record({ key: 'old', at: 0 }));
  expect(refusals(b)).toEqual([]);
});

test('STORE-11: what this node says or kept is not doubted', () => {
  const b = bench({ 'store.maxTombstones': 16 });
  for (let n = 0; n < 17; n++) b.accept(record({ key: `k${n}`, at: 100 + n, kind: 'state-delete' }));
  b.store.onRecordAccepted(record({ key: 'kept', at: 1 }), 'storage', 'sync');
  b.accept(own({ key: 'mine', at: 2 }));
  expect(refusals(b)).toEqual([]);
  expect(b.store.size()).toBe(2);
});

test('STORE-6: the app hears each change once, and nothing of deleted keys that it never had', () => {
  const b = bench();
  b.accept(record({ key: 'k', at: 3, value: 'a' }));
  b.accept(record({ key: 'k', at: 2, value: 'late' }));
  b.accept(record({ key: 'k', at: 4, kind: 'state-delete', author: peer(2) }));
  b.accept(record({ key: 'k', at: 5, kind: 'state-delete' }));
  b.accept(record({ key: 'unknown', kind: 'state-delete' }));
  expect(b.deliveries()).toMatchObject([
    { what: 'state', key: 'k', value: 'a', author: peer(1), local: false },
    { what: 'state', key: 'k', value: undefined, author: peer(2) },
  ]);
});

test('STORE-7: what is kept is offered to storage, what is overtaken is forgotten there', () => {
  const b = bench();
  const first = record({ key: 'k', at: 1 });
  const second = record({ key: 'k', at: 2, value: 2 });
  b.accept(first);
  b.accept(second);
  expect(b.effects().filter(effect => effect.type === 'keep' || effect.type === 'forget')).toEqual([
    { type: 'keep', id: first.id, bytes: first.bytes },
    { type: 'forget', id: first.id },
    { type: 'keep', id: second.id, bytes: second.bytes },
  ]);
  expect(b.facts().map(fact => fact.type)).toEqual(['record-stored', 'record-dropped', 'record-stored']);
});

const own = (said: Said): SignedRecord => record({ author: self, key: 'k', ...said });

test('STORE-7: what comes back from storage and is overtaken is forgotten there', () => {
  const b = bench();
  const [old, fresh] = [record({ key: 'k', at: 1 }), record({ key: 'k', at: 2 })];
  b.accept(fresh);
  b.store.onRecordAccepted(old, 'storage', 'sync');
  expect(ofType(b.effects(), 'forget').map(effect => effect.id)).toEqual([old.id]);
  b.store.onRecordAccepted(old, link, 'push');
  expect(ofType(b.effects(), 'forget')).toEqual([]);
});

test('STORE-8: a local write shows before it is signed, and once', () => {
  const b = bench();
  const said = own({ at: 1, value: 'mine' });
  b.store.onRecordDrafted(said);
  expect(b.deliveries()).toMatchObject([{ key: 'k', value: 'mine', author: self, local: true }]);
  expect(b.facts()).toEqual([]);
  b.accept(said);
  expect(b.deliveries()).toEqual([]);
  expect(b.facts()).toMatchObject([{ type: 'record-stored', kept: true, from: 'self' }]);
});

test('STORE-8: what overtakes a local write while it is signed wins', () => {
  const b = bench();
  const mine = own({ at: 1, value: 'mine' });
  b.store.onRecordDrafted(mine);
  b.accept(record({ key: 'k', at: 2, value: 'theirs' }));
  b.accept(mine);
  b.look();
  expect(b.seen.get('k')).toBe('theirs');
  expect(refusals(b)).toEqual(['superseded']);
});

test('STORE-8: a later local write is not undone by the signature of an earlier one', () => {
  const b = bench();
  const first = own({ at: 1, value: 1 });
  const second = own({ at: 2, value: 2 });
  b.store.onRecordDrafted(first);
  b.store.onRecordDrafted(second);
  b.accept(first);
  b.accept(second);
  b.look();
  expect(b.seen.get('k')).toBe(2);
  expect(ofType(b.facts(), 'record-stored').map(fact => fact.record.id)).toEqual([second.id]);
});

test('STORE-9: an event is shown to everybody but its author, passed on, and never kept', () => {
  const recorder = createRecorder();
  const events = createEvents(self, recorder.outbox);
  events.onRecordAccepted(record({ kind: 'event', key: 'wave', value: 1 }), link, 'push');
  expect(recorder.deliveries()).toEqual([{ what: 'event', key: 'wave', value: 1, from: peer(1) }]);
  expect(recorder.facts()).toMatchObject([{ type: 'record-stored', kept: false }]);
  events.onRecordAccepted(record({ kind: 'event', key: 'wave', author: self }), 'self', 'self');
  expect(recorder.deliveries()).toEqual([]);
  expect(recorder.facts()).toMatchObject([{ type: 'record-stored', kept: false }]);
});

test('STORE-10: what is overtaken on arrival is neither kept nor passed on', () => {
  const b = bench();
  b.accept(record({ key: 'k', at: 2 }));
  b.facts();
  b.effects();
  b.accept(record({ key: 'k', at: 1 }));
  expect(b.facts()).toEqual([{ type: 'record-ignored', reason: 'superseded' }]);
  expect(b.effects()).toEqual([]);
  expect(b.store.exceedsQuota(peer(1), 'k', 1)).toBe(false);
});

test('INTAKE-13: the store says what it keeps of a key and what that has overtaken', () => {
  const b = bench();
  const [early, kept, late] = [1, 2, 3].map(clock => record({ author: peer(1), key: 'k', at: clock }));
  const standings = () => [early!, kept!, late!].map(said => b.store.standingOf(said));
  expect(standings()).toEqual([undefined, undefined, undefined]);
  b.accept(kept!);
  expect(standings()).toEqual(['overtaken', 'kept', undefined]);
  b.accept(record({ author: peer(1), key: 'k', at: 4, kind: 'state-delete' }));
  expect(standings()).toEqual(['overtaken', 'overtaken', 'overtaken']);
  expect(b.store.standingOf(record({ kind: 'event', key: 'k', at: 1 }))).toBeUndefined();
});

test('INTAKE-13: a local write is no copy of what is signed for it', () => {
  const b = bench();
  const [early, own] = [1, 2].map(clock => record({ author: self, key: 'k', at: clock }));
  const { author, kind, key, value, hlc } = own!;
  b.store.onRecordDrafted({ author, kind, key, value, hlc });
  expect([early!, own!].map(said => b.store.standingOf(said))).toEqual(['overtaken', undefined]);
  b.accept(own!);
  expect(b.store.standingOf(own!)).toBe('kept');
});
