import { expect, test } from 'vitest';
import { makeConfig } from '../../src/config.ts';
import { createLosses } from '../../src/overlay/losses.ts';
import { createViews, type Wish } from '../../src/overlay/views.ts';
import type { PeerId } from '../../src/types.ts';
import { encodeSignal } from '../../src/wire/signal.ts';
import { createNode, type TestNode } from '../support/node.ts';
import { at, peer } from '../support/peers.ts';
import { accusation, record } from '../support/records.ts';
import { rngOf } from '../support/seed.ts';
import { populate, signalIn, signedSignal } from '../support/signals.ts';

test('OVER-34: after many failures a word must be newer than all of theirs, for 10 minutes', () => {
  const losses = createLosses(rngOf(0, 1));
  losses.onGone(peer(1), 'failed', 9, at(0), 500);
  expect(losses.isOutlivedBy(0, at(0))).toBe(true);
  losses.onGone(peer(2), 'failed', 8, at(1_000), 400);
  const verdicts = (mono: number): readonly boolean[] => [500, 501].map(hlc => losses.isOutlivedBy(hlc, at(mono)));
  expect(verdicts(1_000)).toEqual([false, true]);
  expect(verdicts(600_999)).toEqual([false, true]);
  expect(verdicts(601_000)).toEqual([true, true]);
});

test('OVER-34: when one of the lost is back the others are no less welcome, until many fail again', () => {
  const losses = createLosses(rngOf(0, 1));
  for (let n = 1; n < 4; n++) losses.onGone(peer(n), 'failed', 9 - n, at(100_000), 500);
  losses.onFound();
  expect(losses.isOutlivedBy(1, at(101_000))).toBe(true);
  for (let n = 4; n < 6; n++) losses.onGone(peer(n), 'failed', 9 - n, at(200_000), 300);
  expect([300, 301].map(hlc => losses.isOutlivedBy(hlc, at(201_000)))).toEqual([false, true]);
});

test('OVER-34: one that fails by itself later moves nothing, nor does half a room that says goodbye', () => {
  const losses = createLosses(rngOf(0, 1));
  for (let n = 1; n < 4; n++) losses.onGone(peer(n), 'failed', 99 - n, at(0), 500);
  expect(losses.isOutlivedBy(1, at(0))).toBe(true);
  for (let n = 4; n < 24; n++) losses.onGone(peer(n), 'failed', 99 - n, at(1_000), 500);
  losses.onGone(peer(30), 'failed', 70, at(100_000), 9_000);
  expect([500, 501].map(hlc => losses.isOutlivedBy(hlc, at(100_000)))).toEqual([false, true]);
  for (let n = 31; n < 80; n++) losses.onGone(peer(n), 'left', 100 - n, at(7_200_000));
  expect(losses.isOutlivedBy(1, at(7_200_000))).toBe(true);
});

test('OVER-34: who is surely there is drawn first, near or far, and anybody when there is none', () => {
  const views = createViews(peer(1), makeConfig(), rngOf(0, 1), at(0));
  for (let n = 100; n < 150; n++) {
    views.members.add(peer(n));
    if (n < 120) views.near.add(peer(n));
  }
  const sure = new Set([peer(110), peer(140)]);
  const wish: Wish = {
    lonely: false,
    anchor: false,
    near: false,
    isFree: who => who !== peer(110),
    isSure: who => sure.has(who),
    mayName: () => true,
  };
  for (let n = 0; n < 20; n++) expect(views.candidate(wish, at(0))?.peer).toBe(peer(140));
  const near = { ...wish, near: true, isFree: () => true };
  for (let n = 0; n < 20; n++) expect(views.candidate(near, at(0))?.peer).toBe(peer(110));
  sure.clear();
  expect(views.candidate(wish, at(0))).toBeDefined();
});

/** Whom the node has asked for a link through the mesh since asked last. */
function asked(node: TestNode): readonly PeerId[] {
  const to = node.sent().flatMap(({ frame }) => {
    return frame.type === 'relay' && signalIn(frame.payload).type === 'request' ? [frame.to] : [];
  });
  // Each leaves in two copies.
  return [...new Set(to)];
}

test('OVER-34: after a crash, members that have spoken since are asked for links before all others', () => {
  const node = createNode({ config: { 'overlay.dialsPerMinute': 600 } });
  const link = peer(1);
  node.handle({ type: 'start' });
  node.link(link);
  populate(node, link, 60);
  const live = (ms: number): void => {
    for (let passed = 0; passed < ms; passed += 1_000) {
      node.receive(link, { type: 'heartbeat' });
      node.advance(1_000);
    }
  };
  live(5_000);
  for (let n = 2; n <= 20; n++) {
    node.push(link, accusation(link, peer(n), node.mono));
  }
  live(7_000);
  expect(node.engine.stats().suspected).toBe(19);
  const survivors = [58, 59, 60].map(peer);
  for (const survivor of survivors) node.push(link, record({ author: survivor, at: node.mono, seq: 2 }));
  asked(node);
  live(4_000);
  expect(asked(node).slice(0, 3).sort()).toEqual(survivors);
  live(4_000);
  // None of them has answered, and the rest is not given up.
  expect(asked(node).some(who => !survivors.includes(who))).toBe(true);
});

test('OVER-41: who became unreachable and then failed is lost once', () => {
  const node = createNode({ config: { 'liveness.partitionMs': 0, 'liveness.unprovenMs': 10_000 } });
  const link = peer(1);
  node.handle({ type: 'start' });
  node.link(link);
  populate(node, link, 30);
  node.advance(100);
  // Four of thirty are no crash of many, after which all that say nothing would be doubted; eight were one.
  for (let n = 2; n <= 5; n++) node.push(link, accusation(link, peer(n), node.mono, 9));
  for (let ms = 0; ms < 100_000; ms += 1_000) {
    node.receive(link, { type: 'heartbeat' });
    node.advance(1_000);
  }
  const { peers, failures, suspicionsTold } = node.engine.stats();
  expect([peers, failures, suspicionsTold]).toEqual([26, 4, 0]);
});

test('OVER-40: a question is passed on to liveness, and answered; an answer is a record', () => {
  const node = createNode();
  const [link, far] = [peer(1), peer(2)];
  node.handle({ type: 'start' });
  for (const one of [link, far]) node.link(one);
  populate(node, link, 3);
  const question = encodeSignal({ type: 'probe', session: 9 });
  node.advance(10);
  node.sent();
  node.receive(link, {
    type: 'relay',
    id: 1,
    to: node.self,
    from: far,
    ttl: 3,
    payload: signedSignal(far, node.self, question),
  });
  node.advance(10);
  const answers = node.sent().flatMap(({ to, frame }) => {
    const signal = frame.type === 'relay' ? signalIn(frame.payload) : undefined;
    return signal?.type === 'alive' ? [{ to, ...signal }] : [];
  });
  expect(answers).toMatchObject([{ to: link, session: 9 }]);
  const vouch = record({ kind: 'vouch', author: peer(3), key: node.self, value: 2, at: node.mono });
  const answer = encodeSignal({ type: 'alive', session: 9, record: vouch.bytes });
  const { recordsAccepted } = node.engine.stats();
  node.receive(link, {
    type: 'relay',
    id: 2,
    to: node.self,
    from: peer(3),
    ttl: 3,
    payload: signedSignal(peer(3), node.self, answer),
  });
  expect(node.engine.stats().recordsAccepted).toBe(recordsAccepted + 1);
});
