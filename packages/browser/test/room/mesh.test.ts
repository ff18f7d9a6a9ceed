/** What needs peers: events, members, links, rules, servers. */
import { createSignalingServer } from '@hearsay/signaling';
import { expect, test } from 'vitest';
import type { PresenceChange } from '../../src/room/api.ts';
import { DEAD_URL, join, pair, signaling, until } from './rig.ts';

test('ROOM-7: the initial presence is there from the first moment that a peer is', async () => {
  const url = await signaling();
  const a = join(url, { presence: { name: 'a' } });
  const first: unknown[] = [];
  a.on('peer-join', ({ peer }) => first.push(a.presence.others.get(peer)?.presence));
  a.presence.subscribe((others, change) => {
    if (change?.type === 'join') first.push(others.get(change.peer)?.presence);
  });
  const before = Date.now();
  const b = join(url, { presence: { name: 'b', cursor: null } });
  await until(() => first.length === 2);
  expect(first).toEqual([
    { name: 'b', cursor: null },
    { name: 'b', cursor: null },
  ]);
  const { joinedAt, status } = a.presence.others.get(b.self.id)!;
  expect(status).toBe('alive');
  expect(Math.abs(joinedAt - before)).toBeLessThan(60_000);
  await b.ready;
  expect(b.presence.others.get(a.self.id)?.presence).toEqual({ name: 'a' });
});

test('ROOM-12: over links, updates never look like leaving and joining, and the newest wins', async () => {
  const [a, b] = await pair();
  const changes: PresenceChange[] = [];
  b.presence.subscribe((_, change) => {
    if (change !== undefined) changes.push(change);
  });
  for (let x = 1; x <= 100; x += 1) a.presence.update({ x });
  await until(() => b.presence.others.get(a.self.id)?.presence['x'] === 100);
  expect(b.presence.others.get(a.self.id)?.presence).toEqual({ name: 'a', x: 100 });
  expect(changes.length).toBeLessThan(10);
  expect(new Set(changes.map(({ type }) => type))).toEqual(new Set(['update']));
  expect(b.presence.others.has(b.self.id)).toBe(false);
});

test('ROOM-20: an event reaches every other peer once, the sender never, under its name only', async () => {
  const url = await signaling();
  const [a, b, c] = [join(url), join(url), join(url)];
  await Promise.all([a.ready, b.ready, c.ready]);
  await until(() => [a, b, c].every(room => room.presence.others.size === 2));
  const heard: string[] = [];
  for (const [name, room] of Object.entries({ a, b, c })) {
    room.events.on('hello', (payload, { from }) => heard.push(`${name} ${from === a.self.id} ${payload}`));
    room.events.on('other', () => heard.push('wrong name'));
    room.events.onAny((event, payload) => heard.push(`${name} any ${event} ${payload}`));
  }
  for (let i = 0; i < 3; i += 1) a.events.send('hello', i);
  a.state.set('end', true);
  await until(() => b.state.get('end') === true && c.state.get('end') === true && heard.length >= 12);
  // Time for copies that come by a detour.
  await new Promise(resolve => setTimeout(resolve, 300));
  const expected = [0, 1, 2].flatMap(i => ['b', 'c'].flatMap(to => [`${to} true ${i}`, `${to} any hello ${i}`]));
  expect(heard.sort()).toEqual(expected.sort());
});

test('ROOM-20: who joins later, or has unsubscribed, hears nothing of an event', async () => {
  const [a, b] = await pair();
  const heard: unknown[] = [];
  const stop = b.events.on('hello', payload => heard.push(payload));
  a.events.send('hello', 1);
  await until(() => heard.length === 1);
  stop();
  a.events.send('hello', 2);
  a.state.set('end', true);
  await until(() => b.state.get('end') === true);
  b.events.on('hello', payload => heard.push(payload));
  await new Promise(resolve => setTimeout(resolve, 100));
  expect(heard).toEqual([1]);
});

test('ROOM-35: peers are announced when they come and when they go, with the reason', async () => {
  const [a, b] = await pair();
  const heard: unknown[] = [];
  const changes: unknown[] = [];
  a.on('peer-leave', detail => heard.push(detail));
  a.presence.subscribe((others, change) => changes.push([others.size, change]));
  await b.leave();
  await until(() => heard.length === 1);
  expect(heard).toEqual([{ peer: b.self.id, reason: 'left' }]);
  expect(changes).toEqual([
    [1, undefined],
    [0, { peer: b.self.id, type: 'leave' }],
  ]);
});

test('ROOM-31: a link tells its peer, when it came up, and how', async () => {
  const before = Date.now();
  const [a, b] = await pair();
  await until(() => a.links.length === 1 && a.links[0]!.rttMs !== undefined);
  const [link] = a.links;
  expect(Object.keys(link!).sort()).toEqual(['peer', 'rttMs', 'since', 'via']);
  expect(link).toMatchObject({ peer: b.self.id, via: 'server' });
  expect(link!.rttMs).toBeGreaterThanOrEqual(0);
  expect(Math.abs(link!.since - before)).toBeLessThan(60_000);
  await b.leave();
  await until(() => a.links.length === 0);
});

test('ROOM-30: figures are plain, and agree where peers do', async () => {
  const [a, b] = await pair();
  a.state.set('key', 1);
  await until(() => a.stats().stateHash === b.stats().stateHash && b.state.size === 1);
  const stats = a.stats();
  expect(stats.viewHash).toBe(b.stats().viewHash);
  expect(stats).toMatchObject({ links: 1, peers: 1, stateKeys: 1 });
  for (const name of [
    'bytesIn',
    'bytesOut',
    'duplicates',
    'verifications',
    'suspicionsTold',
    'suspicions',
    'falseSuspicions',
    'divergence',
    'selfSuspected',
    'bytesInPerSecond',
    'bytesOutPerSecond',
    'messagesInPerSecond',
    'messagesOutPerSecond',
    'verifiesPerSecond',
  ] as const) {
    expect(stats[name], name).toBeGreaterThanOrEqual(0);
  }
  expect(stats.bytesOut).toBeGreaterThan(0);
  expect(stats.lagMs.p99).toBeGreaterThanOrEqual(stats.lagMs.p50);
  expect(JSON.parse(JSON.stringify(stats))).toEqual(stats);
});

test("ROOM-46: estimates are counts where all are listed, and values are the app's own", async () => {
  const when = new Date(5);
  const [a, b] = await pair({ presence: { tool: 'pen', when }, region: 'eu' });
  await until(() => a.estimates().synced && b.estimates().synced);
  const { size, regions, top } = a.estimates();
  expect(size).toEqual({ value: 2, error: 0 });
  expect(a.stats().size).toBe(2);
  expect(regions).toEqual([{ region: 'eu', count: { value: 2, error: 0 } }]);
  expect(top('tool')).toEqual([{ value: 'pen', count: { value: 2, error: 0 } }]);
  expect(top('when')).toEqual([{ value: when, count: { value: 2, error: 0 } }]);
  expect(top('nothing')).toEqual([]);
});

test('ROOM-27: peers with other rules, or another app, never meet', async () => {
  const url = await signaling();
  const rules = { key: '**', write: 'anyone' as const };
  const a = join(url, { policy: [rules] });
  const b = join(url, { policy: [rules, { key: 'x', write: [] }] });
  const c = join(url, { app: 'other', policy: [rules] });
  const twin = join(url, { policy: [rules] });
  await Promise.all([a, b, c, twin].map(room => room.ready));
  await until(() => a.presence.others.has(twin.self.id));
  a.state.set('key', 1);
  await until(() => twin.state.get('key') === 1);
  for (const room of [b, c]) {
    expect(room.links).toEqual([]);
    expect(room.presence.others.size).toBe(0);
    expect(room.state.size).toBe(0);
  }
  expect(a.presence.others.size).toBe(1);
});

test('ROOM-29: a dead first server is passed over', async () => {
  const url = await signaling();
  const a = join([DEAD_URL, url]);
  const b = join([url]);
  await Promise.all([a.ready, b.ready]);
  await until(() => a.presence.others.has(b.self.id));
});

test('ROOM-21: status goes from connecting to connected to left, and is told each time', async () => {
  const url = await signaling();
  const a = join(url);
  const told: string[] = [];
  a.on('status', status => told.push(`${status} ${a.status}`));
  expect(a.status).toBe('connecting');
  await a.ready;
  await until(() => a.status === 'connected');
  const leaving = a.leave();
  expect(a.status).toBe('left');
  await leaving;
  expect(told).toEqual(['connected connected', 'left left']);
});

test('ROOM-21: without server and peers a room is isolated, and connected again when they are back', async () => {
  const server = createSignalingServer();
  const { port, url } = await server.listen(0, '127.0.0.1');
  const a = join(url);
  const told: string[] = [];
  a.on('status', status => told.push(status));
  await a.ready;
  await server.close();
  await until(() => a.status === 'isolated');
  const again = createSignalingServer();
  await again.listen(port, '127.0.0.1');
  await until(() => a.status === 'connected');
  expect(told).toEqual(['connected', 'isolated', 'connected']);
  await a.leave();
  await again.close();
});

test('ROOM-21: without the server, peers who are linked stay connected', async () => {
  const server = createSignalingServer();
  const { url } = await server.listen(0, '127.0.0.1');
  const [a, b] = [join(url), join(url)];
  await Promise.all([a.ready, b.ready]);
  await until(() => a.links.length === 1 && b.links.length === 1);
  await server.close();
  a.state.set('key', 1);
  await until(() => b.state.get('key') === 1);
  expect([a.status, b.status]).toEqual(['connected', 'connected']);
});
