import { expect, test } from 'vitest';
import { type Aggregate, createAggregate } from '../../src/aggregate/aggregate.ts';
import type { Listed } from '../../src/aggregate/counts.ts';
import { sampleHash } from '../../src/aggregate/sample.ts';
import { turnIn } from '../../src/aggregate/turns.ts';
import { type ConfigOverrides, makeConfig } from '../../src/config.ts';
import type { SignedRecord } from '../../src/identity/record.ts';
import type { PeerId, Wire } from '../../src/types.ts';
import { at, peer, WALL } from '../support/peers.ts';
import { createRecorder, ofType, type Recorder } from '../support/recorder.ts';
import { record } from '../support/records.ts';

const EPOCH_MS = 300_000;
const EPOCH = WALL / EPOCH_MS;
const SKEW_MS = 60_000;
const self = peer(100);
const link = peer(50);

interface Bench extends Recorder {
  readonly aggregate: Aggregate;
  readonly listed: Map<PeerId, Listed>;
  roomy: boolean;
  accept(said: SignedRecord, mono?: number): void;
  /** What it says of itself up to `mono`, and when. */
  speaks(
    until: number,
  ): readonly { readonly mono: number; readonly value: Wire; readonly validMs: number | undefined }[];
}

function bench(config: ConfigOverrides = {}, region?: string): Bench {
  const recorder = createRecorder();
  const listed = new Map<PeerId, Listed>();
  const members = {
    size: () => listed.size - (listed.has(self) ? 1 : 0),
    listed: () => [...listed.values()],
    isListed: (one: PeerId) => listed.has(one),
    isRoomy: () => b.roomy,
    viewSum: () => 7,
  };
  const tools = { self, region, config: makeConfig(config), outbox: recorder.outbox, members };
  const aggregate = createAggregate(tools, at(0));
  const b: Bench = {
    ...recorder,
    aggregate,
    listed,
    roomy: true,
    accept: (said, mono = 0) => aggregate.onRecordAccepted(said, link, 'push', at(mono)),
    speaks(until) {
      const said: { mono: number; value: Wire; validMs: number | undefined }[] = [];
      for (let due = aggregate.nextWakeAt(); due !== undefined && due <= until; due = aggregate.nextWakeAt()) {
        aggregate.onWake(at(due));
        for (const fact of ofType(recorder.facts(), 'statement-wanted'))
          said.push({ mono: due, value: fact.value, validMs: fact.validMs });
      }
      return said;
    },
  };
  return b;
}

const here = (author: PeerId, said: { epoch?: number; at?: number; region?: string } = {}): SignedRecord => {
  const value = [said.epoch ?? EPOCH, ...(said.region === undefined ? [] : [said.region])];
  return record({ kind: 'here', author, at: said.at ?? 0, value, exp: WALL + 2 * EPOCH_MS });
};
const list = (b: Bench, author: PeerId, presence: Wire = {}, region?: string): void =>
  void b.listed.set(author, { peer: author, presence, region });
const ignored = (b: Bench): readonly string[] => ofType(b.facts(), 'record-ignored').map(({ reason }) => reason);
/** So many with a lower hash than `than`, and then one with a higher. */
function others(count: number, than: number): { readonly lower: readonly PeerId[]; readonly higher: PeerId } {
  const people = Array.from({ length: 40 * count }, (_, n) => peer(1_000 + n));
  const lower = people.filter(author => sampleHash(EPOCH, author) < than).slice(0, count);
  return { lower, higher: people.find(author => sampleHash(EPOCH, author) > than)! };
}

test('AGGR-1: who is listed by all says nothing', () => {
  const b = bench();
  b.aggregate.onCaughtUp();
  list(b, self);
  expect(b.aggregate.nextWakeAt()).toBeUndefined();
  expect(b.speaks(3 * EPOCH_MS)).toEqual([]);
});

test('AGGR-1: who states no presence, or may find no place on lists, says so once in each epoch', () => {
  for (const isMember of [false, true]) {
    const b = bench({}, 'eu');
    if (isMember) list(b, self);
    b.roomy = !isMember;
    b.aggregate.onCaughtUp();
    const said = b.speaks(3 * EPOCH_MS - 1);
    expect(said.map(({ value }) => value)).toEqual([0, 1, 2].map(n => [EPOCH + n, 'eu']));
    for (const [n, { mono, validMs }] of said.entries()) {
      expect(mono).toBeCloseTo(turnIn(EPOCH + n, self, EPOCH_MS, at(0)).at);
      expect(mono + validMs!).toBeCloseTo((n + 2) * EPOCH_MS, -1);
      expect(Number.isInteger(validMs)).toBe(true);
    }
  }
});

test('AGGR-1: nobody speaks before the first sync has ended, for neighbours may know that it need not', () => {
  const b = bench();
  expect(b.speaks(EPOCH_MS / 2)).toEqual([]);
  b.aggregate.onCaughtUp();
  b.aggregate.onWake(at(EPOCH_MS / 2));
  expect(ofType(b.facts(), 'statement-wanted')).toHaveLength(1);
});

test('AGGR-1: the turn of an epoch that went by while the node was stopped is not taken', () => {
  const b = bench();
  b.aggregate.onCaughtUp();
  b.aggregate.onWake(at(5 * EPOCH_MS));
  expect(ofType(b.facts(), 'statement-wanted')).toEqual([]);
  expect(b.speaks(6 * EPOCH_MS - 1).map(({ value }) => value)).toEqual([[EPOCH + 5]]);
});

test('AGGR-4: who sees the sample full of lower hashes says nothing', () => {
  const { lower } = others(8, sampleHash(EPOCH, self));
  for (const known of [7, 8]) {
    const b = bench({ 'aggregate.sample': 8 });
    for (const author of lower.slice(0, known)) b.accept(here(author));
    b.aggregate.onCaughtUp();
    expect(b.speaks(EPOCH_MS - 1)).toHaveLength(known === 7 ? 1 : 0);
  }
});

test('AGGR-2: only the lowest are kept and passed on; what goes for them is dropped', () => {
  const b = bench({ 'aggregate.sample': 8 });
  const { lower, higher } = others(8, 2 ** 31);
  b.accept(here(higher));
  for (const author of lower) b.accept(here(author));
  const facts = b.facts();
  expect(ofType(facts, 'record-stored').map(({ record }) => record.author)).toEqual([higher, ...lower]);
  for (const { kept } of ofType(facts, 'record-stored')) expect(kept).toBe(true);
  expect(ofType(facts, 'record-dropped').map(({ record }) => record.author)).toEqual([higher]);
  b.accept(here(higher));
  expect(ignored(b)).toEqual(['superseded']);
});

test('AGGR-2: what is too high is known as such before its signature is checked', () => {
  const b = bench({ 'aggregate.sample': 8 });
  const { lower, higher } = others(8, 2 ** 31);
  expect(b.aggregate.standingOf(here(higher))).toBeUndefined();
  for (const author of lower) b.accept(here(author));
  expect(b.aggregate.standingOf(here(higher))).toBe('overtaken');
  expect(b.aggregate.standingOf(here(lower[0]!))).toBe('kept');
  expect(b.aggregate.standingOf(here(lower[0]!, { at: 1 }))).toBeUndefined();
  expect(b.aggregate.standingOf(here(lower[0]!, { at: -1 }))).toBe('overtaken');
  expect(b.aggregate.standingOf(record({ kind: 'presence' }))).toBeUndefined();
});

test('AGGR-2: of one author the newest word in an epoch counts', () => {
  const b = bench();
  const [old, next] = [here(peer(1), { at: 1 }), here(peer(1), { at: 2 })];
  b.accept(old);
  b.facts();
  b.accept(next);
  expect(ofType(b.facts(), 'record-dropped')).toEqual([{ type: 'record-dropped', record: old }]);
  b.accept(old);
  expect(ignored(b)).toEqual(['superseded']);
  expect(b.aggregate.size(at(0)).value).toBe(2);
});

test('AGGR-3: epochs that are over or far ahead are refused, and what is kept is dropped when it is over', () => {
  const b = bench();
  b.accept(here(peer(1), { epoch: EPOCH + 1 }), EPOCH_MS - SKEW_MS - 1);
  expect(ignored(b)).toEqual(['future']);
  b.accept(here(peer(1), { epoch: EPOCH + 1 }), EPOCH_MS - SKEW_MS);
  b.accept(here(peer(2)), 2 * EPOCH_MS + SKEW_MS - 1);
  expect(ignored(b)).toEqual([]);
  b.accept(here(peer(3)), 2 * EPOCH_MS + SKEW_MS);
  expect(ignored(b)).toEqual(['expired']);
  expect(b.aggregate.nextWakeAt()).toBe(2 * EPOCH_MS + SKEW_MS);
  b.aggregate.onWake(at(2 * EPOCH_MS + SKEW_MS));
  expect(ofType(b.facts(), 'record-dropped').map(({ record }) => record.author)).toEqual([peer(2)]);
  expect(b.aggregate.nextWakeAt()).toBe(3 * EPOCH_MS + SKEW_MS);
});

test('AGGR-3: the last epoch counts until all have had their turn in the next', () => {
  const b = bench();
  for (let n = 1; n <= 10; n++) b.accept(here(peer(n)));
  b.accept(here(peer(1), { epoch: EPOCH + 1 }), EPOCH_MS);
  expect(b.aggregate.size(at(1.5 * EPOCH_MS - 1)).value).toBe(11);
  expect(b.aggregate.size(at(1.5 * EPOCH_MS)).value).toBe(2);
});

test('AGGR-8: with a sample of 0 nobody speaks, and nothing is kept', () => {
  const b = bench({ 'aggregate.sample': 0 });
  b.aggregate.onCaughtUp();
  expect(b.aggregate.nextWakeAt()).toBeUndefined();
  expect(b.aggregate.standingOf(here(peer(1)))).toBe('overtaken');
  b.accept(here(peer(1)));
  expect(ignored(b)).toEqual(['superseded']);
  expect(b.aggregate.nextWakeAt()).toBeUndefined();
  list(b, peer(2));
  expect(b.aggregate.size(at(0))).toEqual({ value: 2, error: 0 });
});

test('AGGR-5: the size is those listed, and those of the sample who are not; this node is in it', () => {
  const b = bench();
  expect(b.aggregate.estimates(at(0))).toMatchObject({ size: { value: 1, error: 0 }, synced: false });
  for (let n = 1; n <= 5; n++) list(b, peer(n));
  for (let n = 4; n <= 9; n++) b.accept(here(peer(n)));
  b.aggregate.onCaughtUp();
  expect(b.aggregate.estimates(at(0))).toMatchObject({ size: { value: 10, error: 0 }, synced: true });
  b.accept(here(self));
  expect(b.aggregate.size(at(0)).value).toBe(10);
  list(b, self);
  expect(b.aggregate.size(at(0)).value).toBe(10);
});

test('AGGR-5: a full sample of those on no list is an estimate, added to those who are counted', () => {
  const b = bench();
  for (let n = 1; n <= 20; n++) list(b, peer(n));
  for (let n = 1_000; n < 2_000; n++) b.accept(here(peer(n)));
  const { value, error } = b.aggregate.size(at(0));
  expect(Math.abs(value - 1_020)).toBeLessThan(2 * error);
  expect(error / (value - 20)).toBeCloseTo(1 / Math.sqrt(62));
});

test('AGGR-6: regions are counted among those listed and estimated among the others, the largest first', () => {
  const b = bench({}, 'south');
  for (let n = 1; n <= 3; n++) list(b, peer(n), {}, 'west');
  b.accept(here(peer(10), { region: 'east' }));
  b.accept(here(peer(11), { region: 'west' }));
  b.accept(here(peer(12)));
  expect(b.aggregate.estimates(at(0)).regions).toEqual([
    { region: 'west', count: { value: 4, error: 0 } },
    { region: undefined, count: { value: 1, error: 0 } },
    { region: 'east', count: { value: 1, error: 0 } },
    { region: 'south', count: { value: 1, error: 0 } },
  ]);
  for (let n = 1_000; n < 3_000; n++) b.accept(here(peer(n), { region: n % 4 === 0 ? 'east' : 'west' }));
  const [west, east] = b.aggregate.estimates(at(0)).regions;
  expect([west!.region, east!.region]).toEqual(['west', 'east']);
  expect(Math.abs(west!.count.value - 1_500)).toBeLessThan(3 * west!.count.error);
  expect(Math.abs(east!.count.value - 500)).toBeLessThan(3 * east!.count.error);
  expect(west!.count.error / west!.count.value).toBeLessThan(east!.count.error / east!.count.value);
});

test('AGGR-7: a field is counted where lists have room for all; beyond that those listed stand for the others', () => {
  const b = bench();
  for (let n = 1; n <= 15; n++) list(b, peer(n), { tool: n % 3 === 0 ? 'pen' : 'hand' });
  for (let n = 1_000; n < 2_000; n++) b.accept(here(peer(n)));
  expect(b.aggregate.estimates(at(0)).top('tool')).toEqual([
    { value: 'hand', count: { value: 10, error: 0 } },
    { value: 'pen', count: { value: 5, error: 0 } },
  ]);
  b.roomy = false;
  const { size, top } = b.aggregate.estimates(at(0));
  const [hand] = top('tool', 1);
  expect(top('tool', 1)).toHaveLength(1);
  expect(hand!.count.value).toBeCloseTo((2 / 3) * size.value);
  expect(hand!.count.error).toBeGreaterThan(size.error / 2);
  for (let n = 0; n < 40; n++) list(b, peer(200 + n), { tool: n });
  expect(top('tool')).toHaveLength(2);
  expect(b.aggregate.estimates(at(0)).top('tool')).toHaveLength(10);
});

test('AGGR-9: a pong is compared with what is listed here, until its neighbour goes', () => {
  const b = bench();
  b.aggregate.onPong(link, 8);
  expect(b.aggregate.divergence()).toBe(1);
  b.aggregate.onPong(peer(51), 7);
  expect(b.aggregate.divergence()).toBe(0.5);
  b.aggregate.onNeighbourDown(link);
  expect(b.aggregate.divergence()).toBe(0);
});
