/**
 * Who a peer is: one Ed25519 key pair, its public key being its name. With WebCrypto the secret is made
 * and kept where scripts cannot read it, unless exporting was asked for; noble keeps it in memory.
 */
import { HearsayError } from '../../errors.ts';
import { fromHex, toHex } from '../../lib/bytes.ts';
import type { PeerId } from '../../types.ts';
import { publicKeyOf, signWithSeed } from './noble.ts';
import { KEY_BYTES } from './rule-u.ts';
import { ED25519, type SubtleKey, type SubtleLike } from './webcrypto.ts';

export interface Identity {
  /** The public key as 64 lower-case hex characters. */
  readonly id: PeerId;
  /** The same, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** An Ed25519 signature, 64 bytes. Rejects only when the platform fails. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

export interface IdentityOptions {
  /** Let `exportIdentity` read the secret later. Default false. */
  readonly exportable?: boolean | undefined;
}

/**
 * A fresh identity. `randomBytes` must be cryptographically secure; it is used where `subtle` is missing
 * or has no Ed25519. Rejects with `no-crypto` when it does not give 32 bytes.
 */
export async function createIdentity(
  subtle: SubtleLike | undefined,
  randomBytes: (length: number) => Uint8Array,
  options: IdentityOptions = {},
): Promise<Identity> {
  const { exportable = false } = options;
  const native = await generateNative(subtle, exportable);
  if (native !== undefined) return native;
  const seed = freshSeed(randomBytes);
  return holdSeed(seed, publicKeyOf(seed), exportable);
}

/**
 * A fresh identity at once: its name is known before any promise resolves. The secret is handed to WebCrypto, where
 * there is one, and forgotten here. Throws `no-crypto` when `randomBytes` does not give 32 bytes.
 */
export function freshIdentity(subtle: SubtleLike | undefined, randomBytes: (length: number) => Uint8Array): Identity {
  const seed = freshSeed(randomBytes);
  const publicKey = publicKeyOf(seed);
  const holder = importNative(subtle, seed, publicKey, false).then(
    native => native ?? holdSeed(seed, publicKey, false),
  );
  return named(publicKey, async bytes => (await holder).sign(bytes));
}

/** The identity's secret: its 32-byte seed as 64 hex characters. Rejects with `bad-identity` unless exportable. */
export async function exportIdentity(identity: Identity): Promise<string> {
  const readSeed = seedReaders.get(identity);
  if (readSeed === undefined) {
    throw new HearsayError('bad-identity', 'This identity is not exportable; create it with { exportable: true }.');
  }
  return toHex(await readSeed());
}

/** The identity that `exportIdentity` wrote down. Rejects with `bad-identity` unless `secret` is 64 lower-case hex characters. */
export async function importIdentity(
  subtle: SubtleLike | undefined,
  secret: string,
  options: IdentityOptions = {},
): Promise<Identity> {
  const seed = typeof secret === 'string' && secret.length === 2 * KEY_BYTES ? fromHex(secret) : undefined;
  if (seed === undefined) {
    throw new HearsayError('bad-identity', 'An identity secret is 64 lower-case hex characters.');
  }
  const { exportable = false } = options;
  const publicKey = publicKeyOf(seed);
  return (await importNative(subtle, seed, publicKey, exportable)) ?? holdSeed(seed, publicKey, exportable);
}

/** How to read the seed of an exportable identity. Not on the object itself, where any script that holds it could. */
const seedReaders: WeakMap<Identity, () => Promise<Uint8Array>> = new WeakMap();

/** `undefined` when this platform cannot: no WebCrypto, or none with Ed25519. */
async function generateNative(subtle: SubtleLike | undefined, exportable: boolean): Promise<Identity | undefined> {
  if (subtle === undefined) return undefined;
  try {
    const pair = await subtle.generateKey(ED25519, exportable, ['sign', 'verify']);
    if (!('privateKey' in pair)) return undefined;
    const publicKey = new Uint8Array(await subtle.exportKey('raw', pair.publicKey));
    return holdNativeKey(subtle, pair.privateKey, publicKey);
  } catch {
    return undefined;
  }
}

async function importNative(
  subtle: SubtleLike | undefined,
  seed: Uint8Array,
  publicKey: Uint8Array,
  exportable: boolean,
): Promise<Identity | undefined> {
  if (subtle === undefined) return undefined;
  const pkcs8 = new Uint8Array(PKCS8_PREFIX.length + KEY_BYTES);
  pkcs8.set(PKCS8_PREFIX);
  pkcs8.set(seed, PKCS8_PREFIX.length);
  try {
    const key = await subtle.importKey('pkcs8', pkcs8, ED25519, exportable, ['sign']);
    return holdNativeKey(subtle, key, publicKey);
  } catch {
    return undefined;
  }
}

function holdNativeKey(subtle: SubtleLike, key: SubtleKey, publicKey: Uint8Array): Identity {
  const identity = named(publicKey, async bytes => {
    return new Uint8Array(await subtle.sign(ED25519, key, new Uint8Array(bytes)));
  });
  if (key.extractable) {
    seedReaders.set(identity, async () => {
      const pkcs8 = new Uint8Array(await subtle.exportKey('pkcs8', key));
      return pkcs8.subarray(PKCS8_PREFIX.length, PKCS8_PREFIX.length + KEY_BYTES);
    });
  }
  return identity;
}

function holdSeed(seed: Uint8Array, publicKey: Uint8Array, exportable: boolean): Identity {
  const identity = named(publicKey, async bytes => signWithSeed(seed, bytes));
  if (exportable) seedReaders.set(identity, async () => seed);
  return identity;
}

function named(publicKey: Uint8Array, sign: Identity['sign']): Identity {
  return { id: toHex(publicKey) as PeerId, publicKey, sign };
}

function freshSeed(randomBytes: (length: number) => Uint8Array): Uint8Array {
  const seed = new Uint8Array(randomBytes(KEY_BYTES));
  if (seed.length !== KEY_BYTES) throw new HearsayError('no-crypto', 'The random source did not give 32 bytes.');
  return seed;
}

/** RFC 8410: everything of an Ed25519 PKCS #8 private key before its 32-byte seed. */
const PKCS8_PREFIX: readonly number[] = [48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32];
