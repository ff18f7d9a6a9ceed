import { expect, test } from 'vitest';
import { createNode, type TestNode } from '../support/node.ts';
import { peer } from '../support/peers.ts';
import { ofType } from '../support/recorder.ts';
import { populate, signals, start } from '../support/signals.ts';

const config = { 'overlay.settleMs': 5_000, 'overlay.beaconMs': 10_000 } as const;
const opened = (node: TestNode): readonly boolean[] => ofType(node.effects(), 'rendezvous').map(({ open }) => open);

/** Time passes while the neighbours go on talking. */
function live(node: TestNode, ms: number): void {
  for (let left = ms; left > 0; left -= 500) {
    for (const { peer: link } of node.engine.neighbours()) node.receive(link, { type: 'heartbeat' });
    node.advance(Math.min(500, left));
  }
}

test('OVER-11: a node opens its socket at the start, and lets go once its links have held for a while', () => {
  const node = createNode({ config });
  node.handle({ type: 'start' });
  expect(opened(node)).toEqual([true]);
  node.handle({ type: 'rendezvous-up', peers: [], entry: false });
  node.link(peer(1));
  live(node, 4_900);
  expect(opened(node)).toEqual([]);
  live(node, 200);
  expect(opened(node)).toEqual([false]);
});

test('OVER-11: who is asked to be an entry point stays until it is relieved', () => {
  const node = createNode({ config });
  start(node, [], true);
  node.link(peer(1));
  node.effects();
  live(node, 30_000);
  expect(opened(node)).toEqual([]);
  node.handle({ type: 'entry-role', entry: false });
  live(node, 5_500);
  expect(opened(node)).toEqual([false]);
});

test('OVER-11: who loses too many links opens it again at once', () => {
  const node = createNode({ config: { ...config, 'overlay.beaconMs': 600_000 } });
  start(node);
  node.link(peer(1));
  live(node, 6_000);
  node.handle({ type: 'rendezvous-down', reason: 'closed' });
  node.effects();
  node.handle({ type: 'link-down', peer: peer(1), reason: 'gone' });
  expect(opened(node)).toEqual([true]);
});

test('OVER-11: who has its links does not look for a lost server; an entry point does, and who needs it', () => {
  for (const [entry, links, closed] of [
    [false, 1, [false]],
    [true, 1, []],
    [false, 0, []],
  ] as const) {
    const node = createNode({ config });
    start(node, [], entry);
    for (let n = 0; n < links; n++) node.link(peer(1 + n));
    live(node, 1_000);
    node.handle({ type: 'rendezvous-down', reason: 'unreachable' });
    node.effects();
    live(node, 30_000);
    expect(opened(node).slice(0, 1)).toEqual(closed);
  }
});

test('OVER-12: everybody checks in with the server now and then, about once per period for the whole room', () => {
  let checkIns = 0;
  for (let seed = 0; seed < 8; seed++) {
    const node = createNode({ config, seed });
    start(node);
    node.link(peer(1));
    populate(node, peer(1), 3);
    node.link(peer(2));
    node.link(peer(3));
    for (let ms = 0; ms < 160_000; ms += 500) {
      live(node, 500);
      for (const open of opened(node)) {
        if (open) checkIns += 1;
        node.handle(
          open ? { type: 'rendezvous-up', peers: [], entry: false } : { type: 'rendezvous-down', reason: 'closed' },
        );
      }
    }
  }
  // 8 nodes, each in a room of four: one check-in per 40 s plus the 5 s that it holds on, for 160 s.
  expect(checkIns).toBeGreaterThan(8);
  expect(checkIns).toBeLessThan(8 * 8);
});

test('OVER-12: an entry point, whose socket is open all the time, asks over it as often', () => {
  const node = createNode({ config });
  start(node, [], true);
  node.link(peer(1));
  node.effects();
  let asked = 0;
  for (let ms = 0; ms < 400_000; ms += 500) {
    live(node, 500);
    const effects = node.effects();
    asked += ofType(effects, 'introduce').length;
    expect(ofType(effects, 'rendezvous')).toEqual([]);
  }
  // A room of two: about once per 20 s.
  expect(asked).toBeGreaterThan(8);
  expect(asked).toBeLessThan(40);
});

test('OVER-13: with one link where there could be more the server is asked every 10 s', () => {
  const node = createNode();
  start(node, [2, 3, 4, 5].map(peer));
  node.link(peer(1));
  const asked = (): number => ofType(node.effects(), 'introduce').length;
  live(node, 9_500);
  expect(asked()).toBe(0);
  live(node, 20_500);
  expect(asked()).toBe(3);
  node.link(peer(2));
  live(node, 20_000);
  expect(asked()).toBe(0);
});

test('OVER-13: without any neighbour the server is asked for more, again and again', () => {
  const node = createNode();
  start(node);
  const asked = (): number => ofType(node.effects(), 'introduce').length;
  node.advance(1_999);
  expect(asked()).toBe(0);
  node.advance(1);
  expect(asked()).toBe(1);
  node.advance(10_000);
  expect(asked()).toBe(5);
  node.link(peer(1));
  node.advance(3_000);
  expect(asked()).toBe(0);
});

const told = (node: TestNode): readonly unknown[] =>
  node
    .deliveries()
    .flatMap(delivery => (delivery.what === 'status' ? [delivery.status] : delivery.what === 'ready' ? ['ready'] : []));

test('OVER-15: the app hears of its connection as it changes', () => {
  const node = createNode();
  node.handle({ type: 'start' });
  expect(node.engine.status()).toBe('connecting');
  expect(told(node)).toEqual([]);
  node.handle({ type: 'rendezvous-up', peers: [peer(1)], entry: false });
  expect(told(node)).toEqual([]);
  node.link(peer(1));
  expect(told(node)).toEqual(['connected']);
  node.handle({ type: 'link-down', peer: peer(1), reason: 'gone' });
  expect(told(node)).toEqual(['reconnecting']);
  node.handle({ type: 'rendezvous-down', reason: 'gone' });
  expect(told(node)).toEqual(['isolated']);
  node.link(peer(1));
  expect(told(node)).toEqual(['connected']);
});

test('OVER-15: who is alone with the server is connected and ready', () => {
  const node = createNode();
  start(node);
  expect(told(node)).toEqual(['connected', 'ready']);
});

test('OVER-15: ready is said once: when the first sync is done', () => {
  const node = createNode();
  start(node, [peer(1)]);
  node.link(peer(1), true);
  const [sync] = node.sent().filter(({ frame }) => frame.type === 'sync');
  const session = sync?.frame.type === 'sync' ? sync.frame.session : -1;
  expect(told(node)).toEqual(['connected']);
  node.receive(peer(1), { type: 'done', session });
  expect(told(node)).toEqual(['ready']);
  node.receive(peer(1), { type: 'done', session });
  node.link(peer(2), true);
  expect(told(node)).toEqual([]);
});

test('OVER-7: without a link whoever the server names again is asked again soon, however often it failed', () => {
  const node = createNode();
  start(node, [peer(2)]);
  const asks = (ms: number, named: boolean): number => {
    for (let passed = 0; passed < ms; passed += 500) {
      node.advance(500);
      if (named && passed % 5_000 === 0) node.handle({ type: 'introduced', peers: [peer(2)] });
    }
    return signals(node).filter(({ to }) => to === peer(2)).length;
  };
  asks(60_000, false);
  // Three seconds without an answer, and about one of patience.
  expect(asks(60_000, false)).toBeLessThan(8);
  expect(asks(60_000, true)).toBeGreaterThan(8);
});
