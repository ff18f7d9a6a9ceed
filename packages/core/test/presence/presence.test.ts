import { expect, test } from 'vitest';
import { type ConfigOverrides, makeConfig } from '../../src/config.ts';
import { hlcAt } from '../../src/identity/hlc.ts';
import type { SignedRecord } from '../../src/identity/record.ts';
import { createPresence, type Presence } from '../../src/presence/presence.ts';
import type { Hlc, PeerId, Wire } from '../../src/types.ts';
import { at, peer, WALL } from '../support/peers.ts';
import { createRecorder, ofType, type Recorder } from '../support/recorder.ts';
import { record } from '../support/records.ts';
import { rngOf } from '../support/seed.ts';

const self = peer(100);
const link = peer(50);
const ada = peer(1);

interface Bench extends Recorder {
  readonly presence: Presence;
  readonly farewells: Hlc[];
  accept(said: SignedRecord, mono?: number): void;
  /** The way to many may be cut until then. */
  hold(until: number): void;
  /** Everybody is accused of silence since then. */
  accuse(since: Hlc): void;
}

function bench(config: ConfigOverrides = {}, region?: string): Bench {
  const recorder = createRecorder();
  const farewells: Hlc[] = [];
  let heldUntil = Number.NEGATIVE_INFINITY;
  let accusedAt = Number.NEGATIVE_INFINITY;
  const presence = createPresence(
    {
      self,
      nextClock: now => hlcAt(now.wall),
      heldUntil: () => heldUntil,
      isAccusedSince: (_peer, hlc) => hlc <= accusedAt,
      region,
      config: makeConfig(config),
      outbox: recorder.outbox,
      rng: rngOf(0, 1),
      inAdvance: {
        prepareFarewell: incarnation => void farewells.push(incarnation),
        nap: () => undefined,
      },
    },
    at(0),
  );
  return {
    ...recorder,
    presence,
    farewells,
    hold(until) {
      heldUntil = until;
    },
    accuse(since) {
      accusedAt = since;
    },
    accept: (said, mono = 0) => presence.onRecordAccepted(said, said.author === self ? 'self' : link, 'push', at(mono)),
  };
}

const here = (mono: number, value: Wire = 'here', incarnation = 1, author: PeerId = ada): SignedRecord =>
  record({ kind: 'presence', at: mono, value: [incarnation, value], author });
const goodbye = (incarnation = 1, author: PeerId = ada): SignedRecord =>
  record({ kind: 'leave', value: incarnation, author });
const ignored = (b: Bench): readonly string[] => ofType(b.facts(), 'record-ignored').map(fact => fact.reason);
/** Wakes every 100 ms up to `mono`. */
const wait = (b: Bench, from: number, mono: number): void => {
  for (let now = from; now <= mono; now += 100) b.presence.onWake(at(now));
};

test('PRES-1: the newest of each author counts, whatever the order', () => {
  const first = here(1, 'a');
  const second = here(2, 'b');
  for (const order of [
    [first, second],
    [second, first],
  ]) {
    const b = bench();
    for (const said of order) b.accept(said);
    expect(b.deliveries().at(-1)).toMatchObject({ what: 'presence', peer: ada, presence: 'b', status: 'alive' });
    expect(b.presence.size()).toBe(1);
    expect(ofType(b.facts(), 'member-joined')).toHaveLength(1);
  }
});

test('PRES-1: what is overtaken leaves the index when the newer comes', () => {
  const b = bench();
  const first = here(1);
  b.accept(first);
  b.facts();
  b.accept(here(2));
  expect(b.facts().map(fact => fact.type)).toEqual(['record-dropped', 'record-stored']);
});

test('PRES-2: a goodbye ends its incarnation and all before, no later one', () => {
  const b = bench();
  b.accept(here(1, 'x', 2));
  b.accept(goodbye(1));
  expect(ignored(b)).toEqual(['superseded']);
  b.deliveries();
  b.accept(goodbye(2));
  expect(b.deliveries()).toEqual([{ what: 'presence-gone', peer: ada, reason: 'left' }]);
  expect(b.presence.size()).toBe(0);
});

test('PRES-2: after a goodbye no presence of that incarnation is believed, a later one is', () => {
  const b = bench();
  b.accept(goodbye(2));
  b.accept(here(900, 'late', 2));
  b.accept(here(901, 'later', 1));
  expect(ignored(b)).toEqual(['superseded', 'superseded']);
  expect(b.presence.size()).toBe(0);
  b.accept(here(5, 'again', 3));
  expect(b.presence.size()).toBe(1);
});

test('PRES-2: a goodbye is kept, so that those who missed it hear of it', () => {
  const b = bench();
  b.accept(here(1));
  b.facts();
  b.accept(goodbye());
  expect(b.facts()).toMatchObject([
    { type: 'record-dropped' },
    { type: 'member-gone', peer: ada, reason: 'left' },
    { type: 'record-stored', record: { kind: 'leave' }, kept: true },
  ]);
  // Valid for 180 s, and a minute longer by a clock that is late.
  wait(b, 0, 239_000);
  expect(ofType(b.facts(), 'record-dropped')).toEqual([]);
  wait(b, 239_000, 241_000);
  expect(ofType(b.facts(), 'record-dropped')).toHaveLength(1);
});

test('PRES-3: a presence that is not renewed expires by the receiver’s own clock', () => {
  const b = bench({ 'presence.maxValidMs': 10_000 });
  // Said long ago by its own clock; what counts is when it came.
  b.accept(here(-50_000), 5_000);
  b.accept(here(-50_000, 'x', 1, peer(2)), 9_000);
  wait(b, 5_000, 14_900);
  expect(b.presence.size()).toBe(2);
  wait(b, 15_000, 16_000);
  expect(b.deliveries().at(-1)).toEqual({ what: 'presence-gone', peer: ada, reason: 'expired' });
  expect(ofType(b.facts(), 'member-gone')).toMatchObject([{ peer: ada, reason: 'expired' }]);
  b.accept(here(9_000, 'y', 1, peer(2)), 18_000);
  wait(b, 16_000, 27_900);
  expect(b.presence.size()).toBe(1);
});

test('PRES-3: a presence that was heard late is not kept for longer than others take it', () => {
  const b = bench();
  b.accept(here(0), 170_000);
  wait(b, 170_000, 239_000);
  expect(b.presence.size()).toBe(1);
  wait(b, 239_000, 240_100);
  expect(b.presence.size()).toBe(0);
});

test('PRES-3: a late wake expires what is due, once', () => {
  const b = bench({ 'presence.maxValidMs': 10_000 });
  b.accept(here(0));
  b.presence.onWake(at(3_600_000));
  b.presence.onWake(at(3_600_001));
  expect(ofType(b.facts(), 'member-gone')).toHaveLength(1);
});

test('PRES-4: after a failure only what was said later is believed', () => {
  const b = bench();
  b.accept(here(1));
  b.presence.onPeerFailed({ type: 'peer-failed', peer: ada, hlc: hlcAt(WALL + 10) }, at(20));
  expect(b.deliveries().at(-1)).toEqual({ what: 'presence-gone', peer: ada, reason: 'failed' });
  b.accept(here(1), 21);
  b.accept(here(10), 21);
  expect(ignored(b)).toEqual(['superseded', 'superseded']);
  b.accept(here(11), 22);
  expect(b.presence.size()).toBe(1);
  b.accept(here(12), 23);
  expect(ignored(b)).toEqual([]);
});

test('PRES-4: a failure that is older than the presence is void', () => {
  const b = bench();
  b.accept(here(11));
  b.presence.onPeerFailed({ type: 'peer-failed', peer: ada, hlc: hlcAt(WALL + 10) }, at(20));
  expect(b.presence.size()).toBe(1);
  b.presence.onPeerFailed({ type: 'peer-failed', peer: peer(9), hlc: hlcAt(WALL + 10) }, at(20));
  expect(b.presence.size()).toBe(1);
});

test('PRES-5: who is taken for dead says otherwise, four times at once and once a second', () => {
  const b = bench();
  b.presence.onSelfSuspected(at(0));
  expect(b.facts()).toEqual([]);
  b.presence.update('me', at(0));
  b.facts();
  const stated = (from: number, to: number): number => {
    for (let mono = from; mono < to; mono += 10) {
      b.presence.onSelfSuspected(at(mono));
      b.presence.onWake(at(mono));
    }
    return ofType(b.facts(), 'statement-wanted').length;
  };
  expect(stated(0, 50)).toBe(4);
  expect(stated(50, 10_050)).toBeLessThanOrEqual(11);
});

test('PRES-6: own presence is stated at once, and again within the refresh ± 20 %', () => {
  const b = bench();
  b.presence.update('me', at(0));
  expect(ofType(b.facts(), 'statement-wanted')).toHaveLength(1);
  expect(b.farewells).toEqual([hlcAt(WALL)]);
  const due = b.presence.nextWakeAt()!;
  expect(Math.abs(due - 60_000)).toBeLessThanOrEqual(12_000);
  b.presence.onWake(at(due - 1));
  expect(b.facts()).toEqual([]);
  b.presence.onWake(at(due));
  expect(ofType(b.facts(), 'statement-wanted')).toHaveLength(1);
});

test('PRES-6: own presence is nobody else', () => {
  const b = bench();
  b.accept(here(1, 'me', 1, self));
  expect(b.presence.size()).toBe(0);
  expect(b.deliveries()).toEqual([]);
  expect(b.facts()).toMatchObject([{ type: 'record-stored' }]);
});

test('PRES-7: suspicion and its end are shown, each once', () => {
  const b = bench();
  b.accept(here(1));
  b.deliveries();
  b.presence.onPeerSuspected(ada);
  b.presence.onPeerSuspected(ada);
  b.presence.onPeerSuspected(peer(9));
  b.presence.onPeersCleared([ada]);
  b.presence.onPeersCleared([ada]);
  const statuses = b.deliveries().map(delivery => (delivery.what === 'presence' ? delivery.status : undefined));
  expect(statuses).toEqual(['suspect', 'alive']);
});

test('PRES-7: a presence that comes late, from before an accusation that stands, is shown as that of a suspect', () => {
  const b = bench();
  b.accept(here(1));
  b.accuse(here(10).hlc);
  b.presence.onPeerSuspected(ada);
  b.accept(here(5, 'late'));
  b.accept(here(11, 'answer'));
  expect(statuses(b)).toEqual(['alive', 'suspect', 'suspect', 'alive']);
});

test('PRES-8: members are bounded; goodbyes of strangers count too', () => {
  const b = bench({ 'presence.maxAuthors': 8 });
  for (let n = 1; n <= 7; n++) b.accept(here(1, 'x', 1, peer(n)));
  b.accept(goodbye(1, peer(8)));
  expect(ignored(b)).toEqual([]);
  b.accept(here(1, 'x', 1, peer(9)));
  b.accept(goodbye(1, peer(10)));
  expect(ignored(b)).toEqual(['quota', 'quota']);
  b.accept(here(2, 'newer', 1, peer(3)));
  expect(ignored(b)).toEqual([]);
  expect(b.presence.size()).toBe(7);
});

test('PRES-9: an author may ask for a shorter life than the room’s, not for a longer one', () => {
  const b = bench({ 'presence.maxValidMs': 10_000 });
  b.accept(record({ kind: 'presence', author: peer(1), exp: WALL + 3_000 }));
  b.accept(record({ kind: 'presence', author: peer(2), exp: WALL + 90_000_000 }));
  b.accept(record({ kind: 'presence', author: peer(3), exp: 1 }));
  wait(b, 0, 1_000);
  expect(b.presence.size()).toBe(2);
  wait(b, 1_100, 3_000);
  expect(b.presence.size()).toBe(1);
  wait(b, 3_100, 10_000);
  expect(b.presence.size()).toBe(0);
});

test.each([
  [20_000, 20_000],
  [3_600_000, 60_000],
])('PRES-10: after a stop of %i ms nobody expires for %i ms more', (stoppedMs, graceMs) => {
  const b = bench({ 'presence.maxValidMs': 10_000 });
  b.accept(here(0));
  b.presence.onStall(stoppedMs, at(stoppedMs));
  wait(b, stoppedMs, stoppedMs + graceMs - 100);
  expect(b.presence.size()).toBe(1);
  wait(b, stoppedMs + graceMs, stoppedMs + graceMs + 1_000);
  expect(b.presence.size()).toBe(0);
});

const failMany = (b: Bench): void => {
  b.accept(here(0));
  b.accept(here(0, 'x', 1, peer(2)));
  b.presence.onManyFailed(at(1_000));
  b.accept(here(9_000, 'y', 1, peer(2)), 9_000);
};
const doubted = (b: Bench): readonly PeerId[] => ofType(b.facts(), 'peer-doubted').map(fact => fact.peer);

test('PRES-11: when many have failed, own presence is restated within one refresh', () => {
  const b = bench({ 'presence.refreshMs': 10_000 });
  b.presence.update('me', at(0));
  for (let mono = 0; mono < 9_000; mono += 100) b.presence.onWake(at(mono));
  b.presence.onManyFailed(at(9_000));
  b.facts();
  wait(b, 9_000, 19_000);
  expect(ofType(b.facts(), 'statement-wanted').length).toBeGreaterThan(0);
});

test('PRES-11: when many have failed, who does not restate its presence is doubted, again and again', () => {
  const b = bench({ 'presence.refreshMs': 10_000 });
  failMany(b);
  wait(b, 9_000, 14_400);
  expect(doubted(b)).toEqual([]);
  wait(b, 14_500, 16_000);
  expect(doubted(b)).toEqual([ada]);
  wait(b, 16_100, 104_400);
  expect(doubted(b)).toEqual([]);
  wait(b, 104_500, 134_500);
  expect(doubted(b)).toEqual([ada]);
  b.accept(here(134_500), 134_500);
  wait(b, 134_600, 170_000);
  expect(doubted(b)).toEqual([]);
});

test('PRES-11: in a large room about eight of all members doubt one', () => {
  const b = bench({ 'presence.refreshMs': 10_000 });
  for (let n = 1; n <= 90; n++) b.accept(here(0, 'x', 1, peer(n)));
  b.presence.onManyFailed(at(1_000));
  wait(b, 1_000, 15_000);
  const doubts = doubted(b).length;
  expect(doubts).toBeGreaterThanOrEqual(1);
  expect(doubts).toBeLessThanOrEqual(24);
});

test('PRES-12: a large room renews less often, and its presences live longer', () => {
  const b = bench();
  for (let n = 1; n < 480; n++) b.accept(record({ kind: 'presence', author: peer(200 + n), exp: WALL + 3_600_000 }));
  const stated = (mono: number) => {
    b.presence.update('me', at(mono));
    return ofType(b.facts(), 'statement-wanted')[0]!.validMs;
  };
  // It is young, so it may be here for a short visit.
  expect(stated(60_000)).toBe(180_000);
  expect(stated(90_000)).toBe(270_000);
  expect(stated(600_000)).toBe(480_000);
  const due = b.presence.nextWakeAt()! - 600_000;
  expect(Math.abs(due - 160_000)).toBeLessThanOrEqual(32_000);
});

test('PRES-12: no presence is asked to live longer than the longest', () => {
  const b = bench({ 'presence.maxValidMs': 200_000 });
  for (let n = 1; n < 480; n++) b.accept(here(0, 'x', 1, peer(200 + n)));
  b.presence.update('me', at(600_000));
  expect(ofType(b.facts(), 'statement-wanted')[0]!.validMs).toBe(200_000);
});

test('PRES-13: a sync that brings the presence of one that failed here makes it doubted', () => {
  const b = bench();
  const old = here(1);
  b.accept(old);
  b.presence.onRecordDuplicate(old, 'sync', at(2));
  b.presence.onPeerFailed({ type: 'peer-failed', peer: ada, hlc: hlcAt(WALL + 10) }, at(20));
  b.presence.onRecordDuplicate(old, 'push', at(20));
  expect(doubted(b)).toEqual([]);
  b.presence.onRecordDuplicate(old, 'sync', at(20));
  expect(doubted(b)).toEqual([ada]);
  b.presence.onRecordAccepted(here(2), link, 'sync', at(90_030));
  expect(doubted(b)).toEqual([ada]);
});

test('INTAKE-13: presence says what it keeps and what that has overtaken', () => {
  const b = bench();
  const [early, kept, late] = [here(1), here(2), here(3)];
  b.accept(kept);
  const standings = () => [early, kept, late, goodbye(0), goodbye(1)].map(said => b.presence.standingOf(said));
  expect(standings()).toEqual(['overtaken', 'kept', undefined, 'overtaken', undefined]);
  b.accept(goodbye(1));
  expect(standings()).toEqual(['overtaken', 'overtaken', 'overtaken', 'overtaken', 'kept']);
  expect(b.presence.standingOf(here(0, 'x', 2))).toBeUndefined();
  expect(b.presence.standingOf(record({ kind: 'state', author: ada }))).toBeUndefined();
});

test('INTAKE-13: what a failure made void is judged by presence itself', () => {
  const b = bench();
  const [early, failed] = [here(1), here(2)];
  b.accept(failed);
  b.presence.onPeerFailed({ type: 'peer-failed', peer: ada, hlc: failed.hlc }, at(0));
  expect([early, failed].map(said => b.presence.standingOf(said))).toEqual([undefined, 'kept']);
});

test('PRES-4: what has expired here is not shown again when somebody still brings it', () => {
  const b = bench();
  const said = here(0);
  b.accept(said);
  wait(b, 0, 181_000);
  expect(b.presence.size()).toBe(0);
  b.deliveries();
  b.accept(said, 185_000);
  expect([b.presence.size(), b.deliveries()]).toEqual([0, []]);
  b.accept(here(1), 186_000);
  expect(b.presence.size()).toBe(1);
});

test('PRES-4: what is remembered of the failed ends, whatever they claimed', () => {
  const b = bench({ 'presence.maxAuthors': 8 });
  for (let n = 1; n <= 8; n++) {
    const said = record({ kind: 'presence', author: peer(n), exp: 2 ** 53 - 1 });
    b.accept(said);
    b.presence.onPeerFailed({ type: 'peer-failed', peer: peer(n), hlc: said.hlc + 1 }, at(10));
  }
  b.presence.onWake(at(7_400_000));
  expect(b.presence.nextWakeAt()).toBeUndefined();
  b.accept(here(7_400_000, 'x', 1, peer(9)), 7_400_000);
  expect(b.presence.size()).toBe(1);
});

test('PRES-14: old presences of many that failed make few doubts', () => {
  const b = bench();
  const old = Array.from({ length: 40 }, (_, n) => here(1, 'x', 1, peer(200 + n)));
  for (const said of old) b.accept(said);
  for (const { author, hlc } of old) b.presence.onPeerFailed({ type: 'peer-failed', peer: author, hlc }, at(2));
  const doubts = (mono: number): readonly PeerId[] => {
    for (const said of old) b.presence.onRecordDuplicate(said, 'sync', at(mono));
    return doubted(b);
  };
  const first = doubts(2);
  expect(first).toHaveLength(16);
  const later = doubts(20_002);
  expect(later).toHaveLength(10);
  expect(later.filter(peer => first.includes(peer))).toEqual([]);
});

test('PRES-15: a table that is nearly full gives nobody more than the time of a small room', () => {
  const b = bench({ 'presence.maxAuthors': 20 });
  for (let n = 1; n <= 20; n++) b.accept(record({ kind: 'presence', author: peer(n), exp: WALL + 7_000_000 }));
  wait(b, 0, 181_000);
  expect(b.presence.size()).toBe(18);
});

test('PRES-16: a region is said behind the value, and only by who has one', () => {
  const said = (region?: string): unknown => {
    const b = bench({}, region);
    b.presence.update('here', at(0));
    return ofType(b.facts(), 'statement-wanted')[0]?.value;
  };
  expect(said()).toEqual([hlcAt(WALL), 'here']);
  expect(said('eu-west')).toEqual([hlcAt(WALL), 'here', 'eu-west']);
});

test('PRES-16: who joins is announced with its region, which counts until it goes', () => {
  const b = bench();
  b.accept(record({ kind: 'presence', at: 0, value: [1, 'here', 'eu-west'], author: ada }));
  b.accept(record({ kind: 'presence', at: 1, value: [1, 'here', 'us-east'], author: ada }));
  b.accept(here(2, 'here', 1, peer(7)));
  expect(ofType(b.facts(), 'member-joined')).toEqual([
    { type: 'member-joined', peer: ada, region: 'eu-west' },
    { type: 'member-joined', peer: peer(7), region: undefined },
  ]);
});

test('PRES-17: what says the same again is a renewal, unless its author was doubted or has to answer', () => {
  const b = bench();
  const renewed = (): readonly boolean[] => ofType(b.facts(), 'record-stored').map(fact => fact.isRenewal === true);
  const map = { at: [1, 2], name: 'Ada', raw: new Uint8Array([1, 2]) };
  b.accept(here(1, map));
  b.accept(here(2, { ...map, raw: new Uint8Array([1, 2]) }));
  b.accept(here(3, { ...map, raw: new Uint8Array([1, 3]) }));
  b.accept(here(4, { ...map, raw: new Uint8Array([1, 3]) }, 2));
  expect(renewed()).toEqual([false, true, false, false]);
  b.presence.onPeerSuspected(ada);
  b.accept(here(5, { ...map, raw: new Uint8Array([1, 3]) }, 2));
  expect(renewed()).toEqual([false]);
  b.presence.update('here', at(6));
  b.accept(here(6, 'here', 1, self));
  b.accept(here(7, 'here', 1, self));
  b.presence.onSelfSuspected(at(8));
  b.accept(here(8, 'here', 1, self));
  b.accept(here(9, 'here', 1, self));
  expect(renewed()).toEqual([false, true, false, true]);
});

test('PRES-26: who is present is on the list, with its region, and so is this node once its presence is signed', () => {
  const b = bench({ 'presence.maxAuthors': 10 }, 'eu');
  b.accept(record({ kind: 'presence', value: [1, { name: 'Ada' }, 'us'], author: ada }));
  expect(b.presence.isListed(self)).toBe(false);
  b.accept(record({ kind: 'presence', value: [1, null, 'eu'], author: self }));
  expect(b.presence.listed()).toEqual([
    { peer: ada, presence: { name: 'Ada' }, region: 'us' },
    { peer: self, presence: null, region: 'eu' },
  ]);
  b.accept(goodbye());
  expect([b.presence.isListed(ada), b.presence.isListed(self)]).toEqual([false, true]);
  for (let n = 0; n < 6; n++) b.accept(here(1, 'x', 1, peer(200 + n)));
  expect(b.presence.isRoomy()).toBe(true);
  b.accept(here(1, 'x', 1, peer(300)));
  expect(b.presence.isRoomy()).toBe(false);
});

test('PRES-27: view sums are equal on peers that see the same, whatever came and went', () => {
  const [one, other] = [bench(), bench()];
  expect(one.presence.viewSum()).toBe(0);
  for (const n of [1, 2, 3]) one.accept(here(1, n, 1, peer(n)));
  for (const n of [4, 3, 2, 1]) other.accept(here(1, n, 1, peer(n)));
  other.accept(here(5, 'again', 1, peer(2)));
  expect(other.presence.viewSum()).not.toBe(one.presence.viewSum());
  other.accept(goodbye(1, peer(4)));
  expect(other.presence.viewSum()).toBe(one.presence.viewSum());
  other.presence.onPeerFailed({ type: 'peer-failed', peer: peer(3), hlc: hlcAt(WALL + 10) }, at(10));
  expect(other.presence.viewSum()).not.toBe(one.presence.viewSum());
  one.accept(goodbye(1, peer(3)));
  expect(other.presence.viewSum()).toBe(one.presence.viewSum());
});

const statuses = (b: Bench): readonly unknown[] =>
  b.effects().flatMap(effect => {
    if (effect.type !== 'deliver') return [];
    const { delivery } = effect;
    if (delivery.what === 'presence') return [delivery.status];
    return delivery.what === 'presence-gone' ? [delivery.reason] : [];
  });

test('PRES-24: who is unreachable is a suspect for the app, and is not offered to others', () => {
  const b = bench();
  const said = here(0);
  b.accept(said);
  statuses(b);
  b.facts();
  b.presence.onPeerUnreachable(ada, false);
  b.presence.onPeerUnreachable(peer(9), false);
  expect(statuses(b)).toEqual(['suspect']);
  expect(b.facts()).toEqual([{ type: 'record-dropped', record: said }]);
  expect(b.presence.size()).toBe(1);
});

test('PRES-24: with its next word, presence or not, it has joined again', () => {
  const [byPresence, byOther] = [bench(), bench()];
  for (const b of [byPresence, byOther]) {
    b.accept(here(0));
    b.presence.onPeerUnreachable(ada, false);
    statuses(b);
    b.facts();
  }
  byPresence.accept(here(1));
  byPresence.presence.onPeersCleared([ada]);
  byOther.presence.onPeersCleared([ada]);
  for (const b of [byPresence, byOther]) {
    expect(statuses(b)).toEqual(['alive']);
    const facts = b.facts();
    expect(ofType(facts, 'member-joined')).toHaveLength(1);
    expect(ofType(facts, 'record-stored')).toHaveLength(b === byPresence ? 1 : 0);
    expect(b.presence.size()).toBe(1);
  }
});

test('PRES-24: who is cut off with its region is a suspect, and is still offered to others', () => {
  const b = bench();
  b.accept(here(0));
  statuses(b);
  b.facts();
  b.presence.onPeerUnreachable(ada, true);
  expect(statuses(b)).toEqual(['suspect']);
  expect(b.facts()).toEqual([]);
  b.presence.onPeersCleared([ada]);
  expect(statuses(b)).toEqual(['alive']);
  expect(ofType(b.facts(), 'member-joined')).toHaveLength(1);
});

test('PRES-22: while the way may be cut nobody expires, and what others refuse is not offered to them', () => {
  const b = bench();
  const said = here(0);
  b.accept(said);
  b.hold(400_000);
  statuses(b);
  b.facts();
  wait(b, 100, 179_900);
  expect([statuses(b), b.facts()]).toEqual([[], []]);
  wait(b, 180_000, 181_000);
  expect([statuses(b), b.facts()]).toEqual([['suspect'], []]);
  // A minute for others' clocks.
  wait(b, 181_000, 242_000);
  expect(b.facts()).toEqual([{ type: 'record-dropped', record: said }]);
  wait(b, 242_000, 399_000);
  expect([statuses(b), b.presence.size()]).toEqual([[], 1]);
  wait(b, 399_000, 402_000);
  expect([statuses(b), b.presence.size()]).toEqual([['expired'], 0]);
});

test('PRES-22: who says something meanwhile is alive as ever', () => {
  const b = bench();
  b.accept(here(0));
  b.hold(300_000);
  wait(b, 100, 200_000);
  b.accept(here(200_000), 200_000);
  wait(b, 200_100, 301_000);
  expect(statuses(b)).toEqual(['alive', 'suspect', 'alive']);
});

test('PRES-22: doubt waits for the end of the cut', () => {
  const doubtsBy = (isCut: boolean, mono: number): number => {
    const b = bench();
    b.accept(here(0));
    b.presence.onManyFailed(at(1_000));
    if (isCut) b.hold(150_000);
    wait(b, 1_000, mono);
    return ofType(b.facts(), 'peer-doubted').length;
  };
  expect([doubtsBy(false, 100_000), doubtsBy(true, 149_900), doubtsBy(true, 150_100)]).toEqual([1, 0, 1]);
});

test.each([
  ['goodbye', record({ kind: 'leave', author: self, value: hlcAt(WALL + 5_000), at: 5_000 })],
  ['presence', record({ kind: 'presence', author: self, value: [hlcAt(WALL + 5_000), 'old'], at: 5_000 })],
])('PRES-23: a %s of an earlier life that is above this one is answered at once, with a new incarnation', (_, old) => {
  const b = bench();
  b.presence.update('me', at(0));
  b.accept(record({ kind: 'presence', author: self, value: [hlcAt(WALL), 'me'], at: 0 }));
  b.facts();
  b.presence.onRecordAccepted(old, link, 'sync', at(6_000));
  b.presence.onWake(at(6_000));
  expect(ofType(b.facts(), 'statement-wanted')).toMatchObject([
    { kind: 'presence', value: [hlcAt(WALL + 6_000), 'me'] },
  ]);
  expect(b.farewells.at(-1)).toBe(hlcAt(WALL + 6_000));
});

test('PRES-23: what this life has overtaken, or said itself, is not answered', () => {
  const b = bench();
  b.presence.update('me', at(0));
  const own = record({ kind: 'presence', author: self, value: [hlcAt(WALL), 'me'], at: 0 });
  b.accept(own);
  b.facts();
  const old = record({ kind: 'presence', author: self, value: [hlcAt(WALL - 60_000), 'old'], at: -60_000 });
  const bye = record({ kind: 'leave', author: self, value: hlcAt(WALL - 60_000), at: -50_000 });
  for (const said of [old, bye, own]) b.presence.onRecordAccepted(said, link, 'sync', at(6_000));
  b.presence.onWake(at(6_000));
  expect(ofType(b.facts(), 'statement-wanted')).toEqual([]);
});
