import { expect, test } from 'vitest';
import { type ConfigOverrides, makeConfig } from '../../src/config.ts';
import type { Effect } from '../../src/effect.ts';
import { createRelay, type Relay } from '../../src/relay/relay.ts';
import type { Job, PeerId } from '../../src/types.ts';
import type { Frame } from '../../src/wire/frame.ts';
import { wireLimits } from '../../src/wire/limits.ts';
import { at, peer } from '../support/peers.ts';
import { createRecorder, ofType, type Recorder, type Sent } from '../support/recorder.ts';
import { fakeSign, fakeVerify, NETWORK } from '../support/records.ts';
import { rngOf } from '../support/seed.ts';
import { signedSignal } from '../support/signals.ts';

type RelayFrame = Extract<Frame, { type: 'relay' }>;

const self = peer(100);
const [a, b, c] = [peer(1), peer(2), peer(3)];
const far = peer(50);
const signal = new Uint8Array([1, 2, 3]);

interface Bench extends Recorder {
  readonly relay: Relay;
  /** Signals go out, and what is to be signed or checked is, until the test takes that over. */
  say(to?: PeerId, bytes?: Uint8Array, mono?: number): void;
  /** Answers the jobs of these effects as a crypto port does. */
  answer(effects: readonly Effect[], mono: number): void;
  receive(from: PeerId, frame: RelayFrame, mono?: number): void;
  hops(): readonly PeerId[];
  passed(): readonly (Sent & { readonly frame: RelayFrame })[];
}

function bench(config: ConfigOverrides = {}, neighbours: readonly PeerId[] = [a, b, c]): Bench {
  const recorder = createRecorder();
  let jobs = 0;
  const relay = createRelay({
    self,
    config: makeConfig(config),
    outbox: recorder.outbox,
    rng: rngOf(0, 1),
    networkId: NETWORK,
    nextJob: () => ++jobs as Job,
  });
  for (const neighbour of neighbours) relay.onNeighbourUp(neighbour, at(0));
  const kept: Effect[] = [];
  const answer = (effects: readonly Effect[], mono: number): void => {
    for (const effect of effects) {
      if (effect.type === 'sign') relay.onSigned(effect.job, fakeSign(self, effect.bytes), at(mono));
      else if (effect.type === 'verify')
        relay.onVerified(effect.job, fakeVerify(effect.key, effect.signature, effect.bytes), at(mono));
      else kept.push(effect);
    }
  };
  const passed = (): readonly (Sent & { readonly frame: RelayFrame })[] =>
    recorder.sent().flatMap(({ to, frame }) => (frame.type === 'relay' ? [{ to, frame }] : []));
  return {
    ...recorder,
    relay,
    answer,
    effects: () => [...kept.splice(0), ...recorder.effects()],
    say(to = far, bytes = signal, mono = 0) {
      relay.onSignalOut({ type: 'signal-out', to, payload: bytes }, at(mono));
      answer(recorder.effects(), mono);
    },
    receive(from, frame, mono = 0) {
      relay.onFrame(from, frame, at(mono));
      answer(recorder.effects(), mono);
    },
    hops: () => recorder.sent().map(({ to }) => to),
    passed,
  };
}

const alone: ConfigOverrides = { 'relay.copies': 1 };
const plenty: ConfigOverrides = { 'relay.sourceBurst': 1_000 };

const frame = (over: Partial<RelayFrame> = {}): RelayFrame => ({
  type: 'relay',
  id: 7,
  to: far,
  from: peer(60),
  ttl: 8,
  payload: signedSignal(peer(60), far, signal),
  ...over,
});
/** A signal of `from` for this node. */
const forUs = (from: PeerId, said = signal): RelayFrame =>
  frame({ to: self, from, payload: signedSignal(from, self, said) });

test('RELAY-1: the link over which somebody’s record came first leads to it', () => {
  const { relay, say, hops } = bench(alone);
  relay.onRecordAccepted(far, b);
  for (let n = 0; n < 5; n++) say();
  expect(hops()).toEqual([b, b, b, b, b]);
});

test('RELAY-1: a neighbour is reached directly, in one copy, and the way to who is gone is forgotten', () => {
  const { relay, say, passed, hops } = bench();
  relay.onRecordAccepted(a, b);
  say(a);
  expect(passed()).toMatchObject([{ to: a, frame: { type: 'relay', to: a, from: self, ttl: 16 } }]);
  relay.onRecordAccepted(far, b);
  relay.onRecordAccepted(far, c);
  relay.onMemberGone(far);
  for (let n = 0; n < 20; n++) say();
  expect(new Set(hops())).toEqual(new Set([a, b, c]));
});

test('RELAY-1: as many ways are remembered as there may be members', () => {
  const { relay, say, hops } = bench({ ...alone, 'presence.maxAuthors': 8 });
  relay.onRecordAccepted(far, b);
  for (let n = 0; n < 7; n++) relay.onRecordAccepted(peer(200 + n), a);
  for (let n = 0; n < 5; n++) say();
  expect(hops()).toEqual([b, b, b, b, b]);
  relay.onRecordAccepted(peer(207), a);
  for (let n = 0; n < 20; n++) say();
  expect(new Set(hops()).size).toBeGreaterThan(1);
});

test('RELAY-2: without a route, or with broken ones, a signal goes to any neighbour', () => {
  const { relay, say, hops } = bench(alone);
  relay.onRecordAccepted(far, b);
  relay.onNeighbourDown(b);
  for (let n = 0; n < 20; n++) say();
  expect(new Set(hops())).toEqual(new Set([a, c]));
});

test('RELAY-2: without neighbours and server nothing happens', () => {
  const { say, sent, effects } = bench({}, []);
  say();
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
  const { receive, passed } = bench({ 'relay.ttl': 16 });
  receive(a, frame({ ttl }));
  expect(passed().map(({ frame: { ttl: hops } }) => hops)).toEqual(left === undefined ? [] : [left]);
});

test('RELAY-4: a signal that comes by again leaves over another link, while there is one', () => {
  const d = peer(4);
  const { relay, receive, hops } = bench(plenty, [a, b, c, d]);
  relay.onRecordAccepted(far, c);
  relay.onRecordAccepted(far, b);
  for (let n = 0; n < 3; n++) receive(a, frame());
  expect(hops()).toEqual([b, c, d]);
  for (let n = 0; n < 30; n++) receive(a, frame());
  expect(new Set(hops())).toEqual(new Set([b, c, d]));
});

test('RELAY-5: a signal never goes back where it came from, nor to who claims to have sent it', () => {
  const { relay, receive, hops } = bench(plenty);
  relay.onRecordAccepted(far, a);
  for (let n = 0; n < 30; n++) receive(a, frame({ id: n, from: b }));
  expect(new Set(hops())).toEqual(new Set([c]));
});

test('RELAY-5: with nowhere else to go it ends', () => {
  const { relay, receive, sent } = bench({}, [a]);
  receive(a, frame());
  expect(sent()).toEqual([]);
  expect(relay.carried()).toBe(0);
});

test('RELAY-5: an own signal that comes back ends', () => {
  const { receive, sent, facts } = bench();
  receive(a, frame({ from: self }));
  expect([...sent(), ...facts()]).toEqual([]);
});

test('RELAY-6: what is for this node is taken in, and answered by the way it came, in one copy', () => {
  const { relay, say, receive, answer, facts, hops, effects } = bench();
  relay.onServer(true);
  relay.onRecordAccepted(far, c);
  receive(b, { ...forUs(far), ttl: 0 });
  expect(facts()).toEqual([{ type: 'signal-in', from: far, payload: signal, via: 'mesh' }]);
  say(far, signal, 1);
  expect(hops()).toEqual([b]);
  const other = new Uint8Array([4]);
  relay.onServerSignal(far, signedSignal(far, self, other), at(2));
  answer(effects(), 2);
  expect(facts()).toEqual([{ type: 'signal-in', from: far, payload: other, via: 'server' }]);
  say(far, signal, 3);
  expect(effects()).toEqual([{ type: 'server-signal', to: far, payload: signedSignal(self, far, signal) }]);
  expect(hops()).toEqual([]);
});

test('RELAY-6: where a signal went in a circle the answer does not', () => {
  const { receive, hops } = bench({}, [a, b, c, peer(4), peer(5)]);
  receive(a, frame());
  receive(b, frame());
  receive(c, frame());
  hops();
  receive(peer(4), frame({ id: 8, from: far, to: peer(60) }));
  expect(hops()).toEqual([a]);
  // What it says next has a way of its own.
  receive(b, frame({ id: 9 }));
  hops();
  receive(peer(4), frame({ id: 10, from: far, to: peer(60) }));
  expect(hops()).toEqual([b]);
});

test('RELAY-7: the server carries what the mesh has no route for, while it is there', () => {
  const { relay, say, effects, hops } = bench(alone);
  relay.onServer(true);
  say();
  expect(effects()).toHaveLength(1);
  relay.onRecordAccepted(far, b);
  say();
  expect(hops()).toEqual([b]);
  relay.onServer(false);
  relay.onNeighbourDown(b);
  say();
  expect(effects()).toEqual([]);
  expect(hops()).toHaveLength(1);
});

test('RELAY-7: what the server could not deliver goes through the mesh, up to four signals', () => {
  const { relay, say, effects, passed } = bench(alone);
  relay.onServer(true);
  for (let n = 0; n < 5; n++) say(far, new Uint8Array([n]));
  expect(effects()).toHaveLength(5);
  relay.onServerUnreachable(far, at(10));
  expect(passed().map(({ frame: { payload } }) => payload.at(-1))).toEqual([1, 2, 3, 4]);
  relay.onServerUnreachable(far, at(11));
  expect(passed()).toEqual([]);
});

test('RELAY-8: one neighbour may have a burst carried, then so many a second', () => {
  const { receive, sent, facts } = bench({ 'relay.burst': 10, 'relay.perSecond': 5 });
  const flood = (count: number, mono: number): void => {
    for (let n = 0; n < count; n++) receive(a, frame({ id: mono + n, from: peer(300 + n) }), mono);
  };
  flood(9, 0);
  expect(sent()).toHaveLength(9);
  flood(2, 0);
  expect(sent()).toHaveLength(1);
  expect(facts()).toEqual([{ type: 'record-ignored', reason: 'author-rate' }]);
  flood(10, 1_000);
  expect(sent()).toHaveLength(5);
  receive(b, frame({ id: 99 }), 1_000);
  expect(sent()).toHaveLength(1);
});

test('RELAY-9: a signal that no frame takes with its signature is not sent', () => {
  const { say, sent, facts } = bench(alone);
  say(far, new Uint8Array(wireLimits.signalBytes - 64));
  expect(sent()).toHaveLength(1);
  say(far, new Uint8Array(wireLimits.signalBytes - 63));
  expect(sent()).toEqual([]);
  expect(facts()).toEqual([{ type: 'record-ignored', reason: 'bad-signal' }]);
});

test('RELAY-10: who is known by name alone is sought by way of who named it', () => {
  const { relay, say, hops } = bench(alone);
  relay.onPeerNamed(far, b);
  for (let n = 0; n < 5; n++) say();
  expect(hops()).toEqual([b, b, b, b, b]);
  // Named by somebody who is not a neighbour: the way to that one.
  relay.onPeerNamed(peer(51), far);
  say(peer(51));
  expect(hops().at(-1)).toBe(b);
});

test('RELAY-10: a name bends no way that is known, and leads nowhere when who said it is unknown', () => {
  const { relay, say, hops } = bench(alone);
  relay.onRecordAccepted(far, b);
  relay.onPeerNamed(far, c);
  relay.onPeerNamed(a, c);
  say();
  say(a);
  expect(hops()).toEqual([b, a]);
  relay.onPeerNamed(peer(52), peer(53));
  for (let n = 0; n < 20; n++) say(peer(52));
  expect(new Set(hops()).size).toBeGreaterThan(1);
});

test('RELAY-11: what opens a conversation leaves twice, over two links, under one id', () => {
  const { relay, say, passed } = bench();
  say();
  const [one, two, ...more] = passed();
  expect(more).toEqual([]);
  expect(one!.to).not.toBe(two!.to);
  expect(one!.frame).toEqual(two!.frame);
  // The two ways that are known, and none at random.
  relay.onRecordAccepted(far, c);
  relay.onRecordAccepted(far, b);
  for (let n = 0; n < 10; n++) say();
  const hops = passed().map(({ to }) => to);
  expect(hops).toEqual(Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? b : c)));
});

test('RELAY-11: with one link it leaves once', () => {
  const { say, hops } = bench({}, [a]);
  say();
  expect(hops()).toEqual([a]);
});

test('RELAY-11: two copies of a signal count once, and so does one that is shown again later', () => {
  const { relay, receive, answer, facts, effects } = bench();
  relay.onFrame(a, forUs(far), at(0));
  relay.onFrame(b, forUs(far), at(0));
  answer(effects(), 1);
  expect(facts()).toEqual([{ type: 'signal-in', from: far, payload: signal, via: 'mesh' }]);
  // Under an id of its own as well.
  receive(c, { ...forUs(far), id: 8 }, 100_000);
  relay.onServerSignal(far, signedSignal(far, self, signal), at(100_000));
  answer(effects(), 100_000);
  expect(facts()).toEqual([]);
  receive(c, forUs(far, new Uint8Array([9])), 100_000);
  expect(facts()).toHaveLength(1);
});

test('RELAY-12: when the best way is broken the next best is taken at once', () => {
  const { relay, say, receive, hops } = bench(alone, [a, b, c, peer(4), peer(5)]);
  relay.onRecordAccepted(far, c);
  relay.onRecordAccepted(far, b);
  relay.onNeighbourDown(b);
  for (let n = 0; n < 5; n++) say();
  for (let n = 0; n < 5; n++) receive(a, frame({ id: n }));
  expect(new Set(hops())).toEqual(new Set([c]));
});

test('RELAY-12: of 1,024 members a second way is remembered', () => {
  const { relay, say, hops } = bench(alone);
  relay.onRecordAccepted(far, c);
  relay.onRecordAccepted(far, b);
  const turn = (n: number): void => {
    relay.onRecordAccepted(peer(1_000 + n), a);
    relay.onRecordAccepted(peer(1_000 + n), c);
  };
  for (let n = 0; n < 1_023; n++) turn(n);
  relay.onNeighbourDown(b);
  for (let n = 0; n < 5; n++) say();
  expect(new Set(hops())).toEqual(new Set([c]));
  turn(1_023);
  for (let n = 0; n < 20; n++) say();
  expect(new Set(hops())).toEqual(new Set([a, c]));
});

test('RELAY-12: a signal that passes shows the way back for half a minute, and is the second choice afterwards', () => {
  const { relay, receive, hops } = bench({}, [a, b, c, peer(4), peer(5)]);
  const back = frame({ to: peer(60), from: far });
  relay.onRecordAccepted(peer(60), c);
  receive(a, frame());
  hops();
  receive(b, { ...back, id: 1 }, 29_000);
  expect(hops()).toEqual([a]);
  receive(b, { ...back, id: 2 }, 60_000);
  expect(hops()).toEqual([c]);
  relay.onNeighbourDown(c);
  for (let id = 3; id < 9; id++) receive(b, { ...back, id }, 60_000);
  expect(hops()).toEqual([a, a, a, a, a, a]);
});

test.each<[string, RelayFrame]>([
  ['somebody else’s words', { ...forUs(far), from: peer(51) }],
  ['words for somebody else', { ...forUs(far), payload: signedSignal(far, peer(51), signal) }],
  ['changed words', { ...forUs(far), payload: signedSignal(far, self, signal).with(66, 9) }],
  ['words without a signature', { ...forUs(far), payload: signal }],
  ['a signature without words', { ...forUs(far), payload: new Uint8Array(64) }],
])('RELAY-13: %s are refused, and nobody is blamed for them', (_what, forged) => {
  const { receive, facts, say, hops } = bench();
  receive(a, forged);
  expect(facts()).toEqual([{ type: 'record-ignored', reason: 'bad-signal' }]);
  // Nor do they bend a way, and the genuine one is taken in after them.
  for (let n = 0; n < 20; n++) say();
  expect(new Set(hops()).size).toBe(3);
  receive(b, forUs(far));
  expect(facts()).toMatchObject([{ type: 'signal-in', from: far }]);
});

test('RELAY-13: the server’s words are checked as well', () => {
  const { relay, answer, facts, effects } = bench();
  relay.onServerSignal(far, signedSignal(peer(51), self, signal), at(0));
  answer(effects(), 0);
  expect(facts()).toEqual([{ type: 'record-ignored', reason: 'bad-signal' }]);
});

test('RELAY-14: a source has a share of its own, so that who floods leaves the others theirs', () => {
  const flooded = (config: ConfigOverrides): number => {
    const { receive, passed } = bench(config);
    for (let n = 0; n < 500; n++) receive(a, frame({ id: n }));
    passed();
    for (let n = 0; n < 5; n++) receive(a, frame({ id: 1_000 + n, from: peer(61) }));
    return passed().length;
  };
  expect(flooded({})).toBe(5);
  expect(flooded({ 'relay.sourceBurst': 1_000, 'relay.sourcePerSecond': 1_000 })).toBe(0);
});

test('RELAY-14: a share is a burst, then so many a second, on each link', () => {
  const { receive, passed } = bench({ 'relay.sourceBurst': 4, 'relay.sourcePerSecond': 2 });
  const flood = (from: PeerId, mono: number): number => {
    for (let n = 0; n < 10; n++) receive(from, frame({ id: mono + n }), mono);
    return passed().length;
  };
  expect(flood(a, 0)).toBe(4);
  expect(flood(a, 1_000)).toBe(2);
  // What a liar says in its name elsewhere takes nothing of this.
  expect(flood(b, 1_000)).toBe(4);
});

test('RELAY-15: of one neighbour eight signals are checked at once, of the server 64', () => {
  const { relay, effects, facts, answer } = bench({ ...plenty, 'relay.pending': 8 });
  const offered = (n: number): RelayFrame => forUs(peer(200 + n));
  for (let n = 0; n < 8; n++) relay.onFrame(a, offered(n), at(0));
  expect(facts()).toEqual([]);
  relay.onFrame(a, offered(8), at(0));
  expect(facts()).toEqual([{ type: 'record-ignored', reason: 'busy' }]);
  relay.onFrame(b, offered(9), at(0));
  for (let n = 0; n < 64; n++) relay.onServerSignal(peer(300 + n), signedSignal(peer(300 + n), self, signal), at(0));
  expect(facts()).toEqual([]);
  relay.onServerSignal(peer(364), signedSignal(peer(364), self, signal), at(0));
  expect(facts()).toEqual([{ type: 'record-ignored', reason: 'busy' }]);
  answer(effects(), 1);
  expect(ofType(facts(), 'signal-in')).toHaveLength(73);
  relay.onFrame(a, offered(8), at(1));
  expect(facts()).toEqual([]);
});

test('RELAY-15: what a crypto port never answers is forgotten', () => {
  const { relay, facts } = bench({ 'relay.pending': 1 });
  relay.onFrame(a, forUs(far), at(0));
  relay.onFrame(a, forUs(peer(51)), at(29_999));
  expect(facts()).toHaveLength(1);
  relay.onFrame(a, forUs(peer(51)), at(30_000));
  expect(facts()).toEqual([]);
});

const round = (b: Bench): void => {
  b.relay.onSignalOut({ type: 'signal-out', to: far, payload: signal, detour: true }, at(0));
  b.answer(b.effects(), 0);
};

test('RELAY-16: round a silent link a signal goes three ways, one of them that of the target’s own words', () => {
  const b = bench({}, [a, peer(2), c, far, peer(4), peer(5), peer(6)]);
  b.relay.onRecordAccepted(far, peer(6));
  round(b);
  const copies = b.passed();
  expect(copies[0]?.to).toBe(peer(6));
  expect(new Set(copies.map(({ to }) => to)).size).toBe(3);
  expect(copies.map(({ to }) => to)).not.toContain(far);
  expect(new Set(copies.map(({ frame: { id, to } }) => `${id} ${to}`)).size).toBe(1);
});

test('RELAY-16: with no other link the server carries it, if there is one', () => {
  const b = bench({}, [far]);
  round(b);
  expect([b.passed(), b.effects()]).toEqual([[], []]);
  b.relay.onServer(true);
  round(b);
  expect(b.passed()).toEqual([]);
  expect(ofType(b.effects(), 'server-signal')).toMatchObject([{ to: far }]);
});

test('RELAY-7: who has lost all links asks the server, also for those who were heard through the mesh', () => {
  const b = bench({}, [a]);
  b.relay.onServer(true);
  b.receive(a, frame({ to: self, from: far, payload: signedSignal(far, self, signal) }));
  b.relay.onNeighbourDown(a);
  b.say();
  expect([b.passed(), ofType(b.effects(), 'server-signal').map(({ to }) => to)]).toEqual([[], [far]]);
});

const carriedByServer = (b: Bench): void => {
  b.relay.onServer(true);
  b.say();
};

/** Sweeps once a second from `from` on, and says when nothing was left. */
const sweptAt = ({ relay }: Bench, from: number): number => {
  for (let mono = from; mono < 1_000_000; mono += 1_000) {
    relay.sweep(at(mono));
    if (relay.isSwept()) return mono;
  }
  return Number.POSITIVE_INFINITY;
};

test.each<readonly [string, (b: Bench) => void, number]>([
  [
    'a signal of its own that nobody signs',
    ({ relay }) => relay.onSignalOut({ type: 'signal-out', to: far, payload: signal }, at(0)),
    30_000,
  ],
  ['a signal of its own', b => b.say(), 30_000],
  ['one that the server carried', carriedByServer, 10_000],
  ['one that nobody checks', ({ relay }) => relay.onFrame(a, forUs(far), at(0)), 30_000],
  ['one that was taken in', b => b.receive(a, forUs(far)), 120_000],
  ['one that it passed on', b => b.receive(a, frame()), 30_000],
  ['one beyond the share of its source', b => b.receive(a, frame({ ttl: 1 })), 30_000],
])('RELAY-17: of %s nothing is left in time', (_, act, until) => {
  const b = bench();
  expect(b.relay.isSwept()).toBe(true);
  act(b);
  expect(b.relay.isSwept()).toBe(false);
  expect(sweptAt(b, 0)).toBe(until);
});

test('RELAY-17: the share of a source is full again when it is forgotten, and not before', () => {
  const b = bench({ 'relay.sourceBurst': 10, 'relay.sourcePerSecond': 0.1 });
  for (let id = 0; id < 11; id++) b.receive(a, frame({ id, ttl: 1 }));
  for (let mono = 0; mono < 99_000; mono += 1_000) b.relay.sweep(at(mono));
  for (let id = 20; id < 30; id++) b.receive(a, frame({ id }), 99_000);
  expect(b.passed()).toHaveLength(9);
  expect(sweptAt(b, 99_000)).toBe(200_000);
});

test('RELAY-7: for three seconds after a stop of this node the server carries what the mesh had a way for', () => {
  const { relay, say, effects, hops } = bench(alone);
  relay.onServer(true);
  relay.onRecordAccepted(far, b);
  relay.onStall(at(1_000));
  say(far, signal, 3_999);
  expect([effects().length, hops()]).toEqual([1, []]);
  say(far, signal, 4_000);
  expect([effects().length, hops()]).toEqual([0, [b]]);
});
