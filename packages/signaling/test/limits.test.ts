import { afterEach, expect, test } from 'vitest';
import { Admission } from '../src/admission.ts';
import { DEFAULT_LIMITS } from '../src/limits.ts';
import type { SignalingOptions } from '../src/options.ts';
import { SIGNALING_PATH } from '../src/protocol.ts';
import { TokenBucket } from '../src/token-bucket.ts';
import { type TestClient, until, World } from './client.ts';

let world: World | undefined;
const start = async (options?: SignalingOptions): Promise<World> => {
  world = await World.start(options);
  return world;
};
afterEach(async () => {
  await world?.end();
  world = undefined;
});

test('SIG-17: nine strikes are forgiven, the tenth closes with 1008', async () => {
  const w = await start();
  const client = await w.member();
  for (let i = 1; i <= 9; i += 1) {
    client.send('junk');
    expect((await client.next('error')).code).toBe('bad-message');
  }
  client.send({ t: 'introduce' });
  await client.next('peers');
  client.send('junk');
  expect((await client.next('error')).code).toBe('bad-message');
  expect((await client.closed).code).toBe(1008);
  expect(w.server.stats()).toMatchObject({ members: 0, counts: { strikes: 1 } });
});

test('SIG-18: a burst at the limit passes, the next message is dropped with the time to wait', async () => {
  // The join is the first of the five; at one per second none comes back while this runs.
  const w = await start({ limits: { messagesPerSecond: 1, messagesBurst: 5 } });
  const witness = await w.member();
  const client = await w.member();
  for (let i = 0; i < 5; i += 1) client.send({ t: 'signal', to: witness.id.peer, payload: `${i}` });
  for (let i = 0; i < 4; i += 1) expect((await witness.next('signal')).payload).toBe(`${i}`);
  const refusal = await client.next('error');
  expect(refusal.code).toBe('rate-limited');
  expect(refusal.retryAfterMs).toBeGreaterThan(0);
  expect(refusal.retryAfterMs).toBeLessThanOrEqual(1000);
  expect(witness.unread).toEqual([]);
});

test('SIG-18: by default 240 messages at once pass', async () => {
  const w = await start();
  const client = await w.member();
  for (let i = 0; i < 239; i += 1) client.send({ t: 'introduce' });
  for (let i = 0; i < 239; i += 1) await client.next('peers');
});

test('SIG-18: pings count as messages, and a flood of them ends like any other', async () => {
  const w = await start({ limits: { messagesPerSecond: 1, messagesBurst: 5 } });
  const client = await w.member();
  for (let i = 0; i < 40; i += 1) client.socket.ping();
  expect((await client.closed).code).toBe(1008);
});

test('SIG-18: a token bucket gives its burst, then its rate, and never runs backwards', () => {
  const bucket = new TokenBucket(10, 3, 1000);
  expect([1, 2, 3, 4].map(() => bucket.take(1000))).toEqual([true, true, true, false]);
  expect(bucket.waitMs(1000)).toBe(100);
  expect(bucket.take(1099)).toBe(false);
  expect(bucket.take(1101)).toBe(true);
  expect(bucket.take(0)).toBe(false);
  expect(bucket.isFull(1300)).toBe(false);
  expect(bucket.isFull(9_999_999)).toBe(true);
  expect([1, 2, 3, 4].map(() => bucket.take(9_999_999))).toEqual([true, true, true, false]);
});

test('SIG-19: a message of 16 KiB is read, one byte more closes the socket with 1009', async () => {
  const w = await start();
  const client = await w.member();
  client.send('{"t":"introduce"}'.padEnd(16 * 1024));
  await client.next('peers');
  client.send('{"t":"introduce"}'.padEnd(16 * 1024 + 1));
  expect((await client.closed).code).toBe(1009);
});

test('SIG-19: a message in 16 fragments is read, in 17 it closes the socket', async () => {
  const w = await start();
  const client = await w.member();
  const sendIn = (fragments: number): void => {
    const text = '{"t":"introduce"}';
    client.socket.send(text, { fin: false });
    for (let i = 2; i <= fragments; i += 1) client.socket.send('', { fin: i === fragments });
  };
  sendIn(16);
  await client.next('peers');
  sendIn(17);
  expect((await client.closed).code).toBe(1008);
});

test('SIG-21: so many may wait to join, the next one is told to come back; joining makes place', async () => {
  const w = await start({ limits: { unauthenticated: 2 } });
  const first = await w.dial();
  await w.dial();
  expect(await w.knock()).toBe(503);
  await first.join();
  expect(await w.knock()).toBe(101);
  expect(w.server.stats()).toMatchObject({ unauthenticated: 2, counts: { 'unauthenticated-full': 1 } });
});

test('SIG-22: an address holds so many sockets and no more; one that leaves makes place', async () => {
  const w = await start({ limits: { socketsPerAddress: 2 } });
  const first = await w.member();
  await w.member();
  expect(await w.knock()).toBe(429);
  first.socket.terminate();
  await until(() => w.server.stats().sockets === 1, 'the first is gone');
  expect(await w.knock()).toBe(101);
});

test('SIG-22: refused handshakes give their place back', async () => {
  const w = await start({ limits: { socketsPerAddress: 1 } });
  const badHandshake = 'Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: short\r\n\r\n';
  for (let i = 0; i < 3; i += 1) {
    const raw = await w.raw(`GET ${SIGNALING_PATH} HTTP/1.1\r\n${badHandshake}`);
    await raw.closed;
    expect(raw.received).toContain(' 400 ');
    await until(() => w.server.stats().unauthenticated === 0, 'the place is free');
  }
  await w.member();
});

test('SIG-22: addresses behind a trusted proxy are counted apart, without one together', async () => {
  const limits = { socketsPerAddress: 1 };
  const trusting = await start({ limits, trustedProxies: ['127.0.0.0/8'] });
  expect(await trusting.knock({ 'x-forwarded-for': '192.0.2.1' })).toBe(101);
  expect(await trusting.knock({ 'x-forwarded-for': '192.0.2.2' })).toBe(101);
  expect(await trusting.knock({ 'x-forwarded-for': '192.0.2.9, 192.0.2.2' })).toBe(429);
  await trusting.end();
  const wary = await start({ limits });
  expect(await wary.knock({ 'x-forwarded-for': '192.0.2.1' })).toBe(101);
  expect(await wary.knock({ 'x-forwarded-for': '192.0.2.2' })).toBe(429);
});

test('SIG-23: an address opens so many sockets at once, then at its rate', async () => {
  const w = await start({ limits: { connectsPerSecond: 1, connectsBurst: 3 } });
  const statuses: number[] = [];
  for (let i = 0; i < 4; i += 1) statuses.push(await w.knock());
  expect(statuses).toEqual([101, 101, 101, 429]);
});

test('SIG-24: a client that does not read is dropped once its backlog is over the limit; others go on', async () => {
  const w = await start({ limits: { messagesBurst: 100_000, messagesPerSecond: 100_000, bufferedBytes: 64 * 1024 } });
  const [sender, bystander, sleeper] = [await w.member(), await w.member(), await w.member()];
  sleeper.socket.pause();
  // The kernel buffers some megabytes before the server's own queue begins to grow.
  const payload = 'x'.repeat(12_000);
  for (let i = 0; i < 3000 && !w.server.stats().counts['too-slow']; i += 1) {
    sender.send({ t: 'signal', to: sleeper.id.peer, payload });
    if (i % 20 === 0) await new Promise(resolve => setImmediate(resolve));
  }
  await until(() => w.server.stats().counts['too-slow'] === 1, 'the sleeper is dropped');
  expect(w.server.stats()).toMatchObject({ members: 2 });
  bystander.send({ t: 'introduce' });
  expect((await bystander.next('peers')).peers).toEqual([sender.id.peer]);
});

test('SIG-25: a silent client is dropped, one that answers pings stays', async () => {
  const w = await start({ limits: { pingIntervalMs: 40, silenceMs: 1000 } });
  const alive = await w.member();
  const frozen = await w.member();
  frozen.socket.pause();
  await until(() => w.server.stats().counts.silent === 1, 'the frozen client is dropped');
  expect(w.server.stats().members).toBe(1);
  alive.send({ t: 'introduce' });
  expect((await alive.next('peers')).peers).toEqual([]);
});

test('SIG-38: remembered addresses are bounded, those with a socket are kept, idle ones forgotten', () => {
  const door = new Admission({ ...DEFAULT_LIMITS, addresses: 3, socketsPerAddress: 1, connectsPerSecond: 1 });
  const held = door.enter('held', 0);
  expect(typeof held).toBe('object');
  for (let i = 0; i < 100; i += 1) {
    const pass = door.enter(`v${i}`, 0);
    if (typeof pass === 'object') pass.release();
    expect(door.addresses).toBeLessThanOrEqual(3);
  }
  expect(door.enter('held', 0)).toBe('address-sockets');
  door.sweep(1_000_000);
  expect(door.addresses).toBe(1);
  if (typeof held === 'object') {
    held.release();
    held.release();
  }
  expect(door.waiting).toBe(0);
  door.sweep(1_000_000);
  expect(door.addresses).toBe(0);
});

test('SIG-39: connections beyond the limit are dropped, those inside go on', async () => {
  const w = await start({ limits: { connections: 2 } });
  const inside: TestClient[] = [await w.member(), await w.member()];
  const extra = await w.raw();
  await extra.closed;
  inside[0]!.send({ t: 'introduce' });
  expect((await inside[0]!.next('peers')).peers).toEqual([inside[1]!.id.peer]);
});
