import { expect, test } from 'vitest';
import { createBroadcast } from '../../src/broadcast/broadcast.ts';
import type { Broadcast } from '../../src/broadcast/mode.ts';
import { shortIdOf } from '../../src/broadcast/recent.ts';
import { type ConfigOverrides, makeConfig } from '../../src/config.ts';
import type { Path, Source } from '../../src/fact.ts';
import type { SignedRecord } from '../../src/identity/record.ts';
import type { PeerId } from '../../src/types.ts';
import { at, peer } from '../support/peers.ts';
import { createRecorder, type Recorder } from '../support/recorder.ts';
import { record } from '../support/records.ts';
import { rngOf } from '../support/seed.ts';

const links = [1, 2, 3].map(peer);
const [a, b, c] = links as [PeerId, PeerId, PeerId];
const author = peer(99);
const said = (n: number, who = author): SignedRecord => record({ author: who, key: `k${n}`, value: n });

interface Bench extends Recorder {
  readonly broadcast: Broadcast;
  store(said: SignedRecord, from?: Source, mono?: number, path?: Path): void;
  /** `neighbour:frame` of all that was sent since asked last. */
  frames(): readonly string[];
}

function bench(config: ConfigOverrides = {}, inbound = links): Bench {
  const recorder = createRecorder();
  const broadcast = createBroadcast({
    config: makeConfig({ 'broadcast.mode': 'tree', ...config }),
    outbox: recorder.outbox,
    rng: rngOf(0, 1),
  });
  for (const link of inbound) broadcast.onNeighbourUp(link, false, at(0));
  return {
    ...recorder,
    broadcast,
    store(what, from = 'self', mono = 0, path = 'push') {
      broadcast.onRecordAccepted(what, from, at(mono));
      broadcast.onRecordStored(what, from, path, at(mono));
    },
    frames: () => recorder.sent().map(({ to, frame }) => `${links.indexOf(to)}:${frame.type}`),
  };
}

test('CAST-8: a record is pushed over eager links and announced over lazy ones', () => {
  const t = bench();
  t.broadcast.onFrame(b, { type: 'prune' }, at(0));
  t.store(said(1), a, 0);
  expect(t.frames()).toEqual(['2:push']);
  t.broadcast.onWake(at(60));
  expect(t.frames()).toEqual(['1:ihave']);
});

test('CAST-9: a duplicate prunes the link it came by, once', () => {
  const t = bench();
  const one = said(1);
  t.store(one, a);
  t.frames();
  t.broadcast.onRecordDuplicate(one.id, b, 'push', at(1));
  t.broadcast.onRecordDuplicate(one.id, b, 'push', at(2));
  expect(t.frames()).toEqual(['1:prune']);
  t.store(said(2), a, 100);
  expect(t.frames()).toEqual(['2:push']);
  t.broadcast.onRecordDuplicate(one.id, c, 'sync', at(101));
  expect(t.frames()).toEqual([]);
});

test('CAST-9: a neighbour that goes on pushing is told again after a second', () => {
  const t = bench();
  const one = said(1);
  t.store(one, a);
  for (const mono of [1, 999, 1_001, 1_002]) t.broadcast.onRecordDuplicate(one.id, b, 'push', at(mono));
  expect(t.frames().filter(frame => frame === '1:prune')).toHaveLength(2);
});

test('CAST-10: an announced record that does not come is asked for, from one announcer after the other', () => {
  const t = bench();
  const missing = said(1);
  const ids = [shortIdOf(missing.id)];
  t.broadcast.onFrame(a, { type: 'ihave', ids }, at(0));
  t.broadcast.onFrame(b, { type: 'ihave', ids }, at(10));
  t.broadcast.onWake(at(399));
  expect(t.frames()).toEqual([]);
  expect(t.broadcast.nextWakeAt()).toBe(400);
  t.broadcast.onWake(at(400));
  expect(t.frames()).toEqual(['0:graft']);
  t.broadcast.onWake(at(600));
  expect(t.frames()).toEqual(['1:graft']);
  t.broadcast.onWake(at(800));
  expect(t.frames()).toEqual([]);
  expect(t.broadcast.nextWakeAt()).toBeUndefined();
});

test('CAST-10: what arrives in time, or is known, is not asked for', () => {
  const t = bench();
  const [one, two] = [said(1), said(2)];
  t.store(one, c);
  const ids = [one, two].map(known => shortIdOf(known.id));
  t.broadcast.onFrame(a, { type: 'ihave', ids }, at(0));
  t.store(two, c, 100);
  t.frames();
  t.broadcast.onWake(at(2_000));
  expect(t.frames().filter(frame => frame.endsWith('graft'))).toEqual([]);
});

test('CAST-11: a graft is answered with the record and makes the link eager', () => {
  const t = bench();
  t.broadcast.onFrame(b, { type: 'prune' }, at(0));
  const one = said(1);
  t.store(one, a);
  t.frames();
  t.broadcast.onFrame(b, { type: 'graft', ids: [shortIdOf(one.id), 'ffffffffffffffff'] }, at(100));
  expect(t.frames()).toEqual(['1:push']);
  t.store(said(2), a, 200);
  expect(t.frames()).toEqual(['1:push', '2:push']);
});

test('CAST-11: what is older than a minute is not in the repair cache', () => {
  const t = bench();
  const one = said(1);
  t.store(one, a);
  t.broadcast.onWake(at(60_000));
  t.frames();
  t.broadcast.onFrame(b, { type: 'graft', ids: [shortIdOf(one.id)] }, at(60_001));
  expect(t.frames()).toEqual([]);
});

test('CAST-12: a further link that this node dialled begins lazy', () => {
  const t = bench({}, []);
  t.broadcast.onNeighbourUp(a, true, at(0));
  expect(t.frames()).toEqual([]);
  t.broadcast.onNeighbourUp(b, true, at(1));
  expect(t.frames()).toEqual(['1:prune']);
  t.broadcast.onNeighbourUp(c, false, at(2));
  t.store(said(1), 'self', 10);
  expect(t.frames()).toEqual(['0:push', '2:push']);
});

test('CAST-12: without any eager link a lazy one is grafted', () => {
  const t = bench({}, [a, b]);
  t.broadcast.onFrame(b, { type: 'prune' }, at(0));
  expect(t.frames()).toEqual([]);
  t.broadcast.onNeighbourDown(a, at(1));
  expect(t.frames()).toEqual(['1:graft']);
});

test("CAST-13: what a sync brought is announced, and pushed when it is its author's own word", () => {
  const t = bench({}, links);
  t.store(said(1), a, 0, 'sync');
  expect(t.frames()).toEqual([]);
  t.broadcast.onWake(at(60));
  expect(t.frames()).toEqual(['1:ihave', '2:ihave']);
  t.store(said(2, a), a, 100, 'sync');
  expect(t.frames()).toEqual(['1:push', '2:push']);
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
