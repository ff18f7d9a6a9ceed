import { expect, test } from 'vitest';
import { createIdentity, exportIdentity, importIdentity } from '../../src/index.ts';
import { join, signaling, until } from './rig.ts';

test('ROOM-33: an exportable identity is the same peer wherever it is imported', async () => {
  const identity = await createIdentity({ exportable: true });
  const secret = await exportIdentity(identity);
  expect(secret).toMatch(/^[0-9a-f]{64}$/);
  const imported = await importIdentity(secret, { exportable: true });
  expect(imported.id).toBe(identity.id);
  expect(imported.publicKey).toEqual(identity.publicKey);
  expect(await exportIdentity(imported)).toBe(secret);
  const url = await signaling();
  const a = join(url, { identity: imported });
  const b = join(url);
  expect(a.self.id).toBe(identity.id);
  await Promise.all([a.ready, b.ready]);
  a.state.set(`user/${identity.id}/name`, 'Ada');
  await until(() => b.state.author(`user/${identity.id}/name`) === identity.id);
});

test('ROOM-33: an identity keeps its secret unless exporting was asked for', async () => {
  await expect(exportIdentity(await createIdentity())).rejects.toMatchObject({ code: 'bad-identity' });
  const kept = await importIdentity('5a'.repeat(32));
  await expect(exportIdentity(kept)).rejects.toMatchObject({ code: 'bad-identity' });
});

test.each(['', 'xyz', '5A'.repeat(32), '5a'.repeat(31), '5a'.repeat(33), undefined, null, 5])(
  'ROOM-33: what is no secret is refused: %s',
  async secret => {
    await expect(importIdentity(secret as never)).rejects.toMatchObject({ code: 'bad-identity' });
  },
);
