import { expect, test } from 'vitest';
import type { PeerId } from '../../src/types.ts';
import { createNode, type TestNode } from '../support/node.ts';
import { peer } from '../support/peers.ts';
import { ofType } from '../support/recorder.ts';
import { record } from '../support/records.ts';
import { signals, start } from '../support/signals.ts';

const ASLEEP = 2;

function say(node: TestNode, author: number, ...activity: readonly number[]): void {
  const value = [1, null, ...activity];
  node.push(peer(50), record({ kind: 'presence', author: peer(author), at: node.mono, value }));
}

/** Whom the node asked for a link since asked last, by the server or through the mesh, the smallest first. */
function asked(node: TestNode): readonly string[] {
  const relayed = node.sent().flatMap(({ frame }) => (frame.type === 'relay' ? [frame.to] : []));
  return [...signals(node).map(({ to }) => to), ...relayed].sort();
}

test('OVER-35: who sleeps is not asked for a link, and is asked when it wakes', () => {
  const node = createNode();
  start(node);
  node.link(peer(50));
  say(node, 50);
  say(node, 1, ASLEEP);
  say(node, 2);
  expect(asked(node)).toEqual([peer(2)]);
  node.advance(1_000);
  say(node, 1);
  expect(asked(node)).toEqual([peer(1)]);
});

test('OVER-35: who sleeps is no reason to look for more links', () => {
  const node = createNode({ config: { 'overlay.settleMs': 5_000 } });
  start(node);
  node.link(peer(50));
  say(node, 50);
  for (let n = 1; n <= 6; n++) say(node, n, ASLEEP);
  node.effects();
  for (let s = 0; s < 6; s++) {
    node.receive(peer(50), { type: 'heartbeat' });
    node.advance(1_000);
  }
  // Its one link is all that can be had, so it is settled and lets go of the server.
  expect(node.effects().filter(({ type }) => type === 'rendezvous')).toEqual([{ type: 'rendezvous', open: false }]);
});

const silent = { type: 'disconnect', reason: 'silent', retryAfterMs: 10_000, alternatives: [] } as const;

test('OVER-36: neighbours that gave up a node which was stopped are asked again once it runs', () => {
  const node = createNode();
  start(node);
  node.link(peer(1));
  node.link(peer(2));
  for (const n of [1, 2]) node.push(peer(n), record({ kind: 'presence', author: peer(n), at: 0 }));
  node.sleep(60_000);
  node.effects();
  node.receive(peer(1), silent);
  node.handle({ type: 'link-down', peer: peer(2), reason: 'failed' });
  expect(asked(node)).toEqual([]);
  node.advance(249);
  expect(asked(node)).toEqual([]);
  node.advance(1);
  expect(asked(node)).toEqual([peer(1), peer(2)]);
});

test('OVER-36: a node that was stopped and lost a link by that asks the server whom there is, once', () => {
  for (const [stoppedMs, expected] of [
    [60_000, 1],
    [0, 0],
  ] as const) {
    const node = createNode();
    // An entry point holds its socket.
    start(node, [], true);
    node.link(peer(1));
    node.link(peer(2));
    node.sleep(stoppedMs);
    node.effects();
    node.receive(peer(1), silent);
    node.receive(peer(2), silent);
    expect(ofType(node.effects(), 'introduce')).toHaveLength(expected);
  }
});

test('OVER-36: a node that ran all the time leaves alone those who found it silent', () => {
  const node = createNode();
  start(node);
  node.link(peer(1));
  node.push(peer(1), record({ kind: 'presence', author: peer(1), at: 0 }));
  node.effects();
  node.receive(peer(1), silent);
  node.advance(9_900);
  expect(asked(node)).toEqual([]);
  node.advance(200);
  expect(asked(node)).toEqual([peer(1)]);
});

test('OVER-37: without a link and a server nobody is asked, and all are once the server is there', () => {
  const node = createNode();
  start(node);
  node.link(peer(1));
  for (let n = 1; n <= 3; n++) node.push(peer(1), record({ kind: 'presence', author: peer(n), at: 0 }));
  node.handle({ type: 'rendezvous-down', reason: 'closed' });
  node.handle({ type: 'link-down', peer: peer(1), reason: 'failed' });
  node.advance(20_000);
  asked(node);
  node.advance(20_000);
  expect(asked(node)).toEqual([]);
  node.handle({ type: 'rendezvous-up', peers: [], entry: false });
  // The first was accused of closing its link.
  expect(asked(node)).toEqual([peer(2), peer(3)]);
});

test('OVER-38: whom the server does not know is given up by who has no link, and somebody else is asked', () => {
  for (const hasLink of [false, true]) {
    const node = createNode({ config: { 'overlay.dialsAtOnce': 1 } });
    start(node, [peer(1), peer(2)]);
    const [first] = asked(node);
    if (hasLink) node.link(peer(9));
    asked(node);
    node.handle({ type: 'server-unreachable', peer: first as PeerId });
    node.advance(100);
    expect(asked(node).filter(who => who !== first)).toHaveLength(hasLink ? 0 : 1);
  }
});
