import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { HearsayError } from '../../src/errors.ts';
import {
  createCrypto,
  createIdentity,
  createVerifier,
  exportIdentity,
  type Identity,
  importIdentity,
} from '../../src/host/crypto/index.ts';
import type { SubtleKey, SubtleLike } from '../../src/host/crypto/webcrypto.ts';
import { equalBytes, fromHex, toHex, utf8 } from '../../src/lib/bytes.ts';
import { subtle } from './backends.ts';

const bytes = utf8('signed by me');
const platforms: readonly (SubtleLike | undefined)[] = [subtle, undefined];

const withoutEd25519: SubtleLike = {
  generateKey: async () => Promise.reject(new Error('NotSupportedError')),
  importKey: async () => Promise.reject(new Error('NotSupportedError')),
  exportKey: async () => Promise.reject(new Error('NotSupportedError')),
  sign: async () => Promise.reject(new Error('NotSupportedError')),
  verify: async () => Promise.reject(new Error('NotSupportedError')),
};

async function code(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'no error';
  } catch (error) {
    return error instanceof HearsayError ? error.code : String(error);
  }
}

test('ID-1: the id is the public key, and signatures verify under it', async () => {
  for (const platform of platforms) {
    const identity = await createIdentity(platform, randomBytes);
    expect(identity.id).toMatch(/^[0-9a-f]{64}$/);
    expect(toHex(identity.publicKey)).toBe(identity.id);
    const crypto = createCrypto({ subtle: platform, identity });
    const signature = await crypto.sign(bytes);
    expect(signature).toHaveLength(64);
    for (const other of platforms) {
      expect(await createVerifier({ subtle: other }).verify(identity.id, signature, bytes)).toBe(true);
    }
  }
});

test('ID-1: two identities differ', async () => {
  for (const platform of platforms) {
    const [one, other] = [await createIdentity(platform, randomBytes), await createIdentity(platform, randomBytes)];
    expect(one.id).not.toBe(other.id);
  }
});

test('ID-2: an identity does not export unless asked for, created or imported', async () => {
  for (const platform of platforms) {
    const fresh = await createIdentity(platform, randomBytes);
    expect(await code(exportIdentity(fresh))).toBe('bad-identity');
    const loaded = await importIdentity(platform, '11'.repeat(32));
    expect(await code(exportIdentity(loaded))).toBe('bad-identity');
    expect(await code(exportIdentity({ ...loaded } as Identity))).toBe('bad-identity');
    expect(JSON.stringify(loaded)).not.toContain('11111111');
  }
});

test('ID-2: the WebCrypto key itself is non-extractable by default', async () => {
  const made: SubtleKey[] = [];
  const watched: SubtleLike = {
    generateKey: async (...args) => {
      const pair = await subtle.generateKey(...args);
      if ('privateKey' in pair) made.push(pair.privateKey);
      return pair;
    },
    importKey: async (...args) => {
      const key = await subtle.importKey(...args);
      made.push(key);
      return key;
    },
    exportKey: (...args) => subtle.exportKey(...args),
    sign: (...args) => subtle.sign(...args),
    verify: (...args) => subtle.verify(...args),
  };
  await createIdentity(watched, randomBytes);
  await importIdentity(watched, '22'.repeat(32));
  await createIdentity(watched, randomBytes, { exportable: true });
  expect(made.map(key => [key.type, key.extractable])).toEqual([
    ['private', false],
    ['private', false],
    ['private', true],
  ]);
});

test('ID-3: an exported identity comes back the same, on either back end', async () => {
  for (const from of platforms) {
    const identity = await createIdentity(from, randomBytes, { exportable: true });
    const secret = await exportIdentity(identity);
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    for (const to of platforms) {
      const loaded = await importIdentity(to, secret, { exportable: true });
      expect(loaded.id).toBe(identity.id);
      expect(equalBytes(await loaded.sign(bytes), await identity.sign(bytes))).toBe(true);
      expect(await exportIdentity(loaded)).toBe(secret);
    }
  }
});

test('ID-4: anything but 64 lower-case hex characters is refused on import', async () => {
  const secret = 'ab'.repeat(32);
  const odd: readonly unknown[] = [
    '',
    secret.slice(1),
    `${secret}a`,
    secret.toUpperCase(),
    `${secret.slice(2)}zz`,
    7,
    null,
  ];
  for (const platform of platforms) {
    for (const value of odd) expect(await code(importIdentity(platform, value as string))).toBe('bad-identity');
    expect(await code(importIdentity(platform, secret))).toBe('no error');
  }
});

test('ID-5: a WebCrypto without Ed25519 leaves it to the injected random source', async () => {
  const fixed = '33'.repeat(32);
  for (const platform of [undefined, withoutEd25519]) {
    const made = await createIdentity(platform, () => fromHex(fixed)!, { exportable: true });
    expect(await exportIdentity(made)).toBe(fixed);
    expect((await importIdentity(platform, fixed)).id).toBe(made.id);
    for (const length of [0, 31, 33]) {
      expect(await code(createIdentity(platform, () => new Uint8Array(length)))).toBe('no-crypto');
    }
  }
});

test('ID-5: a random source that reuses its buffer does not change the identity', async () => {
  const buffer = Buffer.alloc(32, 5);
  const identity = await createIdentity(undefined, () => buffer, { exportable: true });
  buffer.fill(6);
  expect(await exportIdentity(identity)).toBe('05'.repeat(32));
});
