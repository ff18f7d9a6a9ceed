import { expect, test } from 'vitest';
import { createLosses } from '../../src/overlay/losses.ts';
import { createNode, type TestNode } from '../support/node.ts';
import { at, peer } from '../support/peers.ts';
import { ofType } from '../support/recorder.ts';
import { record } from '../support/records.ts';
import { rngOf } from '../support/seed.ts';
import { populate, signals, start, tell } from '../support/signals.ts';

const any = (): boolean => true;

test('OVER-20: one member in five within a minute is the alarm, and never one alone', () => {
  const losses = createLosses(rngOf(0, 1));
  expect(losses.onGone(peer(1), 'failed', 2, at(0))).toBe(false);
  expect(losses.nextWakeAt()).toBe(Number.POSITIVE_INFINITY);
  const large = createLosses(rngOf(0, 1));
  expect([1, 2, 3].map(n => large.onGone(peer(n), 'failed', 20 - n, at(n)))).toEqual([false, false, false]);
  expect(large.onGone(peer(4), 'failed', 16, at(59_999))).toBe(true);
  const slow = createLosses(rngOf(0, 1));
  for (let n = 1; n < 4; n++) slow.onGone(peer(n), 'failed', 20 - n, at(0));
  expect(slow.onGone(peer(4), 'failed', 16, at(60_000))).toBe(false);
});

test('OVER-20: half of the members gone within a minute, however they went, is a reason to ask, and no alarm', () => {
  const losses = createLosses(rngOf(0, 1));
  expect([1, 2, 3, 4].map(n => losses.onGone(peer(n), 'left', 10 - n, at(n)))).toEqual([false, false, false, false]);
  expect(losses.nextWakeAt()).toBe(Number.POSITIVE_INFINITY);
  expect(losses.onGone(peer(5), 'left', 5, at(5))).toBe(false);
  const due = losses.nextWakeAt();
  expect(due).toBeLessThan(5_010);
  expect(losses.takeDue(5, at(due))).toBe(true);
  // They said goodbye: there is nobody to look for.
  expect(losses.isLost(peer(1))).toBe(false);
  expect(losses.nextWakeAt()).toBe(Number.POSITIVE_INFINITY);
});

test('OVER-20: the survivors together ask about once a second, less and less, for ten minutes', () => {
  const members = 40;
  const asked: number[] = [];
  for (let node = 0; node < members; node++) {
    const losses = createLosses(rngOf(node, 2));
    for (let n = 0; n < 10; n++) losses.onGone(peer(n), 'failed', members, at(0));
    for (let due = losses.nextWakeAt(); due < Number.POSITIVE_INFINITY; due = losses.nextWakeAt()) {
      if (losses.takeDue(members, at(due))) asked.push(due);
    }
  }
  const within = (from: number, to: number): number => asked.filter(due => due >= from && due < to).length;
  expect(Math.min(...asked)).toBeLessThan(5_000);
  expect(within(0, 40_000)).toBeLessThanOrEqual(60);
  expect(within(300_000, 340_000)).toBeLessThan(15);
  expect(Math.max(...asked)).toBeLessThan(600_000);
});

test('OVER-21: the last 512 that failed or expired are remembered, for an hour', () => {
  const losses = createLosses(rngOf(0, 1));
  for (let n = 0; n < 512; n++) losses.onGone(peer(n), 'failed', 600, at(0));
  expect(losses.isLost(peer(0))).toBe(true);
  losses.onGone(peer(512), 'expired', 600, at(1));
  expect(losses.isLost(peer(0))).toBe(false);
  expect([1, 512].map(n => losses.isLost(peer(n)))).toEqual([true, true]);
  losses.onGone(peer(1), 'failed', 600, at(3_600_000));
  expect(losses.isLost(peer(2))).toBe(false);
  expect(losses.candidate(any, at(3_600_000))).toBeUndefined();
});

/** The first neighbours go on; their presence is restated as any member's. */
function live(node: TestNode, ms: number, neighbours = 1): void {
  for (let passed = 0; passed < ms; passed += 500) {
    for (let n = 1; n <= neighbours; n++) {
      if (node.mono % 30_000 === 0) node.push(peer(n), record({ kind: 'presence', author: peer(n), at: node.mono }));
      node.receive(peer(n), { type: 'heartbeat' });
    }
    node.advance(500);
  }
}

/** Peers 1 to 4 are neighbours; all but the first fall silent. */
function survivor(): TestNode {
  const node = createNode({ config: { 'overlay.beaconMs': 3_600_000 } });
  start(node);
  for (let n = 1; n <= 4; n++) node.link(peer(n));
  populate(node, peer(1), 4);
  live(node, 60_000, 4);
  live(node, 30_000);
  return node;
}

test('OVER-20: who lost many asks the server, and calls the lost by way of it', () => {
  const node = survivor();
  expect(node.engine.stats().suspected).toBe(3);
  // Its socket was let go of while it believed that all was well, and again when the server did not answer in time.
  const opened = ofType(node.effects(), 'rendezvous').map(({ open }) => open);
  expect(opened.slice(0, 3)).toEqual([true, false, true]);
  for (let ms = 0; ms < 60_000 && opened.at(-1) === false; ms += 500) {
    live(node, 500);
    opened.push(...ofType(node.effects(), 'rendezvous').map(({ open }) => open));
  }
  expect(opened.at(-1)).toBe(true);
  node.handle({ type: 'rendezvous-up', peers: [], entry: false });
  const called = signals(node).map(({ to }) => to);
  expect([2, 3, 4].map(peer)).toContain(called[0]);
});

test('OVER-20: when one of them is back nobody asks any more', () => {
  const node = survivor();
  for (let n = 2; n <= 4; n++) node.push(peer(1), record({ kind: 'presence', author: peer(n), at: node.mono, seq: 2 }));
  expect(node.engine.stats().peers).toBe(4);
  node.handle({ type: 'rendezvous-up', peers: [], entry: true });
  node.link(peer(2));
  node.effects();
  // Restated, so that it is there; heard, so that the link is not thin.
  for (let ms = 0; ms < 100_000; ms += 500) {
    node.receive(peer(2), { type: 'heartbeat' });
    live(node, 500);
  }
  expect(ofType(node.effects(), 'introduce')).toEqual([]);
});

test('OVER-22: an urgent request is not promised a link that an answer to our own may take', () => {
  const node = createNode({ config: { 'overlay.maxLinks': 4, 'overlay.dialsAtOnce': 3 } });
  start(node, [1, 2, 3].map(peer));
  node.link(peer(50));
  node.effects();
  const asker = peer(60);
  tell(node, asker, { type: 'request', session: 9, urgent: true });
  const dials = ofType(node.effects(), 'dial').length;
  const { length: links } = node.engine.neighbours();
  // Three are asked: the promise was made only after a link had been given up.
  expect(dials + links + 3).toBeLessThanOrEqual(4);
});
