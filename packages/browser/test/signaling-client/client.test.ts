import type { PeerId } from '@hearsay/core/host';
import { createSignalingServer } from '@hearsay/signaling';
import { joinProof, type ServerMessage } from '@hearsay/signaling/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CONNECT_TIMEOUT_MS, MAX_BAD_MESSAGES, MAX_SOCKET_BUFFER_BYTES } from '../../src/signaling-client/attempt.ts';
import { CALM_MAX_DELAY_MS, MAX_DELAY_MS, REFUSED_DELAY_MS, STABLE_MS } from '../../src/signaling-client/back-off.ts';
import { MAX_PAYLOAD_BYTES } from '../../src/signaling-client/index.ts';
import { identity, verifySignature } from '../webrtc/rig.ts';
import {
  FakeSocket,
  manualClock,
  NONCE,
  type ScriptedServer,
  scriptedServer,
  type TestClient,
  testClient,
} from './rig.ts';

const cleanups: (() => unknown)[] = [];
beforeEach(() => {
  FakeSocket.made = [];
});
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});

const other = identity().id;
const joined = (more: Partial<Extract<ServerMessage, { t: 'joined' }>> = {}): ServerMessage => ({
  t: 'joined',
  peers: [],
  entry: false,
  iceServers: [],
  ...more,
});

function client(options: Parameters<typeof testClient>[0]): TestClient {
  const made = testClient(options);
  cleanups.unshift(() => made.client.close());
  return made;
}

async function server(welcome?: ServerMessage): Promise<ScriptedServer> {
  const made = await scriptedServer(welcome);
  cleanups.push(() => made.close());
  return made;
}

/** A client on fake sockets and a manual clock. */
function fake(urls: readonly string[] = ['wss://a.example'], isCalm?: () => boolean) {
  const clock = manualClock();
  const made = client({ urls, clock, WebSocket: FakeSocket, random: () => 1, isCalm });
  const reasons = (): string[] =>
    made.inputs.flatMap(input => (input.type === 'rendezvous-down' ? [input.reason] : []));
  const last = (): FakeSocket => FakeSocket.made.at(-1)!;
  return { ...made, clock, reasons, last };
}

test('RDV-1: it proves its key over the nonce of this socket and is admitted', async () => {
  const { url, received } = await server(joined({ peers: [other], entry: true }));
  const { client: rendezvous, self, until, states } = client({ urls: [url], token: 'secret' });
  rendezvous.open();
  rendezvous.open();
  expect(await until('rendezvous-up')).toEqual({ type: 'rendezvous-up', peers: [other], entry: true });
  expect(received).toHaveLength(1);
  const [join] = received;
  if (join?.t !== 'join') throw new Error('no join');
  expect(join).toMatchObject({ app: 'com.example.test', room: 'lobby', network: '0102030405060708', token: 'secret' });
  const proof = new TextEncoder().encode(joinProof(NONCE, join.app, join.room, join.network, self.id));
  expect(await verifySignature(self.id, Buffer.from(join.signature, 'hex'), proof)).toBe(true);
  expect(states).toEqual(['connecting', 'joined']);
});

test('RDV-2: what the server says becomes inputs, without ourselves', async () => {
  const { url, say } = await server(joined());
  const { client: rendezvous, self, until } = client({ urls: [url] });
  rendezvous.open();
  await until('rendezvous-up');
  say({ t: 'peers', peers: [self.id, other] });
  say({ t: 'entry', entry: true });
  say({ t: 'unreachable', to: other });
  say({ t: 'signal', from: other, payload: '////' });
  expect(await until('introduced')).toEqual({ type: 'introduced', peers: [other] });
  expect(await until('entry-role')).toEqual({ type: 'entry-role', entry: true });
  expect(await until('server-unreachable')).toEqual({ type: 'server-unreachable', peer: other });
  expect(await until('server-signal')).toEqual({
    type: 'server-signal',
    from: other,
    payload: Uint8Array.of(255, 255, 255),
  });
});

test('RDV-2: the ICE servers of every join are handed on', async () => {
  const handed: unknown[] = [];
  const iceServers = [{ urls: ['turn:turn.example'], username: 'u', credential: 'c' }];
  const { url } = await server(joined({ iceServers }));
  const { client: rendezvous, until } = client({ urls: [url], onIceServers: servers => handed.push(servers) });
  rendezvous.open();
  await until('rendezvous-up');
  expect(handed).toEqual([iceServers]);
});

test('RDV-3: payloads are bytes here and base64 there, from 1 byte to 9 KiB', async () => {
  const { last, client: rendezvous, inputs } = fake();
  rendezvous.open();
  await last().join();
  const payload = Uint8Array.from({ length: MAX_PAYLOAD_BYTES }, (_, at) => at % 256);
  rendezvous.signal(other, payload);
  const message = JSON.parse(last().sent[1]!) as { payload: string };
  expect(message).toMatchObject({ t: 'signal', to: other });
  expect(message.payload).toHaveLength(12 * 1024);
  expect(Uint8Array.from(Buffer.from(message.payload, 'base64'))).toEqual(payload);
  rendezvous.signal(other, new Uint8Array(MAX_PAYLOAD_BYTES + 1));
  rendezvous.signal(other, new Uint8Array(0));
  expect(inputs.map(input => input.type)).toEqual(['rendezvous-up']);
  await Promise.resolve();
  expect(inputs.slice(1)).toEqual([
    { type: 'server-unreachable', peer: other },
    { type: 'server-unreachable', peer: other },
  ]);
  expect(last().sent).toHaveLength(2);
});

test('RDV-3: what is not base64 is dropped', async () => {
  const { last, client: rendezvous, inputs } = fake();
  rendezvous.open();
  await last().join();
  last().say(JSON.stringify({ t: 'signal', from: other, payload: '!!!' }));
  expect(inputs).toHaveLength(1);
});

test('RDV-4: nothing is queued: a signal before the join or on a choked socket comes back as unreachable', async () => {
  const { last, client: rendezvous, inputs } = fake();
  const unreachable = (): number => inputs.filter(input => input.type === 'server-unreachable').length;
  rendezvous.signal(other, Uint8Array.of(1));
  rendezvous.introduce();
  rendezvous.open();
  rendezvous.signal(other, Uint8Array.of(1));
  rendezvous.introduce();
  await last().join();
  expect(unreachable()).toBe(2);
  expect(last().sent).toHaveLength(1);
  last().bufferedAmount = MAX_SOCKET_BUFFER_BYTES;
  rendezvous.signal(other, Uint8Array.of(1));
  rendezvous.introduce();
  expect(last().sent).toHaveLength(3);
  last().bufferedAmount += 1;
  rendezvous.signal(other, Uint8Array.of(1));
  await Promise.resolve();
  expect(unreachable()).toBe(3);
});

test('RDV-5: no answer within 5 s is a timeout, at whatever step', async () => {
  for (const step of [
    () => undefined,
    (socket: FakeSocket) => socket.say(JSON.stringify({ t: 'challenge', nonce: NONCE })),
  ]) {
    const { last, client: rendezvous, reasons, clock } = fake();
    rendezvous.open();
    step(last());
    clock.advance(CONNECT_TIMEOUT_MS - 1);
    expect(reasons()).toEqual([]);
    clock.advance(1);
    expect(reasons()).toEqual(['timeout']);
    expect(last().closed).toBe(true);
  }
});

test('RDV-6: a dead first server is passed over at once', async () => {
  const dead = await scriptedServer();
  await dead.close();
  const { url } = await server(joined());
  const { client: rendezvous, inputs, until } = client({ urls: [dead.url, url] });
  rendezvous.open();
  await until('rendezvous-up');
  expect(inputs[0]).toEqual({ type: 'rendezvous-down', reason: 'unreachable' });
});

test('RDV-7: while wanted it comes back after a loss', async () => {
  const { url, sockets } = await server(joined());
  const { client: rendezvous, until, states } = client({ urls: [url] });
  rendezvous.open();
  await until('rendezvous-up');
  for (const socket of sockets) socket.terminate();
  expect((await until('rendezvous-down')).reason).toBe('closed');
  await until('rendezvous-up', 2);
  expect(states).toEqual(['connecting', 'joined', 'waiting', 'connecting', 'joined']);
});

test('RDV-7: waits double from 250 ms to 15 s, and start again after a connection that lasted', async () => {
  const { last, client: rendezvous, clock } = fake();
  rendezvous.open();
  const delays: number[] = [];
  const fail = (): void => {
    last().drop();
    delays.push(clock.waiting()[0]!);
    clock.advance(delays.at(-1)!);
  };
  for (let at = 0; at < 9; at += 1) fail();
  expect(delays).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, MAX_DELAY_MS, MAX_DELAY_MS, MAX_DELAY_MS]);
  await last().join();
  clock.advance(STABLE_MS - 1);
  fail();
  expect(delays.at(-1)).toBe(MAX_DELAY_MS);
  await last().join();
  clock.advance(STABLE_MS);
  fail();
  expect(delays.at(-1)).toBe(250);
});

test('RDV-13: a peer that has links waits longer and longer, up to a minute, and hurries when they are gone', () => {
  let calm = true;
  const { last, client: rendezvous, clock } = fake(undefined, () => calm);
  rendezvous.open();
  const fail = (): number => {
    last().drop();
    const delay = clock.waiting()[0]!;
    clock.advance(delay);
    return delay;
  };
  const delays = Array.from({ length: 8 }, fail);
  expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, CALM_MAX_DELAY_MS, CALM_MAX_DELAY_MS]);
  last().drop();
  calm = false;
  rendezvous.hasten();
  expect(clock.waiting()).toEqual([250]);
  clock.advance(250);
  expect([fail(), fail(), fail()]).toEqual([250, 500, 1_000]);
  // An attempt that is under way is not hurried.
  const { length } = FakeSocket.made;
  rendezvous.hasten();
  clock.advance(1_000);
  expect(FakeSocket.made).toHaveLength(length);
});

test('RDV-13: a server that refused, or asked for patience, is not hurried, and one that was left is let be', () => {
  for (const answer of [
    { t: 'error', code: 'forbidden', message: 'no' },
    { t: 'error', code: 'shutting-down', message: '', retryAfterMs: 20_000 },
  ]) {
    const { last, client: rendezvous, clock } = fake();
    rendezvous.open();
    last().say(JSON.stringify({ t: 'challenge', nonce: NONCE }));
    last().say(JSON.stringify(answer));
    rendezvous.hasten();
    expect(clock.waiting()[0]).toBeGreaterThanOrEqual(20_000);
    rendezvous.close();
    rendezvous.hasten();
    expect(clock.waiting()).toEqual([]);
  }
});

test.each(['forbidden', 'bad-proof', 'room-full', 'replaced'] as const)(
  'RDV-8: %s is reported as a refusal and retried slowly',
  async code => {
    const { last, client: rendezvous, clock, reasons } = fake();
    rendezvous.open();
    last().say(JSON.stringify({ t: 'challenge', nonce: NONCE }));
    last().say(JSON.stringify({ t: 'error', code, message: 'no' }));
    expect(reasons()).toEqual([`refused:${code}`]);
    expect(clock.waiting()[0]).toBeGreaterThanOrEqual(REFUSED_DELAY_MS);
    clock.advance(2 * REFUSED_DELAY_MS);
    expect(FakeSocket.made).toHaveLength(2);
  },
);

test('RDV-8: a server that asks for patience gets it, unless there is another', () => {
  const farewell = JSON.stringify({ t: 'error', code: 'shutting-down', message: '', retryAfterMs: 20_000 });
  for (const [urls, delay] of [
    [['wss://a.example'], 20_000],
    [['wss://a.example', 'wss://b.example'], 0],
  ] as const) {
    const { last, client: rendezvous, clock, reasons } = fake(urls);
    rendezvous.open();
    last().say(farewell);
    expect(reasons()).toEqual(['shutting-down']);
    expect(clock.waiting()[0]).toBe(delay);
  }
});

test('RDV-8: once joined, a dropped message is no reason to go', async () => {
  const { last, client: rendezvous, inputs } = fake();
  rendezvous.open();
  await last().join();
  for (const code of ['rate-limited', 'bad-message']) last().say(JSON.stringify({ t: 'error', code, message: '' }));
  expect(inputs.map(input => input.type)).toEqual(['rendezvous-up']);
});

test('RDV-9: junk is survived 20 times, then the server is left', async () => {
  const { last, client: rendezvous, reasons } = fake();
  rendezvous.open();
  await last().join();
  const junk = ['', '{', 'null', '[]', '{"t":"peers"}', '{"t":"x"}', new Uint8Array(3), undefined, 'x'.repeat(100_000)];
  for (let at = 0; at < MAX_BAD_MESSAGES; at += 1) last().say(junk[at % junk.length]);
  expect(reasons()).toEqual([]);
  last().say('{');
  expect(reasons()).toEqual(['bad-server']);
});

test('RDV-9: a server that skips or repeats steps is left', () => {
  const challenge = JSON.stringify({ t: 'challenge', nonce: NONCE });
  for (const steps of [
    [JSON.stringify(joined())],
    [challenge, challenge],
    [JSON.stringify({ t: 'entry', entry: true })],
  ]) {
    const { last, client: rendezvous, reasons, inputs } = fake();
    rendezvous.open();
    for (const step of steps) last().say(step);
    expect(reasons()).toEqual(['bad-server']);
    expect(inputs).toHaveLength(1);
  }
});

test('RDV-10: a closed client is silent, drops its socket and tries nothing', async () => {
  const { last, client: rendezvous, clock, inputs, states } = fake();
  rendezvous.close();
  rendezvous.open();
  await last().join();
  rendezvous.close();
  rendezvous.close();
  last().drop();
  last().say(JSON.stringify({ t: 'entry', entry: true }));
  clock.advance(10 * 60_000);
  expect(inputs.map(input => input.type)).toEqual(['rendezvous-up']);
  expect(FakeSocket.made).toHaveLength(1);
  expect(last().closed).toBe(true);
  expect(states).toEqual(['connecting', 'joined', 'closed']);
  rendezvous.open();
  expect(FakeSocket.made).toHaveLength(2);
});

test('RDV-10: closing between two attempts stops the retry', () => {
  const { last, client: rendezvous, clock } = fake();
  rendezvous.open();
  last().drop();
  rendezvous.close();
  clock.advance(10 * 60_000);
  expect(FakeSocket.made).toHaveLength(1);
});

test('RDV-11: a bare origin means the standard path; a path of its own is kept', () => {
  for (const [url, endpoint] of [
    ['wss://a.example', 'wss://a.example/v1/signal'],
    ['ws://127.0.0.1:8787/', 'ws://127.0.0.1:8787/v1/signal'],
    ['wss://a.example/behind/proxy', 'wss://a.example/behind/proxy'],
  ] as const) {
    const { client: rendezvous, last } = fake([url]);
    rendezvous.open();
    expect(last().url).toBe(endpoint);
  }
});

test('RDV-11: urls that no socket takes, no urls, and a signer that fails throw nothing', async () => {
  for (const urls of [['not a url'], ['http://[', 'ftp://x'], []]) {
    const { client: rendezvous, until } = client({ urls });
    rendezvous.open();
    expect((await until('rendezvous-down')).reason).toBe('bad-url');
    rendezvous.close();
  }
  const { url } = await server(joined());
  const self = { id: other, sign: () => Promise.reject(new Error('locked')) };
  const { client: rendezvous, until } = client({ urls: [url], identity: self });
  rendezvous.open();
  expect((await until('rendezvous-down')).reason).toBe('sign-failed');
});

test('RDV-12: two clients meet over the real server and carry signals', async () => {
  const real = createSignalingServer();
  cleanups.push(() => real.close());
  const { url } = await real.listen(0);
  const a = client({ urls: [url] });
  const b = client({ urls: [url] });
  a.client.open();
  await a.until('rendezvous-up');
  b.client.open();
  expect((await b.until('rendezvous-up')).peers).toEqual([a.self.id]);
  b.client.signal(a.self.id, Uint8Array.of(1, 2, 255));
  expect(await a.until('server-signal')).toEqual({
    type: 'server-signal',
    from: b.self.id,
    payload: Uint8Array.of(1, 2, 255),
  });
  b.client.signal('0'.repeat(64) as PeerId, Uint8Array.of(1));
  expect((await b.until('server-unreachable')).peer).toBe('0'.repeat(64));
  a.client.introduce();
  expect((await a.until('introduced')).peers).toEqual([b.self.id]);
});

test('RDV-12: the real server refuses, and the client says so', async () => {
  const real = createSignalingServer({ authorize: ({ token }) => token === 'right' });
  cleanups.push(() => real.close());
  const { url } = await real.listen(0);
  const wrong = client({ urls: [url], token: 'wrong' });
  const right = client({ urls: [url], token: 'right' });
  wrong.client.open();
  right.client.open();
  expect((await wrong.until('rendezvous-down')).reason).toBe('refused:forbidden');
  await right.until('rendezvous-up');
});
