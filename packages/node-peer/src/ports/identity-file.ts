/** An identity kept beside a peer's records, so that a replica is the same author after a restart. */

import { webcrypto } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HearsayError } from '@hearsay/core';
import { createIdentity, exportIdentity, type Identity, importIdentity, type SubtleLike } from '@hearsay/core/crypto';
import { nodePlatform } from './platform.ts';

const subtle = webcrypto.subtle as unknown as SubtleLike;

/** The identity of `folder`, made there when it has none; a fresh one that nobody keeps without a folder. */
export async function loadIdentity(folder: string | undefined): Promise<Identity> {
  if (folder === undefined) return createIdentity(subtle, nodePlatform().randomBytes);
  const file = join(folder, 'identity');
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept !== undefined) return importIdentity(subtle, kept.trim());
  const identity = await createIdentity(subtle, nodePlatform().randomBytes, { exportable: true });
  const temporary = `${file}.${identity.id.slice(0, 16)}.tmp`;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // Whole or not at all, and never over one that is there: half an identity would be nobody's.
    await writeFile(temporary, `${await exportIdentity(identity)}\n`, { mode: 0o600, flag: 'wx' });
    await link(temporary, file).finally(() => rm(temporary, { force: true }));
  } catch (error) {
    throw new HearsayError('storage-failed', `The identity could not be kept in ${folder}: ${String(error)}`);
  }
  return identity;
}
