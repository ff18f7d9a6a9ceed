import { expect, test } from 'vitest';
import { makeConfig } from '../../src/config.ts';
import { hlcAt } from '../../src/identity/hlc.ts';
import type { SignedRecord } from '../../src/identity/record.ts';
import type { PageActivity } from '../../src/input.ts';
import { createPresence, type Presence } from '../../src/presence/presence.ts';
import type { Wire } from '../../src/types.ts';
import { at, peer, WALL } from '../support/peers.ts';
import { createRecorder, ofType, type Recorder } from '../support/recorder.ts';
import { record } from '../support/records.ts';
import { rngOf } from '../support/seed.ts';

const self = peer(100);
const ada = peer(1);
const [HERE, AWAY, ASLEEP] = [
  [hlcAt(WALL), 'me'],
  [hlcAt(WALL), 'me', 1],
  [hlcAt(WALL), 'me', 2],
] as const;

interface Bench extends Recorder {
  readonly presence: Presence;
  page(next: PageActivity, mono: number): void;
  /** Wakes when it is asked for, up to `mono`. */
  until(mono: number): void;
  /** Values of the own presence that were to be stated, or (`nap`) to be signed in advance, since asked last. */
  stated(nap?: 'nap'): readonly Wire[];
}

function bench(isSigned = true): Bench {
  const recorder = createRecorder();
  const presence = createPresence(
    {
      self,
      nextClock: now => hlcAt(now.wall),
      heldUntil: () => 0,
      isAccusedSince: () => false,
      region: undefined,
      config: makeConfig(),
      outbox: recorder.outbox,
      rng: rngOf(0, 1),
      inAdvance: {
        prepareFarewell: () => undefined,
        nap: () => (isSigned ? record({ kind: 'presence', author: self, value: [...ASLEEP] }) : undefined),
      },
    },
    at(0),
  );
  return {
    ...recorder,
    presence,
    page: (next, mono) => presence.onActivity(next, at(mono)),
    until(mono) {
      for (let due = presence.nextWakeAt(); due !== undefined && due <= mono; due = presence.nextWakeAt()) {
        presence.onWake(at(due));
      }
    },
    stated: nap =>
      ofType(recorder.facts(), nap === 'nap' ? 'nap-wanted' : 'statement-wanted').map(({ value }) => value),
  };
}

/** Of somebody else, since `mono`. */
const said = (mono: number, activity?: number): SignedRecord =>
  record({ kind: 'presence', at: mono, author: ada, value: [1, 'ada', ...(activity === undefined ? [] : [activity])] });

test('PRES-21: a page out of sight for 10 s is away, and here again as soon as it is looked at', () => {
  const b = bench();
  b.presence.update('me', at(0));
  b.page('hidden', 1_000);
  expect(b.stated()).toEqual([HERE]);
  b.until(10_999);
  expect(b.stated()).toEqual([]);
  b.until(11_000);
  expect(b.stated()).toEqual([AWAY]);
  b.presence.update('me', at(12_000));
  expect(b.stated()).toEqual([AWAY]);
  b.page('active', 20_000);
  expect(b.stated()).toEqual([HERE]);
});

test('PRES-21: a short look elsewhere is not told', () => {
  const b = bench();
  b.presence.update('me', at(0));
  b.stated();
  for (let mono = 1_000; mono < 40_000; mono += 10_000) {
    b.page('hidden', mono);
    b.until(mono + 9_999);
    b.page('active', mono + 9_999);
  }
  expect(b.stated()).toEqual([]);
});

test('PRES-21: who states no presence is neither away nor asleep for anybody', () => {
  const b = bench();
  b.page('hidden', 0);
  b.until(20_000);
  b.page('frozen', 20_000);
  b.page('active', 30_000);
  expect(b.facts()).toEqual([]);
});

test('PRES-18: out of sight, that it sleeps is signed in advance, again after every statement, and counts 30 min', () => {
  const b = bench();
  b.presence.update('me', at(0));
  expect(b.stated('nap')).toEqual([]);
  b.page('hidden', 1_000);
  expect(b.facts()).toEqual([{ type: 'nap-wanted', value: ASLEEP, validMs: 1_800_000 }]);
  b.until(11_000);
  b.presence.update('me', at(12_000));
  expect(b.facts().map(({ type }) => type)).toEqual([
    'statement-wanted',
    'nap-wanted',
    'statement-wanted',
    'nap-wanted',
  ]);
  b.page('active', 20_000);
  b.presence.update('me', at(21_000));
  expect(b.stated('nap')).toEqual([]);
});

test('PRES-18: when the page is stopped it goes out as it was signed, and the page states itself when it runs again', () => {
  for (const [next, value] of [
    ['active', HERE],
    ['hidden', AWAY],
  ] as const) {
    const b = bench();
    b.presence.update('me', at(0));
    b.page('hidden', 1_000);
    b.facts();
    b.page('frozen', 2_000);
    expect(b.facts()).toMatchObject([
      { type: 'record-accepted', record: { value: ASLEEP }, from: 'self', path: 'self' },
    ]);
    b.page(next, 60_000);
    expect(b.stated()).toEqual([value]);
  }
});

test('PRES-18: nothing is said by a page that is stopped before the signature was made', () => {
  const b = bench(false);
  b.presence.update('me', at(0));
  b.page('hidden', 1_000);
  b.facts();
  b.page('frozen', 1_000);
  expect(b.facts()).toEqual([]);
});

test('PRES-19: who is away or asleep is shown as away, suspected or not only when it is suspected', () => {
  const b = bench();
  const accept = (mono: number, activity?: number): void =>
    b.presence.onRecordAccepted(said(mono, activity), peer(50), 'push', at(mono));
  accept(1);
  accept(2, 1);
  b.presence.onPeerSuspected(ada);
  b.presence.onPeersCleared([ada]);
  accept(3, 2);
  accept(4);
  const statuses = b.deliveries().map(delivery => delivery.what === 'presence' && delivery.status);
  expect(statuses).toEqual(['alive', 'away', 'suspect', 'away', 'away', 'alive']);
});

test('PRES-20: who falls asleep is told of once, joins again when it wakes, and never left', () => {
  const b = bench();
  for (const [mono, activity] of [
    [1, undefined],
    [2, 1],
    [3, 2],
    [4, 2],
    [5, 1],
    [6, undefined],
  ] as const) {
    b.presence.onRecordAccepted(said(mono, activity), peer(50), 'push', at(mono));
  }
  const told = b.facts().map(({ type }) => type);
  expect(told.filter(type => type.startsWith('member-'))).toEqual(['member-joined', 'member-asleep', 'member-joined']);
  expect(b.presence.census()).toEqual({ others: 1, arrivals: 1 });
});

test('PRES-20: who was asleep when it was first heard of joins when it wakes, and is shown before', () => {
  const b = bench();
  b.presence.onRecordAccepted(said(1, 2), peer(50), 'sync', at(1));
  const told = b.facts().map(({ type }) => type);
  expect(told.filter(type => type.startsWith('member-'))).toEqual(['member-asleep']);
  expect(b.deliveries()).toMatchObject([{ what: 'presence', peer: ada, status: 'away' }]);
  b.presence.onRecordAccepted(said(2), peer(50), 'sync', at(2));
  expect(ofType(b.facts(), 'member-joined')).toHaveLength(1);
});
