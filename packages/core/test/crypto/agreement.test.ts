import { randomBytes, randomInt } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createIdentity, type Identity, importIdentity } from '../../src/host/crypto/index.ts';
import { equalBytes, toHex } from '../../src/lib/bytes.ts';
import type { PeerId } from '../../src/types.ts';
import { subtle, testedBackends } from './backends.ts';

const seed = randomInt(2 ** 31 - 1);
console.log(`agreement of Ed25519 back ends: seed ${seed}`);

const backends = testedBackends();
const secret = fc.uint8Array({ minLength: 32, maxLength: 32 });
const message = fc.uint8Array({ maxLength: 300 });

async function verdicts(key: PeerId, signature: Uint8Array, bytes: Uint8Array): Promise<readonly boolean[]> {
  return Promise.all(backends.map(backend => backend.verify(key, signature, bytes)));
}

test('SIGN-4: what one back end signs, byte for byte the same, every back end verifies', async () => {
  await fc.assert(
    fc.asyncProperty(secret, message, async (key, bytes) => {
      const native = await importIdentity(subtle, toHex(key));
      const plain = await importIdentity(undefined, toHex(key));
      expect(native.id).toBe(plain.id);
      const signature = await native.sign(bytes);
      expect(equalBytes(signature, await plain.sign(bytes))).toBe(true);
      expect(await verdicts(native.id, signature, bytes)).toEqual([true, true, true]);
    }),
    { seed, numRuns: 60 },
  );
});

test('SIGN-4: a mutated signature, key or message is refused by every back end alike', async () => {
  const identity: Identity = await createIdentity(subtle, randomBytes);
  const mutation = fc.record({
    part: fc.constantFrom('signature' as const, 'key' as const, 'message' as const),
    at: fc.nat(511),
    by: fc.integer({ min: 1, max: 255 }),
  });
  await fc.assert(
    fc.asyncProperty(message, fc.array(mutation, { minLength: 1, maxLength: 3 }), async (bytes, mutations) => {
      const honest = { signature: await identity.sign(bytes), key: identity.publicKey, message: bytes };
      const changed = {
        signature: honest.signature.slice(),
        key: honest.key.slice(),
        message: honest.message.slice(),
      };
      for (const { part, at, by } of mutations) {
        const target = changed[part];
        if (target.length > 0) target[at % target.length]! ^= by;
      }
      const same = (['signature', 'key', 'message'] as const).every(part => equalBytes(honest[part], changed[part]));
      const answers = await verdicts(toHex(changed.key) as PeerId, changed.signature, changed.message);
      expect(answers).toEqual([same, same, same]);
    }),
    { seed, numRuns: 150 },
  );
});
