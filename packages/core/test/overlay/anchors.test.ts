import { expect, test } from 'vitest';
import type { PeerId } from '../../src/types.ts';
import { createNode, type TestNode } from '../support/node.ts';
import { peer } from '../support/peers.ts';
import { record } from '../support/records.ts';
import { populate, signals, start, tell } from '../support/signals.ts';

const linked = (node: TestNode): readonly PeerId[] => node.engine.neighbours().map(({ peer: who }) => who);
const INTRODUCED = [1, 2, 3, 4].map(peer);

/** Four links that the server introduced, the first three the anchors, and as many from outside as there is room for. */
function anchored(maxLinks: number, dialsAtOnce = 4): TestNode {
  const node = createNode({ config: { 'overlay.maxLinks': maxLinks, 'overlay.dialsAtOnce': dialsAtOnce } });
  start(node, INTRODUCED);
  for (const { to, signal } of signals(node)) tell(node, to, { type: 'accept', session: signal.session });
  for (const anchor of INTRODUCED) node.link(anchor, true);
  for (let n = node.engine.neighbours().length; n < maxLinks; n++) node.link(peer(50 + n));
  node.effects();
  node.sent();
  return node;
}

test('OVER-28: who presses in from outside gets no slot of an anchor, however often it asks', () => {
  const node = anchored(12);
  for (let n = 0; n < 60; n++) {
    tell(node, peer(300 + n), { type: 'request', session: n, urgent: true });
    for (const link of linked(node)) node.receive(link, { type: 'heartbeat' });
    node.link(peer(300 + n));
    node.advance(1_000);
  }
  // The pressure was real: all others are newcomers by now.
  expect(linked(node).some(link => link === peer(54))).toBe(false);
  for (const anchor of INTRODUCED.slice(0, 3)) expect(linked(node)).toContain(anchor);
});

test('OVER-28: half of a small cap is left for newcomers', () => {
  const node = anchored(4);
  tell(node, peer(300), { type: 'request', session: 1, urgent: true });
  expect(linked(node)).toHaveLength(3);
  for (const anchor of INTRODUCED.slice(0, 2)) expect(linked(node)).toContain(anchor);
});

test('OVER-28: a link in surplus that goes is no anchor', () => {
  const node = anchored(12);
  populate(node, peer(1), 40);
  for (let n = 0; n < 120; n++) {
    for (const link of linked(node)) node.receive(link, { type: 'heartbeat' });
    if (n % 30 === 0)
      node.push(peer(1), ...INTRODUCED.map(author => record({ kind: 'presence', author, at: node.mono })));
    node.advance(1_000);
  }
  expect(linked(node)).toHaveLength(9);
  for (const anchor of INTRODUCED.slice(0, 3)) expect(linked(node)).toContain(anchor);
});

test('OVER-17: a neighbour that others take for dead hears why its link ends', () => {
  const node = createNode();
  start(node);
  for (const link of [1, 2].map(peer)) node.link(link);
  populate(node, peer(1), 2);
  node.sent();
  node.push(peer(1), record({ kind: 'leave', author: peer(2), at: node.mono, seq: 5 }));
  expect(node.sent()).toContainEqual({
    to: peer(2),
    frame: { type: 'disconnect', reason: 'leaving', retryAfterMs: 10_000, alternatives: [] },
  });
});
