import { expect, test } from 'vitest';
import { type ConfigOverrides, makeConfig } from '../../src/config.ts';
import { createHlcClock } from '../../src/identity/hlc.ts';
import { type Kind, readRecord, type SignedRecord } from '../../src/identity/record.ts';
import { type Authoring, createAuthoring } from '../../src/intake/authoring.ts';
import type { Hlc, Job, WallMs, Wire } from '../../src/types.ts';
import { at, peer, WALL } from '../support/peers.ts';
import { createRecorder, ofType, type Recorder } from '../support/recorder.ts';
import { fakeSign, NETWORK, record } from '../support/records.ts';

const self = peer(1);

interface Bench extends Recorder {
  readonly authoring: Authoring;
  readonly owned: SignedRecord[];
  congested: boolean;
  say(kind: Kind, key: string, value: Wire, mono?: number): void;
  /** Answers the sign effects so far; the records that came of it. */
  sign(mono?: number): readonly SignedRecord[];
}

function bench(config: ConfigOverrides = {}): Bench {
  const recorder = createRecorder();
  const owned: SignedRecord[] = [];
  let job = 0;
  const links = { congested: false };
  const authoring = createAuthoring(
    {
      self,
      config: makeConfig(config),
      outbox: recorder.outbox,
      networkId: NETWORK,
      hlc: createHlcClock(),
      nextJob: () => ++job as Job,
      onOwnRecord: said => void owned.push(said),
      isCongested: () => links.congested,
    },
    at(0),
  );
  return {
    ...recorder,
    authoring,
    owned,
    get congested() {
      return links.congested;
    },
    set congested(congested) {
      links.congested = congested;
    },
    say: (kind, key, value, mono = 0) => authoring.state(kind, key, value, at(mono)),
    sign(mono = 0) {
      for (const effect of ofType(recorder.effects(), 'sign')) {
        authoring.onSigned(effect.job, fakeSign(self, effect.bytes), at(mono));
      }
      return ofType(recorder.facts(), 'record-accepted').map(fact => fact.record);
    },
  };
}

test('AUTH-1: a write is effective at once, and goes out when it is signed', () => {
  const b = bench();
  b.say('state', 'k', 5);
  expect(b.facts()).toMatchObject([
    { type: 'record-drafted', draft: { author: self, kind: 'state', key: 'k', value: 5 } },
  ]);
  const [said] = b.sign();
  expect(readRecord(said!.bytes, NETWORK)).toMatchObject({ ok: true, value: { key: 'k', value: 5, author: self } });
  expect(b.owned).toEqual([said]);
});

test('AUTH-2: signed are a burst at once, then no more than others admit', () => {
  const b = bench({ 'guard.authorPerSecond': 10, 'guard.authorBurst': 5 });
  for (let n = 0; n < 8; n++) b.say('state', `k${n}`, n);
  expect(b.sign()).toHaveLength(5);
  expect(b.authoring.unsigned()).toBe(3);
  expect(b.authoring.nextWakeAt()).toBe(100);
  b.authoring.onWake(at(99));
  expect(b.sign()).toHaveLength(0);
  b.authoring.onWake(at(100));
  expect(b.sign()).toHaveLength(1);
  b.authoring.onWake(at(10_000));
  expect(b.sign()).toHaveLength(2);
  expect(b.authoring.nextWakeAt()).toBeUndefined();
});

test('AUTH-3: of what waits, a newer word on the same thing replaces the older', () => {
  const b = bench({ 'guard.authorPerSecond': 1, 'guard.authorBurst': 1 });
  b.say('state', 'first', 0);
  b.sign();
  b.say('state', 'k', 1);
  b.say('state', 'k', 2);
  b.say('presence', '', [1, 'old']);
  b.say('presence', '', [1, 'new']);
  b.say('state-delete', 'k', null);
  expect(b.authoring.unsigned()).toBe(2);
  const said: SignedRecord[] = [];
  for (const mono of [1_000, 2_000, 3_000]) {
    b.authoring.onWake(at(mono));
    said.push(...b.sign(mono));
  }
  expect(said.map(({ kind, value }) => [kind, value])).toEqual([
    ['presence', [1, 'new']],
    ['state-delete', null],
  ]);
});

test('AUTH-3: events never replace each other', () => {
  const b = bench({ 'guard.authorPerSecond': 1, 'guard.authorBurst': 1 });
  for (let n = 0; n < 4; n++) b.say('event', 'wave', n);
  expect(b.sign()).toHaveLength(1);
  expect(b.authoring.unsigned()).toBe(3);
});

test('AUTH-4: clock and sequence rise with every record, the sequence from the wall clock on', () => {
  const b = bench();
  for (let n = 0; n < 5; n++) b.say('state', `k${n}`, n);
  const said = b.sign();
  expect(said.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5].map(n => WALL + n));
  for (let n = 1; n < 5; n++) expect(said[n]!.hlc).toBeGreaterThan(said[n - 1]!.hlc);
});

test('AUTH-4: own records of an earlier run raise the sequence, when the clock was set back since', () => {
  const b = bench();
  b.authoring.observe(record({ author: self, seq: WALL + 5_000 }));
  b.authoring.observe(record({ author: self, seq: WALL + 4_000 }));
  b.authoring.observe(record({ author: peer(2), seq: WALL + 9_000 }));
  // Nothing that storage spoilt may use up the numbers.
  b.authoring.observe(record({ author: self, seq: Number.MAX_SAFE_INTEGER }));
  b.say('state', 'k', 1);
  expect(b.sign()[0]!.seq).toBe(WALL + 5_001);
});

test.each<[Kind, string, Wire, number]>([
  ['state', 'k', 1, 0],
  ['state-delete', 'k', null, 0],
  ['presence', '', [1, 1], WALL + 180_000],
  ['event', 'e', 1, WALL + 60_000],
  ['accuse', peer(2), null, WALL + 90_000],
])('AUTH-5: the expiry of a %s', (kind, key, value, exp) => {
  const b = bench();
  b.say(kind, key, value);
  expect(b.sign()[0]!.exp).toBe(exp);
});

test('AUTH-6: there is room for so many drafts, and for a newer word on one of them', () => {
  const b = bench({ 'guard.authorPerSecond': 1, 'guard.authorBurst': 1, 'intake.unsigned': 16 });
  for (let n = 0; n <= 15; n++) b.say('state', `k${n}`, n);
  expect(b.authoring.hasRoom('state', 'more')).toBe(true);
  b.say('state', 'k16', 16);
  expect(b.authoring.hasRoom('state', 'more')).toBe(false);
  expect(b.authoring.hasRoom('event', 'e')).toBe(false);
  expect(b.authoring.hasRoom('state', 'k16')).toBe(true);
  expect(b.authoring.hasRoom('state-delete', 'k16')).toBe(true);
});

test('AUTH-7: a goodbye is signed in advance, for one incarnation, and not sent', () => {
  const b = bench();
  b.authoring.prepareFarewell(7 as Hlc, (WALL + 60_000) as WallMs, at(0));
  expect(b.authoring.farewell()).toBeUndefined();
  expect(b.sign()).toEqual([]);
  expect(b.authoring.farewell()).toMatchObject({ kind: 'leave', value: 7, author: self, exp: WALL + 120_000 });
  expect(b.authoring.unsigned()).toBe(0);
});

test('AUTH-7: the goodbye is signed anew when it would end too soon', () => {
  const b = bench();
  b.authoring.prepareFarewell(7 as Hlc, (WALL + 60_000) as WallMs, at(0));
  b.sign();
  b.authoring.prepareFarewell(7 as Hlc, (WALL + 120_000) as WallMs, at(60_000));
  expect(b.effects()).toEqual([]);
  b.authoring.prepareFarewell(7 as Hlc, (WALL + 120_001) as WallMs, at(60_001));
  expect(ofType(b.effects(), 'sign')).toHaveLength(1);
});

test('AUTH-11: that a page sleeps is signed in advance and not sent; the last one made ready counts, once it is signed', () => {
  const b = bench();
  const job = (): Job => ofType(b.effects(), 'sign')[0]!.job;
  b.authoring.prepareNap([1, 'a', 2], 1_800_000, at(0));
  const first = job();
  b.authoring.prepareNap([1, 'b', 2], 1_800_000, at(1_000));
  const second = job();
  b.authoring.onSigned(first, new Uint8Array(64), at(1_000));
  expect(b.authoring.nap()).toBeUndefined();
  b.authoring.onSigned(second, new Uint8Array(64), at(1_000));
  expect(b.authoring.nap()).toMatchObject({ kind: 'presence', value: [1, 'b', 2], exp: WALL + 1_801_000 });
  b.authoring.prepareNap([1, 'c', 2], 1_800_000, at(2_000));
  expect(b.authoring.nap()).toBeUndefined();
  expect(b.facts()).toEqual([]);
});

test('AUTH-8: signatures that nobody asked for, or twice, change nothing', () => {
  const b = bench();
  b.say('state', 'k', 1);
  b.facts();
  b.authoring.onSigned(99 as Job, new Uint8Array(64), at(0));
  expect(b.facts()).toEqual([]);
  const [job] = ofType(b.effects(), 'sign');
  b.authoring.onSigned(job!.job, new Uint8Array(64), at(0));
  b.authoring.onSigned(job!.job, new Uint8Array(64), at(0));
  expect(ofType(b.facts(), 'record-accepted')).toHaveLength(1);
});

const backlogs = (b: Bench): readonly boolean[] =>
  b.deliveries().flatMap(delivery => (delivery.what === 'backlog' ? [delivery.waiting] : []));

test('AUTH-9: while links are behind, state and events wait, and a newer word replaces the one that waits', () => {
  const b = bench();
  b.congested = true;
  b.say('state', 'k', 1);
  b.say('state', 'k', 2);
  b.say('event', 'e', 3);
  expect(b.sign()).toEqual([]);
  expect(b.authoring.unsigned()).toBe(2);
  // Nothing but a link can change that: no wake.
  expect(b.authoring.nextWakeAt()).toBeUndefined();
  b.authoring.onLinkEased(at(5));
  expect(b.sign()).toEqual([]);
  b.congested = false;
  b.authoring.onLinkEased(at(6));
  expect(b.sign().map(({ value }) => value)).toEqual([2, 3]);
});

test.each<Kind>(['presence', 'accuse', 'leave'])('AUTH-9: a word of kind %s does not wait for links', kind => {
  const b = bench();
  b.congested = true;
  b.say('state', 'k', 1);
  b.say(kind, kind === 'accuse' ? peer(2) : '', null);
  expect(b.sign().map(said => said.kind)).toEqual([kind]);
});

test('AUTH-10: the app is told when drafts begin to wait, and when none does any more', () => {
  const b = bench({ 'guard.authorPerSecond': 1, 'guard.authorBurst': 1 });
  b.say('state', 'a', 1);
  expect(backlogs(b)).toEqual([]);
  b.say('state', 'b', 2);
  b.say('state', 'c', 3);
  expect(backlogs(b)).toEqual([true]);
  b.authoring.onWake(at(1_000));
  expect(backlogs(b)).toEqual([]);
  b.authoring.onWake(at(2_000));
  expect(backlogs(b)).toEqual([false]);
  b.congested = true;
  b.say('state', 'd', 4, 4_000);
  expect(backlogs(b)).toEqual([true]);
  b.congested = false;
  b.authoring.onLinkEased(at(4_001));
  expect(backlogs(b)).toEqual([false]);
});
