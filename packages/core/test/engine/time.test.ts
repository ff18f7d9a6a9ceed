import { expect, test } from 'vitest';
import { offerOf } from '../../src/identity/large.ts';
import { createNode, type TestNode } from '../support/node.ts';
import { peer } from '../support/peers.ts';
import { accusation, record } from '../support/records.ts';
import { populate, start } from '../support/signals.ts';

const gone = (node: TestNode): readonly unknown[] => node.deliveries().filter(({ what }) => what === 'presence-gone');

function room(): TestNode {
  const node = createNode();
  start(node);
  for (const link of [peer(1), peer(2)]) node.link(link);
  populate(node, peer(1), 3);
  node.handle({ type: 'publish', kind: 'presence', key: '', value: 'me' });
  node.effects();
  node.sent();
  return node;
}

test('ENGINE-3: for an hour of nobody answering, every wake is later than the last or changes something', () => {
  const node = room();
  // `advance` throws when the engine asks to be woken at one instant without end.
  node.advance(3_600_000);
  expect(node.engine.neighbours()).toEqual([]);
});

test('ENGINE-3: wakes that come 0 to 1,400 ms late never make it spin', () => {
  const node = room();
  for (let n = 0; n < 400; n++) {
    const due = node.engine.nextWakeAt()!;
    node.sleep(Math.max(0, due - node.mono) + ((n * 37) % 1_400));
    node.handle({ type: 'wake' });
    node.handle({ type: 'wake' });
    expect(node.engine.nextWakeAt()).toBeGreaterThan(node.mono);
    for (const { peer: link } of node.engine.neighbours()) if (n % 3 === 0) node.receive(link, { type: 'heartbeat' });
  }
});

test('ENGINE-3: a wake that comes too early changes nothing', () => {
  const node = room();
  node.advance(500);
  node.sent();
  const due = node.engine.nextWakeAt();
  node.handle({ type: 'wake' });
  expect(node.sent()).toEqual([]);
  expect(node.engine.nextWakeAt()).toBe(due);
});

test('ENGINE-7: who was stopped for a minute takes nobody for dead, and is woken once', () => {
  const node = room();
  node.sleep(60_000);
  node.handle({ type: 'wake' });
  node.advance(0);
  expect(node.engine.neighbours()).toHaveLength(2);
  expect(node.engine.stats().suspicionsTold).toBe(0);
  node.sent();
  for (const link of [peer(1), peer(2)]) node.receive(link, { type: 'heartbeat' });
  node.advance(4_900);
  expect(node.engine.neighbours()).toHaveLength(2);
  expect(gone(node)).toEqual([]);
});

test('ENGINE-7: the silence of others counts again from the end of the stop', () => {
  const node = room();
  node.sleep(60_000);
  node.handle({ type: 'wake' });
  // It takes its own health for bad after such a stop, and is twice as patient.
  node.advance(7_900);
  expect(node.engine.neighbours()).toHaveLength(2);
  node.advance(200);
  expect(node.engine.neighbours()).toHaveLength(0);
});

test('ENGINE-7: a backlog that arrives before the late wake gives the suspects one reprieve, not one per frame', () => {
  const node = room();
  node.push(peer(1), accusation(peer(1), peer(3), 10));
  expect(node.engine.stats().suspected).toBe(1);
  node.sleep(20_000);
  for (let n = 0; n < 50; n++) node.receive(peer(1), { type: 'heartbeat' });
  for (const link of [peer(1), peer(2)]) node.receive(link, { type: 'heartbeat' });
  const from = node.mono;
  for (let ms = 0; ms < 12_000; ms += 1_000) {
    node.advance(1_000);
    for (const link of [peer(1), peer(2)]) node.receive(link, { type: 'heartbeat' });
  }
  expect(node.mono - from).toBe(12_000);
  expect(gone(node)).toEqual([{ what: 'presence-gone', peer: peer(3), reason: 'failed' }]);
});

test('SYNC-22: while the other side has only large records to offer the session does not end', () => {
  const node = createNode();
  const helper = peer(1);
  node.handle({ type: 'start' });
  node.link(helper, true);
  const opening = node.sent().find(({ frame }) => frame.type === 'sync')!.frame;
  for (let n = 0; n < 5; n++) {
    node.receive(helper, offerOf(record({ key: `k${n}`, value: new Uint8Array(20_000) }), false));
    for (let s = 0; s < 4; s++) {
      node.advance(1_000);
      node.receive(helper, { type: 'heartbeat' });
    }
  }
  node.receive(helper, { type: 'done', session: opening.type === 'sync' ? opening.session : Number.NaN });
  expect(node.engine.stats().refused['unasked']).toBeUndefined();
});
