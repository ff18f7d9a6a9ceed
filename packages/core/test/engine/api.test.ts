import { expect, test } from 'vitest';
import { createEngine } from '../../src/engine.ts';
import { readRecord, type SignedRecord, signedBytes } from '../../src/identity/record.ts';
import { concatBytes } from '../../src/lib/bytes.ts';
import { seedFrom } from '../../src/lib/rng.ts';
import { createExchange } from '../../src/sync/exchange.ts';
import { createIndexSet } from '../../src/sync/index-set.ts';
import { encodeFrame } from '../../src/wire/frame.ts';
import { createNode } from '../support/node.ts';
import { at, peer, WALL } from '../support/peers.ts';
import { ofType, type Sent } from '../support/recorder.ts';
import { forge, NETWORK, record } from '../support/records.ts';
import { start } from '../support/signals.ts';

test('ENGINE-12: a write that cannot be is refused before it is made, with the reason', () => {
  const { engine, self, handle } = createNode({
    config: { 'store.keysPerAuthor': 1, 'intake.unsigned': 16, 'guard.authorBurst': 1, 'guard.authorPerSecond': 1 },
  });
  expect(engine.refusal('state', `user/${self}/name`, 10)).toBeUndefined();
  expect(engine.refusal('state', `user/${peer(1)}/name`, 10)).toBe('forbidden-by-policy');
  expect(engine.refusal('state-delete', `user/${peer(1)}/name`, 1)).toBe('forbidden-by-policy');
  expect(engine.refusal('event', `user/${peer(1)}/name`, 1)).toBeUndefined();
  handle({ type: 'publish', kind: 'state', key: 'mine', value: 1 });
  expect(engine.refusal('state', 'mine', 10)).toBeUndefined();
  expect(engine.refusal('state', 'more', 10)).toBe('quota-exceeded');
  for (let n = 0; n < 16; n++) handle({ type: 'publish', kind: 'event', key: 'e', value: n });
  expect(engine.refusal('event', 'e', 1)).toBe('too-many-pending');
  expect(engine.refusal('presence', '', 1)).toBe('too-many-pending');
});

test('ENGINE-12: settings, a policy or a region that cannot be used are refused at once', () => {
  const options = { self: peer(1), app: 'a', room: 'r', seed: seedFrom(1, 1) } as const;
  expect(() => createEngine({ ...options, config: { 'overlay.maxLinks': 1 } }, at(0))).toThrow(
    expect.objectContaining({ code: 'bad-config' }),
  );
  expect(() => createEngine({ ...options, policy: [{ key: 'a/**', write: 'author' }] }, at(0))).toThrow(
    expect.objectContaining({ code: 'bad-config' }),
  );
  expect(() => createEngine({ ...options, region: 'EU West' }, at(0))).toThrow(
    expect.objectContaining({ code: 'bad-config' }),
  );
});

test('ENGINE-13: records kept by an earlier run come back, verified, and are passed on', () => {
  const node = createNode();
  start(node);
  const kept = Array.from({ length: 2_000 }, (_, n) => record({ author: peer(n % 20), key: `k${n}`, value: n }).bytes);
  node.handle({ type: 'restore', records: [...kept, new Uint8Array(70)] });
  expect(node.engine.stats()).toMatchObject({ stateKeys: 2_000, verifications: 2_000, indexed: 2_000 });
  expect(node.engine.stats().banned).toBe(0);
});

test('AUTH-4: the sequence goes on above what storage kept, before any of it is verified', () => {
  const node = createNode({ slowCrypto: true });
  const own = record({ author: node.self, key: 'k', seq: WALL + 3_600_000 });
  node.handle({ type: 'restore', records: [own.bytes] });
  node.handle({ type: 'publish', kind: 'event', key: 'hello', value: 1 });
  const prefix = signedBytes(new Uint8Array(0)).length;
  const [said] = node
    .effects()
    .flatMap(effect => (effect.type === 'sign' ? [concatBytes(new Uint8Array(64), effect.bytes.slice(prefix))] : []));
  expect(readRecord(said!, NETWORK)).toMatchObject({ ok: true, value: { kind: 'event', seq: WALL + 3_600_001 } });
});

test('ENGINE-14: stats are plain numbers that add up', () => {
  const node = createNode();
  start(node);
  node.link(peer(1));
  node.link(peer(2), true);
  node.push(peer(1), record({ author: peer(1), key: 'k' }), record({ kind: 'presence', author: peer(1) }));
  node.push(peer(1), record({ author: peer(1), key: 'k' }));
  const stats = node.engine.stats();
  expect(stats).toMatchObject({
    links: 2,
    peers: 1,
    size: 2,
    divergence: 0,
    stateKeys: 1,
    indexed: 2,
    framesIn: 2,
    recordsAccepted: 2,
    recordsStored: 2,
    duplicates: 1,
    verifications: 2,
    linksMade: 2,
    linksLost: 0,
  });
  const byFrame = Object.values(stats.bytesOutByFrame).reduce((sum, bytes) => sum + bytes, 0);
  expect(byFrame).toBe(stats.bytesOut);
  expect(stats.bytesOut).toBe(node.sent().reduce((sum, { frame }) => sum + encodeFrame(frame).length, 0));
  expect(stats.bytesOut).toBeGreaterThan(0);
  expect(stats.bytesIn).toBeGreaterThan(0);
  expect(JSON.parse(JSON.stringify(stats))).toEqual(stats);
});

test('LIVE-4: the accusation of a killed neighbour is signed and goes to the others', () => {
  const node = createNode();
  start(node);
  for (const link of [peer(1), peer(2)]) node.link(link);
  node.push(peer(1), record({ kind: 'presence', author: peer(1) }));
  for (let n = 0; n < 7; n++) {
    node.receive(peer(2), { type: 'heartbeat' });
    node.advance(1_000);
  }
  const pushed = node.sent().filter(({ to, frame }) => to === peer(2) && frame.type === 'push');
  expect(pushed.length).toBeGreaterThan(0);
  expect(node.engine.stats()).toMatchObject({ suspicionsTold: 1, suspected: 1 });
  node.push(peer(2), record({ kind: 'presence', author: peer(1), at: node.mono + 1 }));
  expect(node.engine.stats().suspected).toBe(0);
});

test('ENGINE-15: what a slow link has no room for waits, the urgent overtakes it, and fresh goes before old', () => {
  const node = createNode({ slowLinks: true, config: { 'sync.periodMs': 600_000 } });
  start(node);
  const [source, slow] = [peer(1), peer(2)];
  node.link(source);
  node.link(slow);
  node.receive(slow, { type: 'graft', ids: [], authors: [] });
  node.sent();
  const said = (n: number): SignedRecord =>
    record({ author: peer(1), key: `k${n}`, value: new Uint8Array(4_000), at: n });
  for (let n = 0; n < 40; n++) {
    node.push(source, said(n));
    node.advance(25);
  }
  const bytesTo = (sent: readonly Sent[]): number =>
    sent.reduce((sum, { to, frame }) => sum + (to === slow ? encodeFrame(frame).length : 0), 0);
  const before = node.sent();
  expect(bytesTo(before)).toBeGreaterThan(32_768);
  expect(bytesTo(before)).toBeLessThan(65_536);
  const { queuedBytes, fullestLinkBytes } = node.engine.stats();
  expect(queuedBytes).toBeGreaterThan(100_000);
  expect(fullestLinkBytes).toBe(bytesTo(before));
  expect(ofType(node.effects(), 'watch-link')).toEqual([{ type: 'watch-link', peer: slow, below: 4_096 }]);

  node.receive(slow, { type: 'ping', nonce: 7 });
  expect(node.sent()).toEqual([{ to: slow, frame: { type: 'pong', nonce: 7, view: 0 } }]);
  // It asks for all that it lacks while fresh records wait for it.
  const session = 5;
  const nothing = createExchange('state', createIndexSet(), session);
  node.receive(slow, { type: 'sync', session, topics: [nothing.open()] });
  const order: string[] = [];
  for (let n = 0; n < 20 && !order.includes('sync'); n++) {
    node.handle({ type: 'link-drained', peer: slow, waiting: 0 });
    order.push(...node.sent().flatMap(({ to, frame }) => (to === slow ? [frame.type] : [])));
  }
  expect(order.length).toBeGreaterThan(5);
  expect(order.map(type => type === 'push')).toEqual([...Array(order.length - 1).fill(true), false]);
  expect(node.engine.stats().queuedBytes).toBe(0);
});

test('ENGINE-16: a neighbour that talks and does not read silences nobody, and is given up', () => {
  const node = createNode({ slowLinks: true });
  start(node);
  const [good, stuck] = [peer(1), peer(2)];
  node.link(good);
  node.link(stuck);
  let silenced = 0;
  for (let n = 0; n < 150 && node.engine.neighbours().length === 2; n++) {
    node.handle({ type: 'publish', kind: 'event', key: 'e', value: 'x'.repeat(4_000) });
    node.advance(200);
    for (const { peer: link } of ofType(node.effects(), 'watch-link')) {
      if (link === good) node.handle({ type: 'link-drained', peer: good, waiting: 0 });
    }
    for (const link of [good, stuck]) node.receive(link, { type: 'heartbeat' });
    if (node.engine.stats().unsigned > 0) silenced += 1;
  }
  expect(silenced).toBe(0);
  expect(node.engine.neighbours().map(({ peer: link }) => link)).toEqual([good]);
  expect(node.sent().findLast(({ to }) => to === stuck)?.frame).toMatchObject({ reason: 'overflow' });
});

test('AUTH-9: what waited for links goes when a tick has emptied their queue into a window that is not full', () => {
  const config = { 'flow.windowBytes': 1_048_576, 'flow.linkBytes': 8_388_608 };
  const node = createNode({ slowLinks: true, config });
  start(node);
  node.link(peer(1));
  for (let n = 0; n < 20; n++) {
    node.handle({ type: 'publish', kind: 'event', key: 'e', value: 'x'.repeat(8_000) });
  }
  expect(node.engine.stats().unsigned).toBeGreaterThan(1);
  node.advance(100);
  expect(node.engine.stats().unsigned).toBe(0);
});

test('ENGINE-16: a link that takes nothing at all is closed with its reason, and its peer is not called dead', () => {
  const node = createNode({ slowLinks: true, config: { 'flow.linkBytes': 131_072, 'flow.windowBytes': 65_536 } });
  start(node);
  const slow = peer(2);
  node.link(peer(1));
  node.link(slow);
  node.receive(slow, { type: 'graft', ids: [], authors: [] });
  for (let n = 0; n < 30; n++) {
    node.push(peer(1), record({ author: peer(1), key: `k${n}`, value: new Uint8Array(4_000), at: n }));
    node.advance(25);
  }
  node.effects();
  node.sent();
  for (let n = 0; n < 12 && node.engine.neighbours().length === 2; n++) {
    // Announced and never sent: asked for.
    const ids = Array.from({ length: 1_024 }, (_, i) => (1_024 * n + i).toString(16).padStart(16, '0'));
    node.receive(slow, { type: 'ihave', ids });
    node.advance(2_000);
    node.receive(slow, { type: 'heartbeat' });
    node.receive(peer(1), { type: 'heartbeat' });
  }
  expect(ofType(node.effects(), 'close-link')).toEqual([{ type: 'close-link', peer: slow, reason: 'overflow' }]);
  const goodbye = node.sent().findLast(({ to }) => to === slow);
  expect(goodbye?.frame).toMatchObject({ type: 'disconnect', reason: 'overflow' });
  expect(node.engine.stats().suspicionsTold).toBe(0);
});

test('AGGR-9: a neighbour that sees other members is told of by its pongs', () => {
  const node = createNode();
  start(node);
  const link = peer(1);
  node.link(link);
  node.push(link, record({ kind: 'presence', author: link }));
  node.receive(link, { type: 'ping', nonce: 1 });
  const [pong] = ofType(
    node.sent().map(({ frame }) => frame),
    'pong',
  );
  expect(pong!.view).toBe(1);
  node.receive(link, { type: 'pong', nonce: 1, view: 1 });
  expect(node.engine.stats().divergence).toBe(0);
  node.receive(link, { type: 'pong', nonce: 1, view: 2 });
  expect(node.engine.stats().divergence).toBe(1);
});

test('AGGR-2: a signed here from the network is kept for newcomers and estimated with; a forged one is not', () => {
  const node = createNode();
  start(node);
  const link = peer(1);
  node.link(link);
  const here = record({ kind: 'here', author: peer(2), value: [WALL / 300_000, 'eu'], exp: WALL + 600_000 });
  node.push(link, forge(here));
  expect(node.engine.stats()).toMatchObject({ size: 1, indexed: 0 });
  node.push(link, here);
  expect(node.engine.stats()).toMatchObject({ size: 2, indexed: 1, verifications: 2 });
  node.push(link, here);
  expect(node.engine.stats()).toMatchObject({ duplicates: 1, verifications: 2 });
  expect(node.engine.estimates().regions).toEqual([
    { region: undefined, count: { value: 1, error: 0 } },
    { region: 'eu', count: { value: 1, error: 0 } },
  ]);
  node.advance(660_000);
  expect(node.engine.stats().indexed).toBe(0);
});
