import { expect, test } from 'vitest';
import { makeConfig } from '../../src/config.ts';
import { createOverlay } from '../../src/overlay/overlay.ts';
import { createNode, type TestNode } from '../support/node.ts';
import { at, peer } from '../support/peers.ts';
import { createRecorder, ofType } from '../support/recorder.ts';
import { rngOf } from '../support/seed.ts';
import { signals, start, tell } from '../support/signals.ts';

const stranger = peer(200);
const second = peer(201);

/** As many links as it may have. */
function full(): TestNode {
  const node = createNode({ config: { 'overlay.maxLinks': 4 } });
  start(node);
  for (let n = 1; n <= 4; n++) node.link(peer(n));
  node.effects();
  node.sent();
  return node;
}

test('OVER-23: a node at its cap asks a stranger whom the server names, urgently, and one at a time', () => {
  const node = full();
  node.handle({ type: 'introduced', peers: [stranger] });
  node.handle({ type: 'introduced', peers: [second] });
  expect(signals(node)).toMatchObject([{ to: stranger, signal: { type: 'request', urgent: true } }]);
  expect(node.engine.neighbours()).toHaveLength(4);
  expect(node.sent()).toEqual([]);
});

test('OVER-23: the slot is made when the stranger accepts, and the neighbour that goes is given the stranger', () => {
  const node = full();
  node.handle({ type: 'introduced', peers: [stranger] });
  const [asked] = signals(node);
  tell(node, stranger, { type: 'accept', session: asked!.signal.session });
  const goodbyes = node.sent().flatMap(({ frame }) => (frame.type === 'disconnect' ? [frame] : []));
  expect(goodbyes).toMatchObject([{ reason: 'full', alternatives: [stranger] }]);
  expect(node.engine.neighbours()).toHaveLength(3);
  expect(ofType(node.effects(), 'dial')).toMatchObject([{ peer: stranger, initiator: true }]);
});

test('OVER-23: a stranger that refuses costs nobody a link', () => {
  const node = full();
  node.handle({ type: 'introduced', peers: [stranger] });
  const [asked] = signals(node);
  tell(node, stranger, { type: 'refuse', session: asked!.signal.session, retryAfterMs: 1_000, alternatives: [] });
  expect(node.engine.neighbours()).toHaveLength(4);
  expect(node.sent()).toEqual([]);
});

test('OVER-23: one of the lost that is back is asked within 4 s, and not by all at once', () => {
  const asked = (chance: number, untilMs: number): readonly string[] => {
    const recorder = createRecorder();
    const rng = { ...rngOf(0, 1), next: () => chance };
    const tools = { self: peer(100), region: undefined, config: makeConfig(), outbox: recorder.outbox, rng };
    const overlay = createOverlay({ ...tools, isBanned: () => false, rttMs: () => undefined, saidAt: () => 0 }, at(0));
    for (const who of [stranger, second]) overlay.onMemberJoined(who, undefined, at(0));
    for (const who of [stranger, second]) overlay.onMemberGone(who, 'failed', at(1));
    recorder.facts();
    overlay.onMemberJoined(stranger, undefined, at(1_000));
    for (let mono = 1_000; mono <= 1_000 + untilMs; mono += 100) overlay.onWake(at(mono));
    return ofType(recorder.facts(), 'signal-out').map(({ to }) => to);
  };
  expect(asked(0.4, 1_500)).toEqual([]);
  expect(asked(0.4, 1_600)).toEqual([stranger]);
  expect(asked(0.6, 10_000)).toEqual([]);
});
