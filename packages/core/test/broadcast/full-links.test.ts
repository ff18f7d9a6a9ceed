import { expect, test } from 'vitest';
import { createBroadcast } from '../../src/broadcast/broadcast.ts';
import type { Broadcast } from '../../src/broadcast/mode.ts';
import { type BroadcastMode, makeConfig } from '../../src/config.ts';
import type { SignedRecord } from '../../src/identity/record.ts';
import { nobody } from '../support/nobody.ts';
import { at, peer } from '../support/peers.ts';
import { createRecorder, type Recorder } from '../support/recorder.ts';
import { record } from '../support/records.ts';
import { rngOf } from '../support/seed.ts';

const QUEUE = 65_536;
const links = [1, 2, 3, 4].map(peer);
const [slow] = links as [(typeof links)[0]];
const MODES: readonly BroadcastMode[] = ['flood', 'tree', 'push'];

interface Bench extends Recorder {
  readonly broadcast: Broadcast;
  say(n: number, mono: number, size?: number): SignedRecord;
  /** Records sent to a neighbour since asked last; those to others are forgotten. */
  pushed(to?: (typeof links)[0]): number;
}

function bench(mode: BroadcastMode): Bench {
  const recorder = createRecorder();
  const config = makeConfig({
    'broadcast.mode': mode,
    'broadcast.fanout': 4,
    'broadcast.roundMs': 10,
    'broadcast.hotRounds': 1,
    'broadcast.queueBytes': QUEUE,
  });
  const broadcast = createBroadcast(
    { self: peer(100), config, outbox: recorder.outbox, rng: rngOf(0, 1), members: nobody, isMember: () => false },
    at(0),
  );
  for (const link of links) broadcast.onNeighbourUp(link, false, at(0));
  return {
    ...recorder,
    broadcast,
    say(n, mono, size = 10) {
      const said = record({ author: peer(100), key: `k${n}`, value: new Uint8Array(size), at: mono });
      broadcast.onRecordAccepted(said, 'self', at(mono));
      broadcast.onRecordStored(said, 'self', 'self', at(mono));
      broadcast.onWake(at(mono));
      return said;
    },
    pushed(to = slow) {
      const pushes = recorder.sent().filter(sent => sent.to === to);
      return pushes.reduce((sum, { frame }) => sum + (frame.type === 'push' ? frame.records.length : 0), 0);
    },
  };
}

test.each(MODES)('CAST-24: by %s a full link is pushed nothing, and asks for no wake; when it drains it is', mode => {
  const b = bench(mode);
  b.say(0, 0);
  b.sent();
  b.fill(slow, true);
  for (let n = 1; n <= 3; n++) b.say(n, 1_000 * n);
  expect(b.pushed()).toBe(0);
  expect(b.broadcast.waitingBytes()).toBeGreaterThan(0);
  expect(b.broadcast.nextWakeAt() ?? Number.POSITIVE_INFINITY).toBeGreaterThan(3_000);
  b.broadcast.onLinkDrained(slow, at(9_000));
  expect(b.pushed()).toBe(0);
  b.fill(slow, false);
  b.broadcast.onLinkDrained(slow, at(9_001));
  expect(b.pushed()).toBe(3);
  expect(b.broadcast.waitingBytes()).toBe(0);
});

test.each(MODES)('CAST-7: a node that leaves by %s sends what waits for full links too', mode => {
  const b = bench(mode);
  b.say(0, 0);
  b.fill(slow, true);
  b.say(1, 1_000);
  b.sent();
  b.broadcast.flush(at(1_001));
  expect(b.pushed()).toBeGreaterThanOrEqual(1);
});

test.each(MODES)('CAST-23: by %s what is too much for a full link is dropped and counted', mode => {
  const b = bench(mode);
  b.say(0, 0);
  b.fill(slow, true);
  b.facts();
  b.sent();
  for (let n = 1; n <= 8; n++) b.say(n, 1_000 * n, 10_000);
  const ignored = b.facts().filter(fact => fact.type === 'record-ignored');
  expect(ignored.length).toBeGreaterThan(0);
  expect(ignored.every(({ reason }) => reason === 'slow-link')).toBe(true);
  expect(b.broadcast.waitingBytes()).toBeLessThanOrEqual(QUEUE);
  b.fill(slow, false);
  b.broadcast.onLinkDrained(slow, at(20_000));
  expect(b.pushed()).toBe(8 - ignored.length);
});

test('CAST-23: a link that is too slow even for goodbyes and accusations is given up', () => {
  const b = bench('flood');
  b.fill(slow, true);
  for (let n = 1; n <= 400; n++) {
    const said = record({ kind: 'accuse', author: peer(99), key: peer(n), at: n });
    b.broadcast.onRecordStored(said, 'self', 'push', at(0));
  }
  expect(b.facts()).toContainEqual({ type: 'link-overflowed', peer: slow });
});

test.each(MODES)('CAST-25: by %s our own words wait when all of the links they take are a quarter full', mode => {
  const b = bench(mode);
  b.say(0, 0);
  expect(b.broadcast.isCongested()).toBe(false);
  b.fill(links[0]!, true);
  b.say(1, 1_000, 12_000);
  b.say(2, 2_000, 12_000);
  expect(b.broadcast.isCongested()).toBe(false);
  for (const link of links.slice(1)) b.fill(link, true);
  b.say(3, 3_000, 12_000);
  expect(b.broadcast.isCongested()).toBe(false);
  b.say(4, 4_000, 12_000);
  expect(b.broadcast.isCongested()).toBe(true);
  b.fill(links[1]!, false);
  b.broadcast.onLinkDrained(links[1]!, at(5_000));
  expect(b.broadcast.isCongested()).toBe(false);
});

test('CAST-25: in the tree only the links count that our own words take', () => {
  const b = bench('tree');
  const said = b.say(0, 0);
  // Three of the four have it from elsewhere and want no more.
  for (const link of links.slice(1)) b.broadcast.onFrame(link, { type: 'prune', ids: [said.id.slice(0, 16)] }, at(10));
  b.fill(slow, true);
  for (let n = 1; n <= 2; n++) b.say(n, 1_000 * n, 12_000);
  expect(b.broadcast.isCongested()).toBe(true);
});
