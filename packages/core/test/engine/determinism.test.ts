import { expect, test } from 'vitest';
import type { Effect } from '../../src/effect.ts';
import { encodeFrame } from '../../src/wire/frame.ts';
import { mutate } from '../support/mutate.ts';
import { createNode, type TestNode } from '../support/node.ts';
import { peer } from '../support/peers.ts';
import { forge, record } from '../support/records.ts';
import { announceSeed, rngOf } from '../support/seed.ts';
import { populate, start } from '../support/signals.ts';

/** An eventful life: links, records, junk, local writes, waits. All of it follows from `seed`. */
function life(seed: number): { readonly effects: readonly Effect[]; readonly stats: unknown } {
  const rng = rngOf(1, seed);
  const node = createNode({ seed });
  start(node, [peer(1), peer(2), peer(3)]);
  for (let n = 1; n <= 4; n++) node.link(peer(n), n % 2 === 0);
  populate(node, peer(1), 12);
  for (let step = 0; step < 200; step++) {
    const from = peer(1 + rng.int(4));
    const said = record({ author: peer(rng.int(12)), key: `k${rng.int(5)}`, at: node.mono, value: step });
    switch (rng.int(6)) {
      case 0:
        node.push(from, said);
        break;
      case 1:
        node.push(from, forge(said));
        break;
      case 2:
        node.handle({ type: 'frame', from, bytes: mutate(encodeFrame({ type: 'push', records: [said.bytes] }), rng) });
        break;
      case 3:
        node.handle({ type: 'publish', kind: 'state', key: `mine${rng.int(3)}`, value: step });
        break;
      case 4:
        node.handle({ type: 'link-down', peer: from, reason: 'lost' });
        node.link(from);
        break;
      default:
        node.advance(rng.int(3_000));
    }
  }
  return { effects: node.effects(), stats: node.engine.stats() };
}

test('ENGINE-1: equal seed and equal inputs give equal effects', () => {
  const seed = announceSeed('life');
  const first = life(seed);
  expect(first.effects.length).toBeGreaterThan(200);
  expect(life(seed)).toEqual(first);
  expect(life(seed + 1)).not.toEqual(first);
});

test('ENGINE-2: nothing from the network makes the engine throw, and it still works afterwards', () => {
  const seed = announceSeed('hostile neighbours');
  const rng = rngOf(2, seed);
  const node = createNode({ seed, config: { 'guard.strikes': 1_000, 'guard.linkFramesPerSecond': 10_000 } });
  start(node);
  const honest = peer(1);
  node.link(honest);
  for (let n = 2; n <= 6; n++) node.link(peer(n));
  populate(node, honest, 8);
  const samples = sampleFrames(node);
  for (let n = 0; n < 3_000; n++) {
    const from = peer(2 + rng.int(5));
    const bytes = mutate(rng.pick(samples)!, rng);
    if (rng.int(10) === 0) node.handle({ type: 'server-signal', from: peer(rng.int(300)), payload: bytes });
    else node.handle({ type: 'frame', from, bytes });
    if (n % 100 === 0) {
      for (let link = 1; link <= 6; link++) {
        node.link(peer(link));
        node.receive(peer(link), { type: 'heartbeat' });
      }
      node.advance(rng.int(500));
    }
  }
  node.link(honest);
  node.deliveries();
  node.push(honest, record({ author: honest, key: 'still', value: 'here', at: node.mono }));
  expect(node.deliveries()).toContainEqual(expect.objectContaining({ what: 'state', key: 'still', value: 'here' }));
});

function sampleFrames(node: TestNode): readonly Uint8Array[] {
  const said = record({ author: peer(3), key: 'k' }).bytes;
  const bound = new Uint8Array(20).fill(7);
  const peers = [peer(3), node.self];
  return [
    encodeFrame({ type: 'push', records: [said, record({ kind: 'presence', author: peer(4) }).bytes] }),
    encodeFrame({ type: 'push', records: [record({ kind: 'accuse', author: peer(4), key: peer(3), at: 5 }).bytes] }),
    encodeFrame({
      type: 'sync',
      session: 1,
      topics: [
        { domain: 'members', say: 'ids', range: { lower: bound, upper: new Uint8Array(0) }, ids: new Uint8Array(16) },
        { domain: 'state', say: 'ladder', rungs: [{ lower: bound, count: 5, fingerprint: new Uint8Array(8) }] },
      ],
    }),
    encodeFrame({ type: 'delta', session: 1, records: [said] }),
    encodeFrame({ type: 'done', session: 1 }),
    encodeFrame({ type: 'ping', nonce: 5 }),
    encodeFrame({ type: 'shuffle', peers }),
    encodeFrame({ type: 'disconnect', reason: 'full', retryAfterMs: 5, alternatives: peers }),
    encodeFrame({
      type: 'relay',
      id: 1,
      to: node.self,
      from: peer(9),
      ttl: 5,
      payload: encodeFrame({ type: 'heartbeat' }),
    }),
    encodeFrame({ type: 'relay', id: 2, to: peer(9), from: peer(8), ttl: 5, payload: new Uint8Array(5) }),
  ];
}
