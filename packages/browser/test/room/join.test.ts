import { createIdentity } from '@hearsay/core/crypto';
import { expect, test, vi } from 'vitest';
import { createJoinRoom } from '../../src/room/join.ts';
import { DEAD_URL, leftAfterwards, platform, signaling, until } from './rig.ts';

const { subtle, randomBytes } = platform();
const config = { app: 'test', signaling: DEAD_URL };

function registry() {
  const opened = vi.fn(() => platform());
  const join = createJoinRoom(opened);
  return {
    opened,
    join: (...args: Parameters<typeof join>) => leftAfterwards(join(...args)),
  };
}

test('ROOM-1: joining returns at once, with a name, a presence and a status', () => {
  const { join } = registry();
  const room = join({ ...config, presence: { name: 'Ada' } }, 'lobby');
  expect(room.id).toBe('lobby');
  expect(room.self.id).toMatch(/^[0-9a-f]{64}$/);
  expect(Buffer.from(room.self.publicKey).toString('hex')).toBe(room.self.id);
  expect(room.presence.self).toEqual({ name: 'Ada' });
  expect(room.status).toBe('connecting');
  expect(room.presence.others.size).toBe(0);
  expect(room.state.size).toBe(0);
  expect(room.links).toEqual([]);
});

test('ROOM-1: the presence is an empty object unless said otherwise', () => {
  const { join } = registry();
  expect(join(config, 'lobby').presence.self).toEqual({});
});

test('ROOM-2: the same room is joined once', () => {
  const { join, opened } = registry();
  const room = join(config, 'lobby');
  expect(join(config, 'lobby')).toBe(room);
  expect(join({ ...config, presence: { other: true } }, 'lobby')).toBe(room);
  expect(opened).toHaveBeenCalledTimes(1);
});

test('ROOM-37: a second config that differs is ignored, and its differences are named in a warning', async () => {
  const { join } = registry();
  const warnings: string[] = [];
  const same = { ...config, presence: { n: 1 }, iceServers: async () => [], signal: new AbortController().signal };
  const room = join(same, 'lobby');
  room.on('warning', ({ code, message }) => {
    if (code === 'config-ignored') warnings.push(message);
  });
  join({ ...same, presence: { n: 1 }, iceServers: async () => [], signal: new AbortController().signal }, 'lobby');
  await Promise.resolve();
  expect(warnings).toEqual([]);
  expect(join({ ...same, presence: { n: 2 }, maxLinks: 3 }, 'lobby')).toBe(room);
  await Promise.resolve();
  expect(warnings).toEqual([expect.stringMatching(/another presence, maxLinks:/)]);
});

test('ROOM-2: another room, another app and another identity are other peers', async () => {
  const { join } = registry();
  const identity = await createIdentity(subtle, randomBytes);
  const room = join(config, 'lobby');
  const others = [join(config, 'hall'), join({ ...config, app: 'x' }, 'lobby'), join({ ...config, identity }, 'lobby')];
  expect(new Set([room, ...others].map(({ self }) => self.id)).size).toBe(4);
  expect(others[2]!.self.id).toBe(identity.id);
  expect(join({ ...config, identity }, 'lobby')).toBe(others[2]);
});

test('ROOM-2: names that contain quotes and commas are not mixed up', () => {
  const { join } = registry();
  expect(join({ ...config, app: 'a","b' }, 'c')).not.toBe(join({ ...config, app: 'a' }, 'b","c'));
});

test('ROOM-3: after leaving, joining makes a new room at once, under the same identity too', async () => {
  const { join } = registry();
  const identity = await createIdentity(subtle, randomBytes);
  const url = await signaling();
  const first = join({ ...config, signaling: url, identity }, 'lobby');
  await first.ready;
  const leaving = first.leave();
  const second = join({ ...config, signaling: url, identity }, 'lobby');
  expect(second).not.toBe(first);
  expect(second.self.id).toBe(first.self.id);
  await leaving;
  await second.ready;
  expect(join({ ...config, signaling: url, identity }, 'lobby')).toBe(second);
  await until(() => second.status === 'connected');
});

test('ROOM-3: a room whose signal was aborted before is left, and not kept', async () => {
  const { join } = registry();
  const room = join({ ...config, signal: AbortSignal.abort() }, 'lobby');
  expect(room.status).toBe('left');
  await expect(room.ready).rejects.toMatchObject({ code: 'aborted' });
  expect(join(config, 'lobby')).not.toBe(room);
});
