import { expect, test } from 'vitest';
import { type ConfigOverrides, makeConfig } from '../../src/config.ts';
import { createRelay, type Relay } from '../../src/relay/relay.ts';
import type { PeerId } from '../../src/types.ts';
import type { Frame } from '../../src/wire/frame.ts';
import { wireLimits } from '../../src/wire/limits.ts';
import { at, peer } from '../support/peers.ts';
import { createRecorder, type Recorder } from '../support/recorder.ts';
import { rngOf } from '../support/seed.ts';

type RelayFrame = Extract<Frame, { type: 'relay' }>;

const self = peer(100);
const [a, b, c] = [peer(1), peer(2), peer(3)];
const far = peer(50);
const payload = new Uint8Array([1, 2, 3]);

interface Bench extends Recorder {
  readonly relay: Relay;
  hops(): readonly PeerId[];
}

function bench(config: ConfigOverrides = {}, neighbours: readonly PeerId[] = [a, b, c]): Bench {
  const recorder = createRecorder();
  const relay = createRelay({ self, config: makeConfig(config), outbox: recorder.outbox, rng: rngOf(0, 1) });
  for (const neighbour of neighbours) relay.onNeighbourUp(neighbour, at(0));
  return { ...recorder, relay, hops: () => recorder.sent().map(({ to }) => to) };
}

const out = (to = far, bytes = payload): { type: 'signal-out'; to: PeerId; payload: Uint8Array } => ({
  type: 'signal-out',
  to,
  payload: bytes,
});
const frame = (over: Partial<RelayFrame> = {}): RelayFrame => ({
  type: 'relay',
  id: 7,
  to: far,
  from: peer(60),
  ttl: 8,
  payload,
  ...over,
});

test('RELAY-1: the link over which somebody’s record came first leads to it', () => {
  const { relay, hops } = bench();
  relay.onRecordAccepted(far, b);
  for (let n = 0; n < 5; n++) relay.onSignalOut(out(), at(n));
  expect(hops()).toEqual([b, b, b, b, b]);
});

test('RELAY-1: a neighbour is reached directly, and the way to who is gone is forgotten', () => {
  const { relay, sent, hops } = bench();
  relay.onRecordAccepted(a, b);
  relay.onSignalOut(out(a), at(0));
  expect(sent()).toMatchObject([{ to: a, frame: { type: 'relay', to: a, from: self, ttl: 16 } }]);
  relay.onRecordAccepted(far, b);
  relay.onMemberGone(far);
  for (let n = 0; n < 20; n++) relay.onSignalOut(out(), at(1_000));
  expect(new Set(hops()).size).toBeGreaterThan(1);
});

test('RELAY-1: as many ways are remembered as there may be members', () => {
  const { relay, hops } = bench({ 'presence.maxAuthors': 8 });
  relay.onRecordAccepted(far, b);
  for (let n = 0; n < 7; n++) relay.onRecordAccepted(peer(200 + n), a);
  for (let n = 0; n < 5; n++) relay.onSignalOut(out(), at(0));
  expect(hops()).toEqual([b, b, b, b, b]);
  relay.onRecordAccepted(peer(207), a);
  for (let n = 0; n < 20; n++) relay.onSignalOut(out(), at(1_000));
  expect(new Set(hops()).size).toBeGreaterThan(1);
});

test('RELAY-2: without a route, or with a broken one, a signal goes to any neighbour', () => {
  const { relay, hops } = bench();
  relay.onRecordAccepted(far, b);
  relay.onNeighbourDown(b);
  for (let n = 0; n < 20; n++) relay.onSignalOut(out(), at(0));
  expect(new Set(hops())).toEqual(new Set([a, c]));
});

test('RELAY-2: without neighbours and server nothing happens', () => {
  const { relay, sent, effects } = bench({}, []);
  relay.onSignalOut(out(), at(0));
  expect([...sent(), ...effects()]).toEqual([]);
});

test.each([
  [0, undefined],
  [1, undefined],
  [2, 1],
  [16, 15],
  [17, 15],
  [2 ** 32 - 1, 15],
])('RELAY-3: a signal that comes with %i hops left goes on with %s', (ttl, left) => {
  const { relay, sent } = bench({ 'relay.ttl': 16 });
  relay.onFrame(a, frame({ ttl }), at(0));
  const ttls = sent().map(({ frame: passed }) => passed.type === 'relay' && passed.ttl);
  expect(ttls).toEqual(left === undefined ? [] : [left]);
});

test('RELAY-4: a signal that comes by again leaves the route at random', () => {
  const { relay, hops } = bench({}, [a, b, c, peer(4)]);
  relay.onRecordAccepted(far, b);
  relay.onFrame(a, frame(), at(0));
  expect(hops()).toEqual([b]);
  for (let n = 0; n < 30; n++) relay.onFrame(a, frame(), at(0));
  expect(new Set(hops())).toEqual(new Set([b, c, peer(4)]));
});

test('RELAY-5: a signal never goes back where it came from, nor to who claims to have sent it', () => {
  const { relay, hops } = bench();
  relay.onRecordAccepted(far, a);
  for (let n = 0; n < 30; n++) relay.onFrame(a, frame({ id: n, from: b }), at(0));
  expect(new Set(hops())).toEqual(new Set([c]));
});

test('RELAY-5: with nowhere else to go it ends', () => {
  const { relay, sent } = bench({}, [a]);
  relay.onFrame(a, frame(), at(0));
  expect(sent()).toEqual([]);
  expect(relay.carried()).toBe(0);
});

test('RELAY-5: an own signal that comes back ends', () => {
  const { relay, sent, facts } = bench();
  relay.onFrame(a, frame({ from: self }), at(0));
  expect([...sent(), ...facts()]).toEqual([]);
});

test('RELAY-6: what is for this node is taken in, and answered by the way it came', () => {
  const { relay, facts, hops, effects } = bench();
  relay.onServer(true);
  relay.onFrame(b, frame({ to: self, from: far, ttl: 0 }), at(0));
  expect(facts()).toEqual([{ type: 'signal-in', from: far, payload, via: 'mesh' }]);
  relay.onSignalOut(out(), at(1));
  expect(hops()).toEqual([b]);
  relay.onServerSignal(far, payload, at(2));
  expect(facts()).toEqual([{ type: 'signal-in', from: far, payload, via: 'server' }]);
  relay.onSignalOut(out(), at(3));
  expect(effects()).toEqual([{ type: 'server-signal', to: far, payload }]);
  expect(hops()).toEqual([]);
});

test('RELAY-7: the server carries what the mesh has no route for, while it is there', () => {
  const { relay, effects, hops } = bench();
  relay.onServer(true);
  relay.onSignalOut(out(), at(0));
  expect(effects()).toHaveLength(1);
  relay.onRecordAccepted(far, b);
  relay.onSignalOut(out(), at(0));
  expect(hops()).toEqual([b]);
  relay.onServer(false);
  relay.onNeighbourDown(b);
  relay.onSignalOut(out(), at(0));
  expect(effects()).toEqual([]);
  expect(hops()).toHaveLength(1);
});

test('RELAY-7: what the server could not deliver goes through the mesh, up to four signals', () => {
  const { relay, effects, sent } = bench();
  relay.onServer(true);
  for (let n = 0; n < 5; n++) relay.onSignalOut(out(far, new Uint8Array([n])), at(0));
  expect(effects()).toHaveLength(5);
  relay.onServerUnreachable(far, at(10));
  expect(sent().map(({ frame: passed }) => passed.type === 'relay' && passed.payload[0])).toEqual([1, 2, 3, 4]);
  relay.onServerUnreachable(far, at(11));
  expect(sent()).toEqual([]);
});

test('RELAY-8: one neighbour may have a burst carried, then so many a second', () => {
  const { relay, sent, facts } = bench({ 'relay.burst': 10, 'relay.perSecond': 5 });
  const flood = (count: number, mono: number): void => {
    for (let n = 0; n < count; n++) relay.onFrame(a, frame({ id: mono + n }), at(mono));
  };
  flood(9, 0);
  expect(sent()).toHaveLength(9);
  flood(2, 0);
  expect(sent()).toHaveLength(1);
  expect(facts()).toEqual([{ type: 'record-ignored', reason: 'author-rate' }]);
  flood(10, 1_000);
  expect(sent()).toHaveLength(5);
  relay.onFrame(b, frame({ id: 99 }), at(1_000));
  expect(sent()).toHaveLength(1);
});

test('RELAY-9: a signal that no frame takes is not sent', () => {
  const { relay, sent, facts } = bench();
  relay.onSignalOut(out(far, new Uint8Array(wireLimits.signalBytes)), at(0));
  expect(sent()).toHaveLength(1);
  relay.onSignalOut(out(far, new Uint8Array(wireLimits.signalBytes + 1)), at(0));
  expect(sent()).toEqual([]);
  expect(facts()).toEqual([{ type: 'record-ignored', reason: 'bad-signal' }]);
});

test('RELAY-10: who is known by name alone is sought by way of who named it', () => {
  const { relay, hops } = bench();
  relay.onPeerNamed(far, b);
  for (let n = 0; n < 5; n++) relay.onSignalOut(out(), at(n));
  expect(hops()).toEqual([b, b, b, b, b]);
  // Named by somebody who is not a neighbour: the way to that one.
  relay.onPeerNamed(peer(51), far);
  relay.onSignalOut(out(peer(51)), at(10));
  expect(hops().at(-1)).toBe(b);
});

test('RELAY-10: a name bends no way that is known, and leads nowhere when who said it is unknown', () => {
  const { relay, hops } = bench();
  relay.onRecordAccepted(far, b);
  relay.onPeerNamed(far, c);
  relay.onPeerNamed(a, c);
  relay.onSignalOut(out(), at(0));
  relay.onSignalOut(out(a), at(0));
  expect(hops()).toEqual([b, a]);
  relay.onPeerNamed(peer(52), peer(53));
  for (let n = 0; n < 20; n++) relay.onSignalOut(out(peer(52)), at(1));
  expect(new Set(hops()).size).toBeGreaterThan(1);
});
