import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createIdentity } from '@hearsay/core/crypto';
import { expect, test } from 'vitest';
import { createIceSource } from '../../src/room/ice-servers.ts';
import { type AnyRoom, DEAD_URL, join, platform, signaling, until } from './rig.ts';

function warningsOf(room: AnyRoom): { code: string; message: string }[] {
  const heard: { code: string; message: string }[] = [];
  room.on('warning', warning => heard.push(warning));
  return heard;
}

test('ROOM-38: a server that cannot be reached is a warning at once, with its URL and the reason, once an outage', async () => {
  const heard = warningsOf(join(DEAD_URL));
  await until(() => heard.length > 0);
  expect(heard[0]!.code).toBe('signaling-unreachable');
  expect(heard[0]!.message).toMatch(/ws:\/\/127\.0\.0\.1:9\/v1\/signal .*ECONNREFUSED.*path.*origin/);
  await new Promise(resolve => setTimeout(resolve, 1_000));
  expect(heard).toHaveLength(1);
});

test('ROOM-38: a wrong path is named too', async () => {
  const server = createServer((_, response) => response.writeHead(404).end());
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/wrong`;
  const heard = warningsOf(join(url));
  await until(() => heard.length > 0);
  expect(heard[0]!.message).toContain(`${url} (unreachable: Unexpected server response: `);
  server.close();
});

test('ROOM-38: a refusal is an error, not an outage', async () => {
  const room = join(await signaling({ authorize: () => false }));
  const heard = warningsOf(room);
  await expect(room.ready).rejects.toMatchObject({ code: 'signaling-refused' });
  expect(heard).toEqual([]);
});

test('ROOM-39: ICE servers that cannot be had are a warning, once until they are had again', async () => {
  const heard: string[] = [];
  const answers: unknown[] = [
    new Error('no quota'),
    new Error('no quota'),
    [{ urls: 'stun:a' }],
    [{ url: 'stun:a' }],
    5,
  ];
  const source = createIceSource(
    async () => {
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer as never;
    },
    message => heard.push(message),
  );
  await expect(source.servers()).rejects.toThrow('no quota');
  await expect(source.servers()).rejects.toThrow('no quota');
  expect(await source.servers()).toEqual([{ urls: ['stun:a'] }]);
  await expect(source.servers()).rejects.toThrow('[0] needs `urls`');
  await expect(source.servers()).rejects.toThrow('is a list');
  expect(heard).toEqual([expect.stringContaining('no quota'), expect.stringContaining('[0] needs `urls`')]);
});

test('ROOM-39: links are made all the same', async () => {
  const url = await signaling();
  const { subtle, randomBytes } = platform();
  const a = join(url, { iceServers: () => Promise.reject(new Error('no quota')) });
  const heard = warningsOf(a);
  const b = join(url, { identity: await createIdentity(subtle, randomBytes) });
  await Promise.all([a.ready, b.ready]);
  expect(heard).toMatchObject([{ code: 'ice-servers-failed', message: expect.stringContaining('no quota') }]);
});

test('ROOM-27: who joins where others have another policy is warned', async () => {
  const url = await signaling();
  const a = join(url);
  await a.ready;
  const b = join(url, { policy: [{ key: '**', write: 'anyone' }] });
  const heard = warningsOf(b);
  await until(() => heard.length > 0);
  expect(heard).toMatchObject([{ code: 'other-network', message: expect.stringContaining('policy') }]);
});
