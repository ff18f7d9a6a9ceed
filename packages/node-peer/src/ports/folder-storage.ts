/**
 * Records in a folder, one file each, named by their id. A file is 'hsr1' ‖ SHA-256(record)[0..16] ‖ record, written
 * beside its place and renamed into it, so that a crash leaves the old file, the new one, or a temporary that the next
 * load removes. The checksum finds accidents, not attacks: every restored record is verified like one from the network.
 * Files of other kinds are left alone and counted.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HearsayError, type RecordId, type RecordStorage } from '@hearsay/core/host';

/** A record beyond this is neither kept nor loaded. */
export const MAX_STORED_RECORD_BYTES: number = 264 * 1024;

/** What one `load` brings into memory; the rest of the folder is left out and counted. */
export interface LoadLimits {
  readonly records: number;
  readonly bytes: number;
}

export const DEFAULT_LOAD_LIMITS: LoadLimits = { records: 65_536, bytes: 128 * 1024 * 1024 };

/** Writes that may wait for the disk. */
export const MAX_PENDING_WRITES: number = 4_096;

const MAGIC = Buffer.from('hsr1');
const HEADER_BYTES = MAGIC.length + 16;
const RECORD_NAME = /^[0-9a-f]{32}\.record$/;
const TEMPORARY_NAME = /^[0-9a-f]{32}\.[0-9a-f]{12}\.tmp$/;

export interface FolderStorage extends RecordStorage {
  /** Files that the last `load` left out: of another kind, damaged, or beyond the limits. */
  readonly skipped: number;
}

/** Rejects with `HearsayError('storage-failed')` when the folder cannot be used. */
export function folderStorage(path: string, limits: LoadLimits = DEFAULT_LOAD_LIMITS): FolderStorage {
  let skipped = 0;
  let pending = 0;
  let last: Promise<unknown> = Promise.resolve();

  /** One after the other: a `keep` and a `forget` of one id must not overtake each other. */
  const inOrder = async <T>(work: () => Promise<T>): Promise<T> => {
    if (pending >= MAX_PENDING_WRITES)
      throw new HearsayError('storage-failed', 'the disk is too slow: too many writes wait');
    pending += 1;
    const done = last.then(work);
    last = done.catch(() => undefined);
    try {
      return await done;
    } catch (error) {
      throw asStorageError(error);
    } finally {
      pending -= 1;
    }
  };

  return {
    get skipped() {
      return skipped;
    },
    load: () =>
      inOrder(async () => {
        const loaded = await loadFolder(path, limits);
        skipped = loaded.skipped;
        return loaded.records;
      }),
    keep: (id, bytes) => inOrder(() => writeRecord(path, id, bytes)),
    forget: id => inOrder(() => rm(fileOf(path, id), { force: true })),
  };
}

async function writeRecord(folder: string, id: RecordId, bytes: Uint8Array): Promise<void> {
  const file = fileOf(folder, id);
  if (bytes.length === 0 || bytes.length > MAX_STORED_RECORD_BYTES) {
    throw new HearsayError('storage-failed', `a record has 1 to ${MAX_STORED_RECORD_BYTES} bytes, not ${bytes.length}`);
  }
  const temporary = join(folder, `${id}.${randomBytes(6).toString('hex')}.tmp`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    await writeFile(temporary, Buffer.concat([MAGIC, checksum(bytes), bytes]), { mode: 0o600, flag: 'wx' });
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function loadFolder(folder: string, limits: LoadLimits): Promise<{ records: Uint8Array[]; skipped: number }> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const records: Uint8Array[] = [];
  let skipped = 0;
  let total = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const file = join(folder, entry.name);
    if (entry.isFile() && TEMPORARY_NAME.test(entry.name)) {
      await rm(file, { force: true });
      continue;
    }
    const readable = entry.isFile() && RECORD_NAME.test(entry.name) && records.length < limits.records;
    const record = readable ? await readRecord(file) : undefined;
    if (record === undefined || total + record.length > limits.bytes) {
      skipped += 1;
      continue;
    }
    total += record.length;
    records.push(record);
  }
  return { records, skipped };
}

/** Undefined: not a record of ours, or damaged. Never reads more than a record may have. */
async function readRecord(file: string): Promise<Uint8Array | undefined> {
  try {
    const handle = await open(file, 'r');
    try {
      const limit = HEADER_BYTES + MAX_STORED_RECORD_BYTES;
      const { size } = await handle.stat();
      if (size <= HEADER_BYTES || size > limit) return undefined;
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(size), 0, size, 0);
      const record = new Uint8Array(buffer.subarray(HEADER_BYTES, bytesRead));
      const header = Buffer.concat([MAGIC, checksum(record)]);
      return header.equals(buffer.subarray(0, HEADER_BYTES)) ? record : undefined;
    } finally {
      await handle.close();
    }
  } catch {
    return undefined;
  }
}

function checksum(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest().subarray(0, 16);
}

/** An id is a file name only after it was seen to be one: nothing may climb out of the folder. */
function fileOf(folder: string, id: RecordId): string {
  const name = `${id}.record`;
  if (!RECORD_NAME.test(name)) throw new HearsayError('storage-failed', 'a record id has 32 hex characters');
  return join(folder, name);
}

function asStorageError(error: unknown): HearsayError {
  if (error instanceof HearsayError) return error;
  return new HearsayError('storage-failed', error instanceof Error ? error.message : 'the folder cannot be used');
}
