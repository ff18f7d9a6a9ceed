import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { clientAddress, parseProxies } from '../src/address.ts';
import { attachSignaling, createSignalingServer, SignalingServerError } from '../src/index.ts';
import type { SignalingOptions } from '../src/options.ts';
import { SIGNALING_PATH } from '../src/protocol.ts';
import { identity, TestClient, World } from './client.ts';

const endings: (() => Promise<unknown> | unknown)[] = [];
const start = async (options?: SignalingOptions): Promise<World> => {
  const world = await World.start(options);
  endings.push(() => world.end());
  return world;
};
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

test('SIG-26: with a list of origins a browser elsewhere is refused; a program without Origin passes', async () => {
  const w = await start({ origins: ['https://app.example', 'http://localhost:5173/'] });
  expect(await w.knock({ origin: 'https://app.example' })).toBe(101);
  expect(await w.knock({ origin: 'http://localhost:5173' })).toBe(101);
  expect(await w.knock()).toBe(101);
  for (const origin of ['https://evil.example', 'null', 'https://app.example.evil', 'http://app.example', '']) {
    expect(await w.knock({ origin })).toBe(403);
  }
});

test('SIG-27: addresses are grouped as IPv4 /32 and IPv6 /64', () => {
  const nobody = parseProxies([]);
  const group = (remote?: string): string => clientAddress(remote, '192.0.2.99', nobody);
  expect(group('192.0.2.1')).toBe('192.0.2.1');
  expect(group('::ffff:192.0.2.1')).toBe('192.0.2.1');
  expect(group('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64');
  expect(group('2001:DB8:1:2::6')).toBe('2001:db8:1:2::/64');
  expect(group('2001:db8::1')).toBe('2001:db8:0:0::/64');
  expect(group('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
  expect(group('::1')).toBe('0:0:0:0::/64');
  expect(group('64:ff9b::192.0.2.1')).toBe('64:ff9b:0:0::/64');
  expect(group(undefined)).toBe('unknown');
});

test('SIG-27: X-Forwarded-For is read from the right, through trusted proxies only', () => {
  const proxies = parseProxies(['10.0.0.0/8', '192.0.2.1', 'fd00::/8']);
  const seen = (remote: string, forwarded?: string): string => clientAddress(remote, forwarded, proxies);
  expect(seen('198.51.100.1', '203.0.113.1')).toBe('198.51.100.1');
  expect(seen('10.1.2.3', '203.0.113.1')).toBe('203.0.113.1');
  expect(seen('::ffff:10.1.2.3', 'spoofed, 198.51.100.9, 203.0.113.1 , 192.0.2.1')).toBe('203.0.113.1');
  expect(seen('fd00::1', '2001:db8::5')).toBe('2001:db8:0:0::/64');
  expect(seen('10.1.2.3', '203.0.113.1, garbage')).toBe('10.1.2.3');
  expect(seen('10.1.2.3', '')).toBe('10.1.2.3');
  expect(seen('10.1.2.3')).toBe('10.1.2.3');
  for (const wrong of ['', 'proxy.example', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', 'fd00::/129', '10.0.0.0/-1']) {
    expect(() => parseProxies([wrong])).toThrow(SignalingServerError);
  }
});

test('SIG-28: /healthz answers 200 JSON, everything else 404', async () => {
  const w = await start();
  const base = `http://127.0.0.1:${w.port}`;
  const healthy = await fetch(`${base}/healthz?x`);
  expect([healthy.status, await healthy.json()]).toEqual([200, { status: 'ok' }]);
  for (const [path, method] of [
    ['/', 'GET'],
    [SIGNALING_PATH, 'GET'],
    ['/healthz', 'POST'],
    ['/healthz/x', 'GET'],
  ] as const) {
    const response = await fetch(base + path, { method });
    expect([response.status, await response.json()]).toEqual([404, { error: 'not found' }]);
  }
  expect(await w.knock({}, '/elsewhere')).toBe(404);
});

test('SIG-30: attached to a server, it takes its own path and leaves pages and other upgrades alone', async () => {
  const host = createServer((_request, response) => response.end('a page'));
  const chat = new WebSocketServer({ noServer: true });
  host.on('upgrade', (request, socket, head) => {
    if (request.url !== '/chat') return;
    chat.handleUpgrade(request, socket, head, webSocket => webSocket.send('welcome to the chat'));
  });
  const signaling = attachSignaling(host);
  const port = await listen(host);
  const url = `ws://127.0.0.1:${port}`;
  const client = new TestClient(new WebSocket(url + SIGNALING_PATH), identity());
  client.nonce = (await client.next('challenge')).nonce;
  await client.join();
  expect(await (await fetch(`http://127.0.0.1:${port}/healthz`)).text()).toBe('a page');
  const chatter = new WebSocket(`${url}/chat`);
  expect(await new Promise(resolve => chatter.once('message', data => resolve(data.toString())))).toBe(
    'welcome to the chat',
  );
  await signaling.close();
  expect((await client.next('error')).code).toBe('shutting-down');
  expect(chatter.readyState).toBe(WebSocket.OPEN);
  expect(host.listenerCount('upgrade')).toBe(1);
  expect(host.listening).toBe(true);
  chatter.terminate();
});

test('SIG-30: where nobody else listens for upgrades, other paths are refused instead of left hanging', async () => {
  const host = createServer((_request, response) => response.end('a page'));
  const signaling = attachSignaling(host);
  endings.push(() => signaling.close());
  const port = await listen(host);
  const status = await new Promise(resolve => {
    get({ port, path: '/page', headers: { connection: 'Upgrade', upgrade: 'h2c' } }, response => {
      response.resume();
      resolve(response.statusCode);
    });
  });
  expect(status).toBe(404);
  expect(signaling.stats().counts['unknown-path']).toBe(1);
});

test('SIG-31: closing tells everybody, closes with 1012, and is done within its grace, whoever does not answer', async () => {
  const w = await start({ limits: { closeGraceMs: 100 } });
  const polite = await w.member();
  const frozen = await w.member();
  await w.dial();
  frozen.socket.pause();
  const closing = Promise.all([w.server.close(), w.server.close()]);
  const goodbye = await polite.next('error');
  expect(goodbye.code).toBe('shutting-down');
  expect(goodbye.retryAfterMs).toBeGreaterThanOrEqual(1000);
  expect((await polite.closed).code).toBe(1012);
  await closing;
  expect(w.server.stats()).toMatchObject({ sockets: 0, members: 0, rooms: 0, unauthenticated: 0 });
  await expect(w.knock()).rejects.toThrow();
});

test('SIG-32: listening on a taken port, twice, or after closing fails with a code', async () => {
  const w = await start();
  const second = createSignalingServer();
  await expect(second.listen(w.port)).rejects.toMatchObject({ code: 'address-in-use' });
  await second.close();
  await expect(w.server.listen(0)).rejects.toMatchObject({ code: 'already-used' });
  const unheard = createSignalingServer();
  await unheard.close();
  await expect(unheard.listen(0)).rejects.toMatchObject({ code: 'already-used' });
  await expect(createSignalingServer().listen(0, '203.0.113.1')).rejects.toMatchObject({ code: 'listen-failed' });
  await expect(createSignalingServer().listen(70_000)).rejects.toMatchObject({ code: 'bad-option' });
});

test('SIG-35: no address, id, name or token is ever logged, and a log that throws harms nobody', async () => {
  const lines: string[] = [];
  const secret = 'a-secret-token';
  const w = await start({
    authorize: ({ token }) => {
      throw new TypeError(`cannot read ${token}`);
    },
    log: (event, fields) => {
      lines.push(JSON.stringify({ event, ...fields }));
      throw new Error('disk full');
    },
  });
  const client = await w.dial();
  client.send(client.joinMessage({ token: secret }));
  expect((await client.next('error')).code).toBe('forbidden');
  expect(lines).toEqual(['{"event":"authorize-failed","error":"TypeError"}']);
});

test('SIG-36: options that make no sense are refused with a sentence at creation', () => {
  const wrong: SignalingOptions[] = [
    { origins: ['app.example'] },
    { origins: ['https://app.example/path'] },
    { origins: ['ftp://app.example'] },
    { trustedProxies: ['everybody'] },
    { iceServers: Array.from({ length: 9 }, () => ({ urls: 'stun:127.0.0.1' })) },
    { iceServers: [{ urls: [] }] },
    { limits: { rooms: 0 } },
    { limits: { rooms: 1.5 } },
    { limits: { rooms: Number.NaN } },
    { limits: { pingIntervalMs: 2 ** 31 } },
    { limits: { introductions: 9 } },
    { limits: { roms: 1 } as object },
    { iceServers: [{ urls: 'http://127.0.0.1' }] },
    { iceServers: [{ urls: 'turn:127.0.0.1' }] },
    { iceServers: [{ url: 'stun:127.0.0.1' }] as never },
    { iceServers: 'stun:127.0.0.1' as never },
    { authorize: true as never },
    { origins: 'https://app.example' as never },
    { origins: [5] as never },
    { trustedProxies: [5] as never },
    { log: 'stderr' as never },
    { random: 4 as never },
    { limits: 'few' as never },
    { origin: ['https://app.example'] } as never,
    'https://app.example' as never,
    null as never,
  ];
  for (const options of wrong) {
    expect(() => createSignalingServer(options)).toThrow(expect.objectContaining({ code: 'bad-option' }));
  }
});

test('SIG-36: what is wrong is named', () => {
  for (const [options, message] of [
    [{ origin: [] }, /'origin'.*origins/],
    [{ authorise: () => true }, /'authorise'.*authorize/],
    [{ iceServers: [{ urls: 'stun:127.0.0.1' }, {}] }, /iceServers\[1\] needs `urls`/],
    [{ iceServers: [{ urls: ['stun:127.0.0.1', 'http://a'] }] }, /iceServers\[0\].*turns:, not "http:\/\/a"/],
    [{ iceServers: [{ urls: 'turn:127.0.0.1', username: 'u' }] }, /iceServers\[0\].*credential/],
  ] as const) {
    expect(() => createSignalingServer(options as never)).toThrow(message);
  }
  createSignalingServer({ iceServers: [{ urls: 'turns:a', username: 'u', credential: 'c' }] });
});

async function listen(host: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>(resolve => host.listen(0, '127.0.0.1', resolve));
  endings.push(() => {
    host.close();
    host.closeAllConnections();
  });
  return (host.address() as AddressInfo).port;
}
