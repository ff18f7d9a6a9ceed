import { afterEach, expect, test } from 'vitest';
import type { SignalingOptions } from '../src/options.ts';
import { identity, type TestClient, until, World } from './client.ts';

let world: World | undefined;
const start = async (options?: SignalingOptions): Promise<World> => {
  world = await World.start(options);
  return world;
};
afterEach(async () => {
  await world?.end();
  world = undefined;
});

test('SIG-1: every socket gets a fresh challenge first', async () => {
  const { dial } = bound(await start());
  const [a, b] = [await dial(), await dial()];
  expect(a.nonce).toMatch(/^[0-9a-f]{64}$/);
  expect(b.nonce).not.toBe(a.nonce);
});

test('SIG-2: a proved peer is admitted and meets the members that are there, never itself', async () => {
  const iceServers = [{ urls: ['stun:127.0.0.1:3478'] }];
  const { dial } = bound(await start({ iceServers }));
  const a = await dial();
  expect(await a.join()).toEqual({ t: 'joined', peers: [], entry: true, iceServers });
  const b = await dial();
  expect((await b.join()).peers).toEqual([a.id.peer]);
  const c = await dial();
  expect([...(await c.join()).peers].sort()).toEqual([a.id.peer, b.id.peer].sort());
  expect(a.unread).toEqual([]);
});

test('SIG-2: joining twice on one socket is a refused message', async () => {
  const { member } = bound(await start());
  const a = await member();
  a.send(a.joinMessage({ room: 'other' }));
  expect((await a.next('error')).code).toBe('bad-message');
});

test('SIG-3: a signature by another key is refused', async () => {
  const { dial } = bound(await start());
  const liar = await dial();
  liar.send({ ...liar.joinMessage(), peer: identity().peer });
  expect((await liar.next('error')).code).toBe('bad-proof');
  expect((await liar.closed).code).toBe(1008);
});

test('SIG-3: a proof made for another socket or another place is refused', async () => {
  const w = await start();
  const first = await w.dial();
  const proof = first.joinMessage();
  await first.join();
  const replayer = await w.dial();
  replayer.send(proof);
  expect((await replayer.next('error')).code).toBe('bad-proof');
  for (const change of [{ app: 'x' }, { room: 'x' }, { network: 'cd' }]) {
    const mover = await w.dial();
    mover.send({ ...mover.joinMessage(), ...change });
    expect((await mover.next('error')).code).toBe('bad-proof');
  }
  first.send({ t: 'introduce' });
  expect((await first.next('peers')).peers).toEqual([]);
});

test('SIG-3: a key that is no point, or of small order, proves nothing and harms nobody', async () => {
  const w = await start();
  for (const peer of ['f'.repeat(64), '0'.repeat(64), `${'0'.repeat(62)}80`]) {
    const odd = await w.dial();
    odd.send({ ...odd.joinMessage(), peer });
    expect((await odd.next('error')).code).toBe('bad-proof');
  }
  await w.member();
});

test('SIG-4: authorize sees who wants in where, with the token, and its answer counts', async () => {
  const seen: unknown[] = [];
  const w = await start({
    authorize: async request => {
      seen.push(request);
      return request.token === 'let me in';
    },
  });
  const guest = await w.member({ token: 'let me in' });
  expect(seen).toEqual([{ app: 'app', room: 'room', network: 'ab12', peer: guest.id.peer, token: 'let me in' }]);
  const stranger = await w.dial();
  stranger.send(stranger.joinMessage());
  expect((await stranger.next('error')).code).toBe('forbidden');
  expect((await stranger.closed).code).toBe(1008);
});

test('SIG-4: an authorize that throws, rejects or answers nonsense refuses', async () => {
  const answers = [
    () => {
      throw new Error('broken');
    },
    () => Promise.reject(new Error('broken')),
    () => 'yes' as unknown as boolean,
  ];
  const w = await start({ authorize: () => answers.shift()!() });
  for (let i = 0; i < 3; i += 1) {
    const client = await w.dial();
    client.send(client.joinMessage());
    expect((await client.next('error')).code).toBe('forbidden');
  }
  expect(w.server.stats().members).toBe(0);
});

test('SIG-4: authorize is not asked before the proof is good, nor heeded after the client has gone', async () => {
  let answer: (allowed: boolean) => void = () => undefined;
  let asked = 0;
  const authorize = (): Promise<boolean> => {
    asked += 1;
    return new Promise<boolean>(resolve => {
      answer = resolve;
    });
  };
  const w = await start({ authorize });
  const liar = await w.dial();
  liar.send({ ...liar.joinMessage(), peer: identity().peer });
  await liar.closed;
  expect(asked).toBe(0);
  const client = await w.dial();
  client.send(client.joinMessage());
  await until(() => asked === 1, 'authorize is asked');
  client.socket.terminate();
  await until(() => w.server.stats().sockets === 0, 'the socket is gone');
  answer(true);
  await new Promise(resolve => setImmediate(resolve));
  expect(w.server.stats()).toMatchObject({ members: 0, rooms: 0, unauthenticated: 0 });
});

test('SIG-5: the newest valid proof of a peer replaces its older socket', async () => {
  const w = await start();
  const other = await w.member();
  const id = identity();
  const old = await w.member({}, { id });
  const fresh = await w.dial({ id });
  expect((await fresh.join()).peers).toEqual([other.id.peer]);
  expect((await old.next('error')).code).toBe('replaced');
  expect(await old.closed).toEqual({ code: 4001, reason: 'replaced' });
  other.send({ t: 'signal', to: id.peer, payload: 'hello' });
  expect((await fresh.next('signal')).payload).toBe('hello');
  expect(w.server.stats()).toMatchObject({ members: 2, sockets: 2 });
});

test('SIG-5: a bad proof replaces nobody, and the same peer in another room is another member', async () => {
  const w = await start();
  const victim = await w.member();
  const thief = await w.dial();
  thief.send({ ...thief.joinMessage(), peer: victim.id.peer });
  await thief.closed;
  await w.member({ room: 'elsewhere' }, { id: victim.id });
  victim.send({ t: 'introduce' });
  await victim.next('peers');
  expect(w.server.stats().members).toBe(2);
});

test('SIG-6: introduce answers with a fresh sample of at most eight', async () => {
  const w = await start();
  const members: TestClient[] = [];
  for (let i = 0; i < 12; i += 1) members.push(await w.member());
  const known = new Set(members.slice(1).map(member => member.id.peer));
  const met = new Set<string>();
  for (let i = 0; i < 20; i += 1) {
    members[0]!.send({ t: 'introduce' });
    while (members[0]!.unread[0]?.t === 'entry') await members[0]!.next('entry');
    const { peers } = await members[0]!.next('peers');
    expect(new Set(peers).size).toBe(8);
    for (const peer of peers) met.add(peer);
  }
  expect(met).toEqual(known);
});

test('SIG-7: a signal arrives unread and unchanged, with its sender named by the server', async () => {
  const w = await start();
  const [a, b] = [await w.member(), await w.member()];
  for (const payload of ['{"t":"error"', 'ü\u0000\ud83c\udf89 "quoted" \\', 'x'.repeat(12 * 1024)]) {
    a.send({ t: 'signal', to: b.id.peer, payload, from: 'somebody else' });
    expect(await b.next('signal')).toEqual({ t: 'signal', from: a.id.peer, payload });
  }
});

test('SIG-8: a signal to somebody who is not there, left, or is oneself comes back as unreachable, without a strike', async () => {
  const w = await start({ limits: { strikes: 2 } });
  const [a, b, far] = [await w.member(), await w.member(), await w.member({ room: 'elsewhere' })];
  b.socket.close();
  await until(() => w.server.stats().members === 2, 'b has left');
  for (const to of [identity().peer, b.id.peer, far.id.peer, a.id.peer]) {
    a.send({ t: 'signal', to, payload: 'anybody?' });
    expect((await a.next('unreachable')).to).toBe(to);
  }
  expect(far.unread).toEqual([]);
});

test('SIG-9: the oldest members are entry points, and the next oldest takes over', async () => {
  const w = await start({ limits: { entryPointsPerRoom: 2 } });
  const members: TestClient[] = [];
  for (const expected of [true, true, false, false]) {
    const client = await w.dial();
    expect((await client.join()).entry).toBe(expected);
    members.push(client);
  }
  members[0]!.socket.terminate();
  expect((await members[2]!.next('entry')).entry).toBe(true);
  members[2]!.socket.close();
  expect((await members[3]!.next('entry')).entry).toBe(true);
  expect(members[1]!.unread).toEqual([]);
});

test('SIG-10: members of another network, app or room are never met', async () => {
  const w = await start();
  await w.member({ app: 'app', room: 'room', network: 'ab' });
  for (const place of [{ app: 'other' }, { room: 'other' }, { network: 'cd' }, { app: 'app","room', room: 'x' }]) {
    const client = await w.dial();
    expect((await client.join({ network: 'ab', ...place })).peers).toEqual([]);
  }
  expect(w.server.stats().rooms).toBe(5);
});

test('SIG-11: a full room and a full server say so; a place that is freed can be taken', async () => {
  const w = await start({ limits: { membersPerRoom: 2, rooms: 1 } });
  const first = await w.member();
  const second = await w.member();
  for (const place of [{}, { room: 'one too many' }]) {
    const late = await w.dial();
    late.send(late.joinMessage(place));
    expect((await late.next('error')).code).toBe('room-full');
    expect((await late.closed).code).toBe(1013);
  }
  second.socket.close();
  await until(() => w.server.stats().members === 1, 'a place is free');
  await w.member();
  await w.member({}, { id: first.id });
});

function bound(w: World): { dial: World['dial']; member: World['member'] } {
  return { dial: options => w.dial(options), member: (fields, dial) => w.member(fields, dial) };
}

test('SIG-41: a newcomer hears that others are there under another network id, and meets none of them', async () => {
  const { dial } = bound(await start());
  const [a, b, c] = [await dial(), await dial(), await dial()];
  expect(await a.join()).not.toHaveProperty('elsewhere');
  expect(await b.join({ network: 'cd34' })).toMatchObject({ elsewhere: true, peers: [] });
  expect(await c.join({ network: 'cd34', room: 'other' })).not.toHaveProperty('elsewhere');
});
