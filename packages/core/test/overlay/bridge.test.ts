import { expect, test } from 'vitest';
import { createNode, type TestNode } from '../support/node.ts';
import { peer } from '../support/peers.ts';
import { ofType } from '../support/recorder.ts';
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
