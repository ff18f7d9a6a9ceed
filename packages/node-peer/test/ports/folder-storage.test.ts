import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordId } from '@hearsay/core/host';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { folderStorage, MAX_PENDING_WRITES, MAX_STORED_RECORD_BYTES } from '../../src/ports/folder-storage.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hearsay-storage-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const id = (at: number): RecordId => at.toString(16).padStart(32, '0') as RecordId;

test('NODE-6: what was kept and not forgotten is there after a restart', async () => {
  const storage = folderStorage(join(folder, 'deep', 'down'));
  expect(await storage.load()).toEqual([]);
  await Promise.all([1, 2, 3].map(at => storage.keep(id(at), Uint8Array.of(at))));
  await storage.keep(id(2), Uint8Array.of(22));
  await storage.forget(id(3));
  await storage.forget(id(4));
  const again = folderStorage(join(folder, 'deep', 'down'));
  expect((await again.load()).map(record => [...record]).sort()).toEqual([[1], [22]]);
  expect(again.skipped).toBe(0);
});

test('NODE-6: writes happen in the order they were asked for', async () => {
  const storage = folderStorage(folder);
  const done = [storage.keep(id(1), Uint8Array.of(1)), storage.forget(id(1)), storage.keep(id(1), Uint8Array.of(2))];
  expect(await storage.load()).toEqual([Uint8Array.of(2)]);
  await Promise.all([...done, storage.forget(id(1))]);
  expect(await storage.load()).toEqual([]);
});

test("NODE-7: only whole files take a record's place, and nobody else may read them", async () => {
  const storage = folderStorage(folder);
  await storage.keep(id(1), Uint8Array.of(1));
  expect(await readdir(folder)).toEqual([`${id(1)}.record`]);
  expect((await stat(join(folder, `${id(1)}.record`))).mode & 0o077).toBe(0);
  await writeFile(join(folder, `${id(2)}.0123456789ab.tmp`), 'half');
  expect(await storage.load()).toHaveLength(1);
  expect(await readdir(folder)).toEqual([`${id(1)}.record`]);
});

test('NODE-8: damaged and foreign files are left alone, left out and counted', async () => {
  const storage = folderStorage(folder);
  for (const at of [1, 2, 3, 4]) await storage.keep(id(at), new Uint8Array(100).fill(at));
  await truncate(join(folder, `${id(2)}.record`), 50);
  await truncate(join(folder, `${id(3)}.record`), 0);
  const flipped = await readFile(join(folder, `${id(4)}.record`));
  flipped[60]! ^= 1;
  await writeFile(join(folder, `${id(4)}.record`), flipped);
  await writeFile(join(folder, 'notes.txt'), 'mine');
  await writeFile(join(folder, `${id(5)}.record`), 'not a record at all, but long enough to be one');
  await mkdir(join(folder, `${id(6)}.record`));
  await symlink('/etc/passwd', join(folder, `${id(7)}.record`));
  expect(await storage.load()).toEqual([new Uint8Array(100).fill(1)]);
  expect(storage.skipped).toBe(7);
  expect(await readFile(join(folder, 'notes.txt'), 'utf8')).toBe('mine');
});

test('NODE-9: a record has 1 byte to 264 KiB, in a file of no more', async () => {
  const storage = folderStorage(folder);
  const largest = new Uint8Array(MAX_STORED_RECORD_BYTES).fill(1);
  await storage.keep(id(1), largest);
  await expect(storage.keep(id(2), new Uint8Array(MAX_STORED_RECORD_BYTES + 1))).rejects.toMatchObject({
    code: 'storage-failed',
  });
  await expect(storage.keep(id(2), new Uint8Array(0))).rejects.toMatchObject({ code: 'storage-failed' });
  expect(await storage.load()).toEqual([largest]);
  await truncate(join(folder, `${id(1)}.record`), MAX_STORED_RECORD_BYTES + 21);
  expect(await storage.load()).toEqual([]);
  expect(storage.skipped).toBe(1);
});

test('NODE-9: an id that is no id touches no file', async () => {
  const storage = folderStorage(folder);
  for (const bad of ['', '../escape', 'A'.repeat(32), `${id(1)}/x`]) {
    await expect(storage.keep(bad as RecordId, Uint8Array.of(1))).rejects.toMatchObject({ code: 'storage-failed' });
    await expect(storage.forget(bad as RecordId)).rejects.toMatchObject({ code: 'storage-failed' });
  }
  expect(await readdir(folder)).toEqual([]);
});

test('NODE-9: a folder that cannot be used rejects with storage-failed', async () => {
  await writeFile(join(folder, 'file'), '');
  const storage = folderStorage(join(folder, 'file'));
  await expect(storage.load()).rejects.toMatchObject({ code: 'storage-failed' });
  await expect(storage.keep(id(1), Uint8Array.of(1))).rejects.toMatchObject({ code: 'storage-failed' });
});

test('NODE-9: at most 4,096 writes wait for the disk', async () => {
  const storage = folderStorage(folder);
  const waiting = Array.from({ length: MAX_PENDING_WRITES }, () => storage.forget(id(1)));
  await expect(storage.forget(id(1))).rejects.toMatchObject({ code: 'storage-failed' });
  await Promise.all(waiting);
  await storage.forget(id(1));
});

test('NODE-9: a load takes no more records and bytes than it may', async () => {
  const storage = folderStorage(folder);
  for (const at of [1, 2, 3]) await storage.keep(id(at), new Uint8Array(10));
  for (const [records, bytes, loaded] of [
    [3, 30, 3],
    [2, 30, 2],
    [3, 29, 2],
  ] as const) {
    const limited = folderStorage(folder, { records, bytes });
    expect(await limited.load()).toHaveLength(loaded);
    expect(limited.skipped).toBe(3 - loaded);
  }
});
