import { expect, test } from 'vitest';
import { signatureOf } from '../../src/identity/record.ts';
import { createNode, type TestNode } from '../support/node.ts';
import { peer } from '../support/peers.ts';
import { ofType } from '../support/recorder.ts';
import { forge, record } from '../support/records.ts';
import { populate, start } from '../support/signals.ts';

const liar = peer(1);
const friend = peer(2);
const third = peer(3);

function room(): TestNode {
  const node = createNode();
  start(node);
  for (const link of [liar, friend, third]) node.link(link);
  populate(node, friend, 5);
  node.push(friend, record({ author: friend, key: 'k', value: 'genuine' }));
  node.effects();
  node.sent();
  return node;
}

const hash = (node: TestNode): string => node.engine.stats().stateHash;
const linked = (node: TestNode): readonly string[] => node.engine.neighbours().map(({ peer: who }) => who);

test('GUARD-10: 1,000 junk frames a second end in a ban with a reason, and change nothing else', () => {
  const node = room();
  const before = [hash(node), node.engine.stats().peers];
  for (let n = 0; n < 1_000; n++) {
    node.sleep(1);
    node.handle({ type: 'frame', from: liar, bytes: new Uint8Array(n % 64).fill(0xff) });
  }
  expect(linked(node)).toEqual([friend, third]);
  expect([hash(node), node.engine.stats().peers]).toEqual(before);
  expect(node.deliveries()).toMatchObject([{ what: 'warning', code: 'bad-frame', peer: liar }]);
  expect(node.engine.stats().banned).toBe(1);
  // Beside the goodbye only the tree is mended, which led over the liar.
  const answers = node.sent().filter(({ frame }) => frame.type !== 'graft');
  expect(answers.map(({ to }) => to)).toEqual([liar]);
});

test('GUARD-10: well-formed frames that come too fast end in a ban too', () => {
  const node = room();
  for (let n = 0; n < 3_000; n++) {
    if (n % 2 === 0) node.sleep(1);
    node.receive(liar, { type: 'heartbeat' });
  }
  expect(linked(node)).toEqual([friend, third]);
  expect(node.deliveries()).toMatchObject([{ what: 'warning', code: 'over-rate', peer: liar }]);
});

test('GUARD-10: others are served on time meanwhile', () => {
  const node = room();
  for (let n = 0; n < 300; n++) {
    node.sleep(1);
    node.handle({ type: 'frame', from: liar, bytes: new Uint8Array(3) });
    if (n % 20 !== 0) continue;
    node.push(friend, record({ author: friend, key: 'k', value: n, at: node.mono }));
    expect(node.deliveries().filter(delivery => delivery.what === 'state')).toMatchObject([{ value: n }]);
  }
});

test('ENGINE-9: forged records change nothing anywhere, and their sender is cut off', () => {
  const node = room();
  const before = hash(node);
  for (let n = 0; n < 12; n++) {
    node.push(liar, forge(record({ author: friend, key: 'k', value: `forged ${n}`, at: 100 + n })));
  }
  expect(hash(node)).toBe(before);
  expect(linked(node)).toEqual([friend, third]);
  const pushed = node.sent().filter(({ frame }) => frame.type === 'push');
  expect(pushed).toEqual([]);
  expect(node.deliveries()).toMatchObject([{ what: 'warning', code: 'bad-signature', peer: liar }]);
});

test('ENGINE-9: a forged copy first and the genuine one second delivers the genuine one, once', () => {
  const node = createNode({ slowCrypto: true });
  start(node);
  node.link(liar);
  node.link(friend);
  node.effects();
  const genuine = record({ author: third, key: 'k', value: 'genuine' });
  node.push(liar, forge(genuine));
  node.push(friend, genuine);
  const [first] = ofType(node.effects(), 'verify');
  node.handle({ type: 'verified', job: first!.job, ok: false });
  const [second] = ofType(node.effects(), 'verify');
  expect(second!.signature).toEqual(signatureOf(genuine));
  node.handle({ type: 'verified', job: second!.job, ok: true });
  expect(node.deliveries()).toMatchObject([{ what: 'state', key: 'k', value: 'genuine' }]);
  node.push(liar, genuine);
  expect(node.effects()).toEqual([]);
});

test('ENGINE-9: what the policy forbids is neither shown nor passed on', () => {
  const node = room();
  for (let n = 0; n < 10; n++) node.push(liar, record({ author: liar, key: `user/${friend}/name`, value: n, at: n }));
  expect(node.sent().filter(({ frame }) => frame.type === 'push')).toEqual([]);
  expect(linked(node)).toEqual([friend, third]);
  expect(node.deliveries()).toMatchObject([{ what: 'warning', code: 'forbidden' }]);
});

test('ENGINE-4: what comes from somebody who is no neighbour is not looked at', () => {
  const node = room();
  node.push(peer(9), record({ author: peer(9), key: 'k', value: 'stranger', at: 50 }));
  expect(node.effects()).toEqual([]);
  expect(node.engine.stats().refused['not a neighbour']).toBe(1);
});
