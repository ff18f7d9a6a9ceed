import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SIGNALING_PATH } from '../src/protocol.ts';
import { type RawSocket, type TestClient, until, World } from './client.ts';

let world: World;
let alice: TestClient;
let bob: TestClient;

beforeAll(async () => {
  world = await World.start();
  alice = await world.member();
  bob = await world.member();
});
afterAll(() => world.end());

/** Two clients that have nothing to do with the junk are served, on the sockets they had before. */
async function othersAreServed(): Promise<void> {
  const payload = randomBytes(8).toString('hex');
  alice.send({ t: 'signal', to: bob.id.peer, payload });
  expect((await bob.next('signal')).payload).toBe(payload);
}

const UPGRADE = [
  `GET ${SIGNALING_PATH} HTTP/1.1`,
  'Host: localhost',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  '\r\n',
].join('\r\n');

/** A masked client frame (mask zero), so that lengths and opcodes can lie. */
function frame(firstByte: number, payload: Buffer, claimedLength: number = payload.length): Buffer {
  const head = claimedLength < 126 ? Buffer.from([firstByte, 0x80 | claimedLength]) : Buffer.alloc(10);
  if (claimedLength >= 126) {
    head.set([firstByte, 0x80 | 127]);
    head.writeBigUInt64BE(BigInt(claimedLength), 2);
  }
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}

async function upgraded(): Promise<RawSocket> {
  const raw = await world.raw(UPGRADE);
  await until(() => raw.received.includes('challenge'), 'the challenge arrives');
  return raw;
}

const JUNK_MESSAGES: Readonly<Record<string, string | Buffer>> = {
  'an empty message': '',
  'bad JSON': '{"t":',
  'deep JSON': '['.repeat(16_000),
  'an unknown type': '{"t":"subscribe","topics":["a"]}',
  'an inherited type': '{"t":"constructor"}',
  binary: randomBytes(100),
  zeros: Buffer.alloc(16_000),
  'a signal with an array for a name': '{"t":"signal","to":["x"],"payload":{}}',
};

for (const [name, junk] of Object.entries(JUNK_MESSAGES)) {
  test(`SIG-15: ${name} is answered with bad-message; others are served`, async () => {
    const client = await world.dial();
    client.socket.send(junk);
    expect((await client.next('error')).code).toBe('bad-message');
    await othersAreServed();
    client.socket.terminate();
  });
}

test('SIG-16: a signal or an introduction before joining is refused and reaches nobody', async () => {
  const client = await world.dial();
  for (const message of [{ t: 'signal', to: bob.id.peer, payload: 'psst' }, { t: 'introduce' }]) {
    client.send(message);
    expect((await client.next('error')).code).toBe('not-joined');
  }
  await othersAreServed();
  expect(bob.unread).toEqual([]);
});

test('SIG-15: broken frames end their own socket only', async () => {
  const frames = [
    frame(0xf1, Buffer.from('reserved bits')),
    frame(0x83, Buffer.from('unknown opcode')),
    frame(0x80, Buffer.from('continuation of nothing')),
    frame(0x81, Buffer.from([0xc3, 0x28, 0xff])),
    frame(0x81, Buffer.alloc(0), Number.MAX_SAFE_INTEGER),
    frame(0x88, Buffer.from([0x03])),
    frame(0x89, Buffer.alloc(200)),
    Buffer.from([0x81, 0x05, 1, 2, 3, 4, 5]),
    randomBytes(4096),
  ];
  for (const bytes of frames) {
    const raw = await upgraded();
    raw.socket.write(bytes);
    await raw.closed;
    await othersAreServed();
  }
});

test('SIG-15: a socket reset at any moment of the upgrade disturbs nobody', async () => {
  for (const sent of [
    UPGRADE.slice(0, 40),
    UPGRADE,
    UPGRADE.replace('AAAAAAAAAAAAAAAAAAAAAA==', '?'),
    UPGRADE.replace(SIGNALING_PATH, '/'),
  ]) {
    for (const wait of [false, true]) {
      const raw = await world.raw(sent);
      if (wait) await new Promise(resolve => setTimeout(resolve, 20));
      raw.socket.resetAndDestroy();
      await othersAreServed();
    }
  }
  const raw = await upgraded();
  raw.socket.write(frame(0x81, Buffer.alloc(10), 5000));
  raw.socket.resetAndDestroy();
  await othersAreServed();
});

test('SIG-15: a half-open upgrade (FIN, then silence) is let go', async () => {
  const before = world.server.stats().sockets;
  const raw = await world.raw();
  raw.socket.end(UPGRADE);
  await raw.closed;
  await until(() => world.server.stats().sockets === before, 'its socket is forgotten');
  await othersAreServed();
});

test('SIG-15: requests that break URL parsers, hosts and methods are answered or dropped, nothing more', async () => {
  const requests = [
    'GET // HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET //\\@:99999999 HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n',
    'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET /healthz HTTP/1.1\r\nHost: [::not a host\r\n\r\n',
    'GET /healthz HTTP/1.1\r\n\r\n',
    'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n',
    'POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
    'GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\n\r\n',
    'HELLO\r\n\r\n',
    '\u0016\u0003\u0001\u0000TLS?',
    UPGRADE.replace(SIGNALING_PATH, '//'),
    UPGRADE.replace(SIGNALING_PATH, `${SIGNALING_PATH}/../x`),
    UPGRADE.replace('GET', 'POST'),
    UPGRADE.replace('websocket', 'h2c'),
    UPGRADE.replace('Version: 13', 'Version: 99'),
    UPGRADE.replace('Host: localhost', 'Host: \u0001'),
  ];
  for (const request of requests) {
    const raw = await world.raw(request);
    await raw.closed;
    expect(raw.received).not.toContain(' 101 ');
    await othersAreServed();
  }
});

test('SIG-15: a bad Host on a good upgrade changes nothing', async () => {
  const raw = await world.raw(UPGRADE.replace('Host: localhost', 'Host: ///:::['));
  await until(() => raw.received.includes('challenge'), 'the challenge arrives');
  const digest = createHash('sha1')
    .update('AAAAAAAAAAAAAAAAAAAAAA==258EAFA5-E914-47DA-95CA-C5AB0DC85B11')
    .digest('base64');
  expect(raw.received).toContain(digest);
  await othersAreServed();
});

test('SIG-29: a connection that says nothing, and a head that dribbles in without end, are cut', async () => {
  const strict = await World.start({ limits: { headersTimeoutMs: 300, headersCheckMs: 50 } });
  try {
    const mute = await strict.raw();
    const slow = await strict.raw('GET /healthz HTTP/1.1\r\n');
    const dribble = setInterval(() => slow.socket.write('X-A: b\r\n'), 50);
    await Promise.all([mute.closed, slow.closed]);
    clearInterval(dribble);
    expect(slow.received).not.toContain(' 200 ');
  } finally {
    await strict.end();
  }
});

test('SIG-29: a head of 8 KiB is too large', async () => {
  const status = async (bytes: number): Promise<string> => {
    const raw = await world.raw(`GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(bytes)}\r\n\r\n`);
    await raw.closed;
    return raw.received.slice(9, 12);
  };
  expect(await status(7 * 1024)).toBe('200');
  expect(await status(8 * 1024)).toBe('431');
});

test('SIG-20: a socket that does not join in time is cut, also while authorize is thinking', async () => {
  const hurried = await World.start({ authorize: () => new Promise(() => undefined), limits: { joinTimeoutMs: 300 } });
  try {
    const [mute, waiting] = [await hurried.dial(), await hurried.dial()];
    waiting.send(waiting.joinMessage());
    await Promise.all([mute.closed, waiting.closed]);
    await until(() => hurried.server.stats().sockets === 0, 'the sockets are forgotten');
    expect(hurried.server.stats()).toMatchObject({ unauthenticated: 0, counts: { 'join-timeout': 2 } });
  } finally {
    await hurried.end();
  }
});
