import { expect, test } from 'vitest';
import type { PeerId } from '../../src/types.ts';
import { decodeFrame } from '../../src/wire/frame.ts';
import type { Signal } from '../../src/wire/signal.ts';
import { createNode, type NodeOptions, type TestNode } from '../support/node.ts';
import { peer } from '../support/peers.ts';
import { ofType } from '../support/recorder.ts';
import { record } from '../support/records.ts';
import { populate, signalIn, signals, start, tell } from '../support/signals.ts';

const low = peer(1);
const high = peer(200);
const linked = (node: TestNode): readonly PeerId[] => node.engine.neighbours().map(({ peer: who }) => who);
/** A node with links to peers 11, 12, … */
function withLinks(count: number, options: NodeOptions = {}): TestNode {
  const node = createNode(options);
  start(node);
  for (let n = 0; n < count; n++) node.link(peer(11 + n));
  node.effects();
  node.sent();
  return node;
}

test('OVER-3: a neighbour is asked first, and dialled when it accepts', () => {
  const node = createNode();
  start(node, [low]);
  const effects = node.effects();
  expect(ofType(effects, 'dial')).toEqual([]);
  const session = sessionOf(ofType(effects, 'server-signal')[0]!.payload);
  tell(node, low, { type: 'accept', session: session + 1 });
  expect(ofType(node.effects(), 'dial')).toEqual([]);
  tell(node, low, { type: 'accept', session });
  expect(ofType(node.effects(), 'dial')).toEqual([{ type: 'dial', peer: low, session, initiator: true }]);
  tell(node, low, { type: 'accept', session });
  expect(ofType(node.effects(), 'dial')).toEqual([]);
});

test('OVER-3: who is asked accepts and dials, or refuses with up to four alternatives', () => {
  const node = createNode();
  start(node);
  node.effects();
  tell(node, low, { type: 'request', session: 5, urgent: true });
  const effects = node.effects();
  expect(ofType(effects, 'dial')).toEqual([{ type: 'dial', peer: low, session: 5, initiator: false }]);
  const full = withLinks(7, { config: { 'overlay.degree': 1, 'overlay.slack': 0 } });
  populate(full, peer(11), 10);
  full.effects();
  tell(full, high, { type: 'request', session: 6, urgent: false });
  const [answer] = signals(full).filter(({ to }) => to === high);
  expect(answer?.signal).toMatchObject({ type: 'refuse', session: 6 });
  const alternatives = answer?.signal.type === 'refuse' ? answer.signal.alternatives : [];
  expect(alternatives).toHaveLength(4);
  for (const other of alternatives) expect(linked(full)).toContain(other);
});

test('OVER-3: a neighbour that asks again is refused', () => {
  const node = withLinks(1);
  tell(node, peer(11), { type: 'request', session: 1, urgent: false });
  expect(ofType(node.effects(), 'dial')).toEqual([]);
});

test('OVER-4: of crossing requests the larger id’s counts', () => {
  const node = createNode({ self: peer(100) });
  start(node, [low, high]);
  const asked = signals(node);
  expect(asked.map(({ to }) => to).sort()).toEqual([low, high]);
  tell(node, low, { type: 'request', session: 5, urgent: true });
  expect(node.effects().filter(({ type }) => type !== 'verify')).toEqual([]);
  tell(node, high, { type: 'request', session: 6, urgent: true });
  expect(ofType(node.effects(), 'dial')).toEqual([{ type: 'dial', peer: high, session: 6, initiator: false }]);
});

test.each([
  [599_000, 599_000],
  [600_000, 600_000],
  [600_001, 600_000],
  [2 ** 32 - 1, 600_000],
])('OVER-5: “come back in %i ms” is believed as %i ms', (said, believed) => {
  const node = withLinks(1);
  node.receive(peer(11), { type: 'disconnect', reason: 'full', retryAfterMs: said, alternatives: [] });
  expect(linked(node)).toEqual([]);
  const from = node.mono;
  node.effects();
  const asked = (): boolean => signals(node).some(({ to }) => to === peer(11));
  const tryAt = (ms: number): boolean => {
    node.advance(from + ms - node.mono);
    node.handle({ type: 'introduced', peers: [peer(11)] });
    return asked();
  };
  for (let ms = 60_000; ms < believed; ms += 60_000) expect(tryAt(ms)).toBe(false);
  expect(tryAt(believed - 1)).toBe(false);
  expect(tryAt(believed)).toBe(true);
});

test.each([2, 3, 5])('OVER-6: at most %i own dials are in progress', dialsAtOnce => {
  const node = createNode({ config: { 'overlay.dialsAtOnce': dialsAtOnce } });
  start(
    node,
    Array.from({ length: 7 }, (_, n) => peer(n + 1)),
  );
  expect(signals(node)).toHaveLength(dialsAtOnce);
});

test('OVER-6: at most so many dials are begun in a minute', () => {
  const node = createNode({
    config: { 'overlay.dialsAtOnce': 16, 'overlay.dialsPerMinute': 3, 'overlay.askTimeoutMs': 60_000 },
  });
  start(
    node,
    Array.from({ length: 7 }, (_, n) => peer(n + 1)),
  );
  expect(signals(node)).toHaveLength(3);
  node.advance(19_900);
  expect(signals(node)).toHaveLength(0);
  node.advance(200);
  expect(signals(node)).toHaveLength(1);
});

test('OVER-7: who does not answer in time is given up and left alone for a while', () => {
  const node = createNode();
  start(node, [low]);
  expect(signals(node)).toHaveLength(1);
  node.advance(2_999);
  expect(ofType(node.effects(), 'close-link')).toEqual([]);
  node.advance(1);
  expect(ofType(node.effects(), 'close-link')).toMatchObject([{ peer: low, reason: 'timeout' }]);
  // A third of the patience, ± 20 %.
  node.advance(799);
  expect(signals(node)).toEqual([]);
  node.advance(402);
  expect(signals(node)).toHaveLength(1);
});

test('OVER-2: links above the cap are closed at once, with a goodbye', () => {
  const node = withLinks(4, { config: { 'overlay.maxLinks': 4 } });
  expect(linked(node)).toHaveLength(4);
  node.link(peer(50));
  expect(linked(node)).toHaveLength(4);
  expect(linked(node)).not.toContain(peer(50));
  expect(node.sent()).toMatchObject([{ to: peer(50), frame: { type: 'disconnect', reason: 'full' } }]);
  expect(ofType(node.effects(), 'close-link')).toMatchObject([{ peer: peer(50) }]);
});

test.each([
  ['others', false, 2],
  ['this node', true, 0],
])('OVER-25: of links that %s dialled, so many are still to be dialled', (_who, outbound, dials) => {
  const node = createNode({ config: { 'overlay.dialsAtOnce': 8 } });
  node.handle({ type: 'start' });
  // Two below what a room of this size accepts.
  for (let n = 0; n < 7; n++) node.link(peer(11 + n), outbound);
  node.effects();
  populate(node, peer(11), 40);
  const requests = ofType(node.effects(), 'send').flatMap(({ bytes }) => requestsIn(bytes));
  // Each leaves in two copies.
  expect(new Set(requests.map(({ session }) => session)).size).toBe(dials);
});

test('OVER-26: a newcomer asks without urgency first, and urgently when all whom it asked have refused', () => {
  const node = createNode({ config: { 'overlay.dialsAtOnce': 2 } });
  start(node, [low, high]);
  const first = signals(node);
  expect(first.map(({ signal }) => signal.type === 'request' && signal.urgent)).toEqual([false, false]);
  const refuse = ({ to, signal: { session } }: (typeof first)[number]): void =>
    tell(node, to, { type: 'refuse', session, retryAfterMs: 3_000, alternatives: [] });
  refuse(first[0]!);
  expect(signals(node)).toEqual([]);
  refuse(first[1]!);
  const second = signals(node);
  expect(second).toMatchObject([{ to: first[1]!.to, signal: { type: 'request', urgent: true } }]);
  refuse(second[0]!);
  node.advance(1_000);
  expect(signals(node)).toEqual([]);
});

test('OVER-26: who has a link is refused in peace', () => {
  const node = withLinks(1);
  node.handle({ type: 'introduced', peers: [low] });
  const [asked] = signals(node);
  tell(node, low, { type: 'refuse', session: asked!.signal.session, retryAfterMs: 3_000, alternatives: [] });
  node.advance(5_000);
  expect(signals(node).every(({ signal }) => signal.type !== 'request' || !signal.urgent)).toBe(true);
});

const AT_CAP: NodeOptions = { config: { 'overlay.maxLinks': 4, 'overlay.dialTimeoutMs': 12_000 } };
const evicted = (node: TestNode): readonly unknown[] =>
  node.sent().flatMap(({ frame }) => (frame.type === 'disconnect' ? [frame.alternatives] : []));

test('OVER-8: a full node takes in an urgent newcomer and hands it over to the neighbour it gives up', () => {
  const node = withLinks(4, AT_CAP);
  tell(node, high, { type: 'request', session: 1, urgent: true });
  expect(evicted(node)).toEqual([[high]]);
  expect(linked(node)).toHaveLength(3);
  expect(ofType(node.effects(), 'dial')).toMatchObject([{ peer: high, session: 1 }]);
});

test('OVER-8: for one newcomer at a time, and one a second', () => {
  const node = withLinks(4, AT_CAP);
  tell(node, peer(201), { type: 'request', session: 1, urgent: true });
  expect(evicted(node)).toHaveLength(1);
  tell(node, peer(202), { type: 'request', session: 2, urgent: true });
  node.advance(2_000);
  tell(node, peer(203), { type: 'request', session: 3, urgent: true });
  expect(evicted(node)).toEqual([]);
  expect(linked(node)).toHaveLength(3);
  node.link(peer(201));
  tell(node, peer(204), { type: 'request', session: 4, urgent: true });
  expect(evicted(node)).toHaveLength(1);
});

test('OVER-8: a liar with many names cannot empty the view', () => {
  const node = withLinks(4, AT_CAP);
  populate(node, peer(11), 10);
  for (let n = 0; n < 20; n++) {
    tell(node, peer(300 + n), { type: 'request', session: n, urgent: true });
    for (const link of linked(node)) node.receive(link, { type: 'heartbeat' });
    node.advance(1_000);
  }
  expect(linked(node).length).toBeGreaterThanOrEqual(2);
});

test('OVER-9: a neighbour that is sent away asks the one it was named, at once', () => {
  const node = withLinks(7);
  populate(node, peer(11), 40);
  node.effects();
  node.receive(peer(12), { type: 'disconnect', reason: 'full', retryAfterMs: 10_000, alternatives: [high] });
  expect(signals(node).map(({ to }) => to)).toContain(high);
  expect(linked(node)).not.toContain(peer(12));
});

test('OVER-9: but not itself, and not beyond its own cap', () => {
  const node = withLinks(1);
  node.receive(peer(11), { type: 'disconnect', reason: 'full', retryAfterMs: 10_000, alternatives: [node.self] });
  expect(signals(node)).toEqual([]);
});

test('OVER-10: a shuffle is answered with up to eight names, the own one first', () => {
  const node = withLinks(3);
  populate(node, peer(11), 30);
  node.sent();
  node.receive(peer(11), { type: 'shuffle', peers: [peer(60), peer(61)] });
  const [reply] = node.sent().filter(({ frame }) => frame.type === 'shuffle-reply');
  expect(reply?.to).toBe(peer(11));
  const peers = reply?.frame.type === 'shuffle-reply' ? reply.frame.peers : [];
  expect(peers[0]).toBe(node.self);
  expect(peers.length).toBeLessThanOrEqual(8);
  expect(peers).not.toContain(peer(11));
  expect(new Set(peers).size).toBe(peers.length);
});

test('OVER-10: shuffles go out now and then, and never make links by themselves', () => {
  const node = withLinks(5);
  populate(node, peer(11), 20);
  node.effects();
  for (let n = 0; n < 120; n++) {
    node.advance(1_000);
    for (const link of linked(node)) node.receive(link, { type: 'heartbeat' });
    node.receive(peer(11), { type: 'shuffle-reply', peers: [peer(500 + n)] });
  }
  const shuffles = node.sent().filter(({ frame }) => frame.type === 'shuffle').length;
  expect(shuffles).toBeGreaterThanOrEqual(5);
  expect(shuffles).toBeLessThanOrEqual(12);
  expect(ofType(node.effects(), 'dial')).toEqual([]);
});

test('OVER-14: who is cut off stays out, until its time is over', () => {
  const node = withLinks(2, { config: { 'guard.banMs': 20_000 } });
  for (let n = 0; n < 10; n++) node.handle({ type: 'frame', from: peer(11), bytes: new Uint8Array([0xff]) });
  expect(linked(node)).toEqual([peer(12)]);
  expect(node.sent()).toContainEqual({
    to: peer(11),
    frame: { type: 'disconnect', reason: 'banned', retryAfterMs: 20_000, alternatives: [] },
  });
  expect(node.deliveries()).toMatchObject([{ what: 'warning', code: 'bad-frame', peer: peer(11) }]);
  node.link(peer(11));
  expect(linked(node)).toEqual([peer(12)]);
  tell(node, peer(11), { type: 'request', session: 1, urgent: true });
  node.handle({ type: 'introduced', peers: [peer(11)] });
  expect(ofType(node.effects(), 'dial')).toEqual([]);
  node.sleep(20_001);
  node.link(peer(11));
  expect(linked(node)).toContain(peer(11));
});

test('OVER-16: who leaves says goodbye to all, its own leave record first, and answers nobody any more', () => {
  const node = withLinks(2);
  node.handle({ type: 'publish', kind: 'presence', key: '', value: 'me' });
  node.advance(1_000);
  node.sent();
  node.effects();
  node.handle({ type: 'leave' });
  const sent = node.sent();
  for (const link of [peer(11), peer(12)]) {
    const frames = sent.filter(({ to }) => to === link).map(({ frame }) => frame);
    expect(frames).toMatchObject([{ type: 'push' }, { type: 'disconnect', reason: 'leaving' }]);
  }
  const effects = node.effects();
  expect(ofType(effects, 'close-link').map(({ peer: who }) => who)).toEqual([peer(11), peer(12)]);
  expect(ofType(effects, 'deliver').at(-1)?.delivery).toEqual({ what: 'status', status: 'left' });
  expect(linked(node)).toEqual([]);
  tell(node, high, { type: 'request', session: 1, urgent: true });
  node.link(high);
  expect(linked(node)).toEqual([]);
  expect(node.sent()).toEqual([]);
});

test('OVER-17: who failed or left is no neighbour any more', () => {
  const node = withLinks(2);
  populate(node, peer(11), 5);
  node.link(peer(1));
  expect(linked(node)).toContain(peer(1));
  node.receive(peer(11), { type: 'push', records: [leaveOf(peer(1))] });
  expect(linked(node)).not.toContain(peer(1));
});

test('OVER-18: links in surplus go one by one, the oldest first, down to what is accepted', () => {
  const node = withLinks(10, { config: { 'overlay.settleMs': 1_000, 'overlay.degree': 5, 'overlay.slack': 2 } });
  populate(node, peer(11), 30);
  const counts: number[] = [];
  for (let n = 0; n < 6; n++) {
    counts.push(linked(node).length);
    for (const link of linked(node)) node.receive(link, { type: 'heartbeat' });
    node.advance(1_000);
  }
  expect(counts).toEqual([10, 9, 8, 7, 7, 7]);
  expect(linked(node)).not.toContain(peer(11));
});

test('OVER-19: WebRTC’s own signals pass both ways, only for the dial that is agreed', () => {
  const node = createNode();
  start(node);
  tell(node, low, { type: 'rtc', session: 5, data: 'early' });
  tell(node, low, { type: 'request', session: 5, urgent: true });
  node.effects();
  tell(node, low, { type: 'rtc', session: 6, data: 'other session' });
  tell(node, low, { type: 'rtc', session: 5, data: 'offer' });
  expect(ofType(node.effects(), 'rtc-signal')).toEqual([{ type: 'rtc-signal', peer: low, session: 5, data: 'offer' }]);
  node.handle({ type: 'rtc-signal', peer: low, session: 5, data: 'answer' });
  expect(signals(node)).toEqual([{ to: low, signal: { type: 'rtc', session: 5, data: 'answer' } }]);
});

function sessionOf(payload: Uint8Array): number {
  return signalIn(payload).session;
}

test('OVER-39: whoever agrees on a link tells the other its key, and dials with the other’s', () => {
  const [ours, theirs] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const node = createNode({ sealKey: ours });
  start(node, [high]);
  const [asked] = signals(node);
  expect(asked).toMatchObject({ to: high, signal: { type: 'request', key: ours } });
  const { session } = asked!.signal;
  tell(node, high, { type: 'accept', session, key: theirs });
  tell(node, low, { type: 'request', session: 7, urgent: false, key: theirs });
  const effects = node.effects();
  expect(ofType(effects, 'dial')).toEqual([
    { type: 'dial', peer: high, session, initiator: true, key: theirs },
    { type: 'dial', peer: low, session: 7, initiator: false, key: theirs },
  ]);
  const [answer] = ofType(effects, 'server-signal');
  expect(signalIn(answer!.payload)).toEqual({ type: 'accept', session: 7, key: ours });
});

/** Requests that travel through the mesh. */
function requestsIn(bytes: Uint8Array): readonly Signal[] {
  const frame = decodeFrame(bytes);
  if (!frame.ok || frame.value.type !== 'relay') return [];
  const signal = signalIn(frame.value.payload);
  return signal.type === 'request' ? [signal] : [];
}

function leaveOf(author: PeerId): Uint8Array {
  return record({ kind: 'leave', author, at: 10 }).bytes;
}

test('LIVE-16: who says on the link that it leaves, and whose signed goodbye does not come, is accused', () => {
  for (const isSigned of [true, false]) {
    const node = createNode();
    start(node);
    node.link(peer(1));
    populate(node, peer(1), 1);
    if (isSigned) node.push(peer(1), record({ kind: 'leave', author: peer(1), at: node.mono }));
    node.receive(peer(1), { type: 'disconnect', reason: 'leaving', retryAfterMs: 10_000, alternatives: [] });
    node.effects();
    node.advance(2_000);
    expect(ofType(node.effects(), 'sign')).toHaveLength(isSigned ? 0 : 1);
    expect(node.engine.stats().peers).toBe(0);
  }
});
