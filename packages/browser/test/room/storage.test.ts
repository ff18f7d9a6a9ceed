import { readdirSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import type { RecordId, RecordStorage } from '@hearsay/core/host';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { folderStorage } from '../../../node-peer/src/ports/folder-storage.ts';
import { createRoomStorage } from '../../src/room/storage.ts';
import { fakeClock } from './fake-clock.ts';
import { DEAD_URL, join, signaling, until } from './rig.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(joinPath(tmpdir(), 'hearsay-room-'));
});

afterEach(() => rm(folder, { recursive: true }));

test('ROOM-28: a peer that comes back alone has its state, authors included, when it is ready', async () => {
  const url = await signaling();
  const a = join(url, { storage: folderStorage(folder) });
  const count = 300;
  for (let i = 0; i < count; i += 1) a.state.set(`key ${i % 200}`, { i, when: new Date(i) });
  a.state.delete('key 0');
  await until(() => a.stats().unsigned === 0);
  await until(() => a.stats().indexed >= 200);
  // Leaving waits for the disk, but not for ever, and this one may be busy.
  await until(() => readdirSync(folder).length === 200);
  await a.leave();
  const b = join(url, { storage: folderStorage(folder) });
  await b.ready;
  expect(b.state.size).toBe(199);
  expect(b.state.get('key 7')).toEqual({ i: 207, when: new Date(207) });
  expect(b.state.author('key 7')).toBe(a.self.id);
  expect(b.state.get('key 0')).toBeUndefined();
  expect(b.self.id).not.toBe(a.self.id);
  await b.leave();
});

test('ROOM-28: what is restored is told as changes that were not made here', async () => {
  const url = await signaling();
  const a = join(url, { storage: folderStorage(folder) });
  a.state.set('key', 1);
  await until(() => a.stats().unsigned === 0);
  await a.leave();
  // Leaving waited for the disk.
  expect(await readdir(folder)).toHaveLength(1);
  const b = join(url, { storage: folderStorage(folder) });
  const heard: unknown[] = [];
  b.state.subscribe(({ key, local }) => heard.push([key, local]));
  await b.ready;
  expect(heard).toEqual([['key', false]]);
  await b.leave();
});

test('ROOM-28: what is restored is not written again', async () => {
  const url = await signaling();
  const kept = new Map<RecordId, Uint8Array>();
  let writes = 0;
  const memory: RecordStorage = {
    load: async () => [...kept.values()],
    keep: async (id, bytes) => {
      writes += 1;
      kept.set(id, bytes);
    },
    forget: async id => void kept.delete(id),
  };
  const a = join(url, { storage: memory });
  for (let i = 0; i < 270; i += 1) a.state.set(`key ${i % 200}`, i);
  await until(() => a.stats().unsigned === 0);
  await a.leave();
  expect(kept.size).toBe(200);
  writes = 0;
  const b = join(url, { storage: memory });
  await b.ready;
  expect([b.state.size, kept.size, writes]).toEqual([200, 200, 0]);
  b.state.set('key 0', 'newer');
  await until(() => writes === 1);
  expect(kept.size).toBe(200);
});

test('ROOM-28: a storage that fails is an error signal; the room works without it', async () => {
  const broken: RecordStorage = {
    load: () => {
      throw new Error('no disk');
    },
    keep: () => Promise.reject(new Error('disk full')),
    forget: () => Promise.reject(new Error('disk full')),
  };
  const room = join(await signaling(), { storage: broken });
  const errors: { code: string; message: string }[] = [];
  room.on('error', ({ code, message }) => errors.push({ code, message }));
  await room.ready;
  room.state.set('key', 1);
  await until(() => errors.length === 2);
  expect(errors).toEqual([
    { code: 'storage-failed', message: 'no disk' },
    { code: 'storage-failed', message: 'disk full' },
  ]);
  expect(room.state.get('key')).toBe(1);
});

test('ROOM-28: junk in the storage is left out', async () => {
  const junk: RecordStorage = {
    load: async () => [new Uint8Array(0), new Uint8Array(200).fill(1), new Uint8Array(70_000)],
    keep: async () => undefined,
    forget: async () => undefined,
  };
  const room = join(await signaling(), { storage: junk });
  await room.ready;
  expect(room.state.size).toBe(0);
});

test('ROOM-28: leaving while the storage is being read is no error', async () => {
  let finish: (records: Uint8Array[]) => void = () => undefined;
  const slow: RecordStorage = {
    load: () =>
      new Promise(resolve => {
        finish = resolve;
      }),
    keep: async () => undefined,
    forget: async () => undefined,
  };
  const room = join(DEAD_URL, { storage: slow });
  const errors: unknown[] = [];
  room.on('error', error => errors.push(error));
  await room.leave();
  finish([new Uint8Array(200)]);
  await new Promise(resolve => setTimeout(resolve, 5));
  expect(errors).toEqual([]);
});

test('ROOM-28: leaving waits for writes that are on their way, for 2 s at most', async () => {
  let write: () => void = () => undefined;
  const slow: RecordStorage = {
    load: async () => [],
    keep: () =>
      new Promise(resolve => {
        write = resolve;
      }),
    forget: async () => undefined,
  };
  const room = join(DEAD_URL, { storage: slow });
  room.state.set('key', 1);
  await until(() => room.stats().unsigned === 0);
  let gone = false;
  const leaving = room.leave().then(() => {
    gone = true;
  });
  await new Promise(resolve => setTimeout(resolve, 300));
  expect(gone).toBe(false);
  write();
  await leaving;
});

test('ROOM-28: a disk that never answers does not keep anybody from leaving', async () => {
  const clock = fakeClock();
  const never = { load: async () => [], keep: () => new Promise<void>(() => undefined), forget: async () => undefined };
  const crypto = { sign: async () => new Uint8Array(64), verify: async () => true };
  const kept = createRoomStorage(never, crypto, clock);
  void kept.storage?.keep('00' as RecordId, new Uint8Array(1));
  let gone = false;
  const leaving = kept.flushed().then(() => {
    gone = true;
  });
  clock.advance(1_999);
  await new Promise(resolve => setTimeout(resolve, 0));
  expect(gone).toBe(false);
  clock.advance(1);
  await leaving;
});
