import { expect, test } from 'vitest';
import { type ConfigOverrides, makeConfig } from '../../src/config.ts';
import type { Path, Source } from '../../src/fact.ts';
import { readRecord, type SignedRecord } from '../../src/identity/record.ts';
import { createIntake, type Intake } from '../../src/intake/intake.ts';
import type { Job } from '../../src/types.ts';
import { at, peer, WALL } from '../support/peers.ts';
import { createRecorder, ofType, type Recorder } from '../support/recorder.ts';
import { fakeVerify, forge, NETWORK, record } from '../support/records.ts';

const link = peer(50);
const other = peer(51);

interface Bench extends Recorder {
  readonly intake: Intake;
  offer(said: SignedRecord, from?: Source, mono?: number, path?: Path): void;
  /** Answers the verify effects so far, oldest first; how many there were. */
  verify(mono?: number): number;
  accepted(): readonly SignedRecord[];
}

function bench(
  config: ConfigOverrides = {},
  allows = true,
  admitsAuthor = true,
  standingOf: (said: SignedRecord) => 'kept' | 'overtaken' | undefined = () => undefined,
): Bench {
  const recorder = createRecorder();
  let job = 0;
  const intake = createIntake({
    config: makeConfig(config),
    outbox: recorder.outbox,
    read: bytes => readRecord(bytes, NETWORK),
    allows: () => allows,
    admitAuthor: () => admitsAuthor,
    standingOf,
    onRestored: () => undefined,
    nextJob: () => ++job as Job,
  });
  return {
    ...recorder,
    intake,
    offer(said, from = link, mono = 0, path = 'push') {
      intake.onRecordOffered({ type: 'record-offered', bytes: said.bytes, from, path }, at(mono));
    },
    verify(mono = 0) {
      const jobs = ofType(recorder.effects(), 'verify');
      for (const { job: id, key, signature, bytes } of jobs) {
        intake.onVerified(id, fakeVerify(key, signature, bytes), at(mono));
      }
      return jobs.length;
    },
    accepted: () => ofType(recorder.facts(), 'record-accepted').map(fact => fact.record),
  };
}

const reasons = (recorder: Recorder): readonly string[] =>
  recorder
    .facts()
    .flatMap(fact =>
      fact.type === 'record-ignored' ? [fact.reason] : fact.type === 'record-duplicate' ? ['duplicate'] : [],
    );

test('INTAKE-1: a genuine record costs one signature check and is accepted with its source', () => {
  const b = bench();
  const genuine = record();
  b.offer(genuine);
  expect(b.facts()).toEqual([]);
  expect(b.verify()).toBe(1);
  expect(b.facts()).toMatchObject([{ type: 'record-accepted', record: { id: genuine.id }, from: link, path: 'push' }]);
});

test.each<[string, SignedRecord, string]>([
  ['too large', { ...record(), bytes: new Uint8Array(264_000) }, 'record-size'],
  ['of another network', record({ network: new Uint8Array(8) }), 'record-network'],
  ['no CBOR', { ...record(), bytes: new Uint8Array(100).fill(0xff) }, 'record-cbor'],
])('INTAKE-1: what is %s is blamed on the neighbour without a check', (_what, said, detail) => {
  const b = bench();
  b.offer(said);
  expect(b.facts()).toEqual([{ type: 'misbehaved', peer: link, offence: 'bad-record', detail }]);
  expect(b.verify()).toBe(0);
});

test('INTAKE-2: a forged copy first and the genuine one second still delivers the genuine one', () => {
  const b = bench();
  const genuine = record();
  b.offer(forge(genuine), link);
  b.offer(genuine, other);
  expect(b.verify()).toBe(1);
  expect(b.facts()).toMatchObject([{ type: 'misbehaved', peer: link, offence: 'bad-signature' }]);
  expect(b.verify()).toBe(1);
  expect(b.facts()).toMatchObject([{ type: 'record-accepted', from: other, record: { bytes: genuine.bytes } }]);
});

test('INTAKE-2: only a good signature makes an id seen', () => {
  const b = bench();
  const genuine = record();
  b.offer(forge(genuine));
  b.verify();
  expect(b.intake.pending()).toBe(0);
  b.offer(genuine, other);
  expect(b.verify()).toBe(1);
  expect(b.accepted()).toHaveLength(1);
});

test.each([0, 1, 2, 3])('INTAKE-3: the genuine copy is found behind %i forged ones', forgeries => {
  const b = bench();
  const genuine = record();
  for (let n = 1; n <= forgeries; n++) b.offer(forge(genuine, n), peer(n));
  b.offer(genuine, other);
  while (b.verify() > 0) {}
  const facts = b.facts();
  expect(ofType(facts, 'record-accepted').map(fact => fact.from)).toEqual([other]);
  expect(ofType(facts, 'misbehaved').map(fact => fact.peer)).toEqual(
    Array.from({ length: forgeries }, (_, n) => peer(n + 1)),
  );
});

test('INTAKE-3: beyond the limit copies are dropped, and the genuine one is taken when it comes again', () => {
  const b = bench({ 'intake.alternates': 3 });
  const genuine = record();
  for (let n = 1; n <= 4; n++) b.offer(forge(genuine, n));
  expect(reasons(b)).toEqual([]);
  b.offer(genuine, other);
  expect(reasons(b)).toEqual(['duplicate']);
  while (b.verify() > 0) {}
  expect(b.accepted()).toEqual([]);
  b.offer(genuine, other);
  while (b.verify() > 0) {}
  expect(b.accepted()).toHaveLength(1);
});

test('INTAKE-3: the same copy is kept once', () => {
  const b = bench({ 'intake.alternates': 3 });
  const genuine = record();
  for (let i = 0; i < 10; i++) b.offer(forge(genuine, 1));
  b.offer(genuine, other);
  expect(b.verify()).toBe(1);
  expect(b.verify()).toBe(1);
  expect(b.accepted()).toHaveLength(1);
});

test('INTAKE-4: a copy of what was seen costs nothing', () => {
  const b = bench();
  const genuine = record();
  b.offer(genuine);
  b.verify();
  b.facts();
  b.offer(genuine, other);
  b.offer(forge(genuine), other);
  expect(b.verify()).toBe(0);
  expect(reasons(b)).toEqual(['duplicate', 'duplicate']);
});

test('INTAKE-4: ids are remembered for a time and up to a number', () => {
  const b = bench({ 'intake.seen': 256, 'intake.seenMs': 1_000 });
  const records = Array.from({ length: 257 }, (_, n) => record({ key: `k${n}` }));
  for (const said of records.slice(0, 256)) b.offer(said);
  b.verify();
  b.offer(records[0]!);
  expect(b.verify()).toBe(0);
  b.offer(records[256]!);
  expect(b.verify()).toBe(1);
  b.offer(records[0]!);
  expect(b.verify()).toBe(1);
  b.offer(records[256]!, link, 999);
  expect(b.verify()).toBe(0);
  b.offer(records[256]!, link, 1_000);
  expect(b.verify()).toBe(1);
});

test('INTAKE-5: beyond the limit of checks at once records are left to sync, and nobody is blamed', () => {
  const b = bench({ 'intake.pending': 16 });
  const records = Array.from({ length: 17 }, (_, n) => record({ key: `k${n}` }));
  for (const said of records.slice(0, 15)) b.offer(said);
  b.offer(records[15]!);
  expect(b.intake.pending()).toBe(16);
  b.offer(records[16]!);
  expect(b.facts()).toEqual([{ type: 'record-ignored', reason: 'busy' }]);
  expect(b.verify()).toBe(16);
  b.offer(records[16]!);
  expect(b.verify()).toBe(1);
});

test('INTAKE-5: what this node kept itself is all checked, however much it is', () => {
  const b = bench({ 'intake.pending': 16 });
  for (let n = 0; n < 40; n++) b.offer(record({ key: `k${n}` }), 'storage', 0, 'sync');
  expect(b.verify()).toBe(40);
  expect(b.accepted()).toHaveLength(40);
});

test.each<[string, number, readonly string[]]>([
  ['59,999', 59_999, []],
  ['60,000', 60_000, []],
  ['60,001', 60_001, ['future']],
])('INTAKE-6: a clock %s ms ahead', (_what, ahead, ignored) => {
  const b = bench();
  b.offer(record({ at: ahead }));
  expect(reasons(b)).toEqual(ignored);
});

test('INTAKE-6: what came too early is taken when its time has come', () => {
  const b = bench();
  const early = record({ at: 70_000 });
  b.offer(early);
  b.offer(early, link, 20_000);
  expect(b.verify(20_000)).toBe(1);
  expect(b.accepted()).toHaveLength(1);
});

test.each<[string, SignedRecord, number, readonly string[]]>([
  ['a presence within the skew after its end', record({ kind: 'presence' }), 239_999, []],
  ['a presence after that', record({ kind: 'presence' }), 240_000, ['expired']],
  ['an event of two minutes', record({ kind: 'event', exp: 0 }), 119_999, []],
  ['an older event', record({ kind: 'event', exp: 0 }), 120_000, ['expired']],
  ['a goodbye of its longest life', record({ kind: 'leave', exp: WALL + 10 ** 9 }), 14_459_999, []],
  ['a goodbye that asks for more', record({ kind: 'leave', exp: WALL + 10 ** 9 }), 14_460_000, ['expired']],
  [
    'an accusation that asks for more',
    record({ kind: 'accuse', key: other, exp: WALL + 10 ** 9 }),
    150_000,
    ['expired'],
  ],
  ['a state of any age', record(), 10_000_000_000, []],
])('INTAKE-6: %s', (_what, said, mono, ignored) => {
  const b = bench();
  b.offer(said, link, mono);
  expect(reasons(b)).toEqual(ignored);
});

test('INTAKE-7: what the policy forbids is blamed on who passed it on, and costs no check', () => {
  const b = bench({}, false);
  b.offer(record());
  expect(b.facts()).toMatchObject([{ type: 'misbehaved', peer: link, offence: 'forbidden' }]);
  expect(b.verify()).toBe(0);
});

test('INTAKE-8: nobody is blamed for what came out of storage', () => {
  const b = bench();
  b.offer({ ...record(), bytes: new Uint8Array(3) }, 'storage');
  b.offer(forge(record()), 'storage');
  b.verify();
  expect(ofType(b.facts(), 'misbehaved')).toEqual([]);
});

test('INTAKE-9: a push draws on its author’s share, a sync does not', () => {
  const b = bench({}, true, false);
  b.offer(record(), link, 0, 'push');
  expect(b.facts()).toEqual([{ type: 'record-ignored', reason: 'author-rate' }]);
  b.offer(record(), link, 0, 'sync');
  expect(b.verify()).toBe(1);
});

test('INTAKE-10: caught up is said once, when all that the first session brought is judged', () => {
  const b = bench();
  b.offer(record({ key: 'a' }), link, 0, 'sync');
  b.offer(forge(record({ key: 'b' })), link, 0, 'sync');
  b.intake.onSyncEnded();
  const [first, second] = ofType(b.effects(), 'verify');
  b.offer(record({ key: 'c' }));
  b.intake.onSyncEnded();
  b.intake.onVerified(first!.job, true, at(0));
  expect(ofType(b.facts(), 'caught-up')).toHaveLength(0);
  b.intake.onVerified(second!.job, false, at(0));
  expect(ofType(b.facts(), 'caught-up')).toHaveLength(1);
  b.verify();
  b.intake.onSyncEnded();
  expect(ofType(b.facts(), 'caught-up')).toHaveLength(0);
});

test('INTAKE-10: a first session that brought nothing is caught up at once', () => {
  const b = bench();
  b.intake.onSyncEnded();
  expect(b.facts()).toEqual([{ type: 'caught-up' }]);
});

test('INTAKE-11: own records are known', () => {
  const b = bench();
  const own = record();
  b.intake.onOwnRecord(own, at(0));
  b.offer(own);
  expect(b.verify()).toBe(0);
});

test('INTAKE-12: answers to jobs that nobody gave change nothing', () => {
  const b = bench();
  b.offer(record());
  b.intake.onVerified(99 as Job, true, at(0));
  const [job] = ofType(b.effects(), 'verify');
  b.intake.onVerified(job!.job, true, at(0));
  b.intake.onVerified(job!.job, true, at(0));
  expect(b.accepted()).toHaveLength(1);
});

test('INTAKE-13: what is kept by author is a copy, and what is overtaken is ignored, without a check', () => {
  const [kept, overtaken] = [record({ seq: 2 }), record({ seq: 1 })];
  const b = bench({}, true, true, ({ id }) => (id === kept.id ? 'kept' : 'overtaken'));
  b.offer(kept);
  b.offer(overtaken);
  expect(reasons(b)).toEqual(['duplicate', 'superseded']);
  expect(b.verify()).toBe(0);
  // The store alone has it forgotten where it comes from.
  b.offer(overtaken, 'storage');
  expect(b.verify()).toBe(1);
});

test('INTAKE-13: what is kept by author is not remembered by its id as well', () => {
  let isKept = true;
  const b = bench({}, true, true, () => (isKept && b.accepted().length > 0 ? 'kept' : undefined));
  const said = record();
  b.offer(said);
  b.verify();
  b.intake.onRecordStored(said);
  isKept = false;
  b.offer(said);
  expect(b.verify()).toBe(1);
});

test('INTAKE-14: what came inside of something else is judged as any record, and nobody is blamed for it', () => {
  const b = bench();
  const genuine = record();
  b.offer(forge(genuine), 'carried', 0, 'sync');
  b.verify();
  b.intake.onRecordOffered({ type: 'record-offered', bytes: new Uint8Array(9), from: 'carried', path: 'sync' }, at(0));
  expect(ofType(b.facts(), 'misbehaved')).toEqual([]);
  b.offer(genuine, 'carried', 0, 'sync');
  b.verify();
  expect(b.accepted()).toHaveLength(1);
});
