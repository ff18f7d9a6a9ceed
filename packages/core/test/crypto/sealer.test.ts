import { createPrivateKey, createPublicKey, diffieHellman, hkdfSync } from 'node:crypto';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { expect, test } from 'vitest';
import { createSealer, MAX_SEALED_BYTES, type Sealer } from '../../src/host/crypto/sealer.ts';
import { concatBytes, fromHex, utf8 } from '../../src/lib/bytes.ts';
import type { PeerId } from '../../src/types.ts';
import { peer } from '../support/peers.ts';

const randomBytes = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));
const sealer = (self: PeerId): Sealer => createSealer({ self, randomBytes });
const [ada, bob, eve] = [sealer(peer(1)), sealer(peer(2)), sealer(peer(3))];
const said = utf8('candidate:1 1 udp 2122260223 192.168.1.7 54321 typ host');

test('SEAL-1: the two who told each other their keys read each other, both ways', () => {
  const there = ada.channel(peer(2), bob.publicKey, 5)!;
  const here = bob.channel(peer(1), ada.publicKey, 5)!;
  expect(here.open(there.seal(said))).toEqual(said);
  expect(there.open(here.seal(said))).toEqual(said);
  expect(here.open(there.seal(new Uint8Array(0)))).toEqual(new Uint8Array(0));
  const longest = randomBytes(MAX_SEALED_BYTES);
  expect(here.open(there.seal(longest))).toEqual(longest);
  expect(() => there.seal(new Uint8Array(MAX_SEALED_BYTES + 1))).toThrow();
});

test('SEAL-2: what is sealed shows none of it, and twice the same looks different', () => {
  const there = ada.channel(peer(2), bob.publicKey, 5)!;
  const [one, two] = [there.seal(said), there.seal(said)];
  expect(one).toHaveLength(said.length + 40);
  expect(one).not.toEqual(two);
  expect(new TextDecoder('latin1').decode(one)).not.toContain('192.168');
});

test.each<[string, (sealed: Uint8Array) => Uint8Array | undefined]>([
  ['somebody else', sealed => eve.channel(peer(1), ada.publicKey, 5)!.open(sealed)],
  ['somebody else in its name', sealed => sealer(peer(2)).channel(peer(1), ada.publicKey, 5)!.open(sealed)],
  ['another session', sealed => bob.channel(peer(1), ada.publicKey, 6)!.open(sealed)],
  ['who takes it for another’s', sealed => bob.channel(peer(3), ada.publicKey, 5)!.open(sealed)],
  ['its own author, to whom it is shown again', sealed => ada.channel(peer(2), bob.publicKey, 5)!.open(sealed)],
])('SEAL-3: it does not open for %s', (_who, open) => {
  const sealed = ada.channel(peer(2), bob.publicKey, 5)!.seal(said);
  expect(bob.channel(peer(1), ada.publicKey, 5)!.open(sealed)).toEqual(said);
  expect(open(sealed)).toBeUndefined();
});

test('SEAL-3: with any bit changed, or of any other length, it does not open, and nothing throws', () => {
  const sealed = ada.channel(peer(2), bob.publicKey, 5)!.seal(utf8('hi'));
  const here = bob.channel(peer(1), ada.publicKey, 5)!;
  for (let bit = 0; bit < 8 * sealed.length; bit++) {
    expect(here.open(sealed.with(bit >> 3, sealed[bit >> 3]! ^ (1 << (bit & 7))))).toBeUndefined();
  }
  for (let length = 0; length < sealed.length; length++) expect(here.open(sealed.slice(0, length))).toBeUndefined();
  expect(here.open(new Uint8Array(MAX_SEALED_BYTES + 40))).toBeUndefined();
  expect(here.open(new Uint8Array(MAX_SEALED_BYTES + 41))).toBeUndefined();
});

test.each([
  ['zero', '00'.repeat(32)],
  ['one', `01${'00'.repeat(31)}`],
  ['a point of order 8', 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'],
  ['the other point of order 8', '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157'],
  ['a point of order 4', `ec${'ff'.repeat(30)}7f`],
  ['zero in another encoding', `ed${'ff'.repeat(30)}7f`],
  ['one in another encoding', `ee${'ff'.repeat(30)}7f`],
  ['zero with the bit that does not count', `${'00'.repeat(31)}80`],
  ['nothing', ''],
  ['31 bytes', '58'.repeat(31)],
  ['33 bytes', '58'.repeat(33)],
])('SEAL-4: %s is no key: the secret with it would be anybody’s', (_what, key) => {
  expect(ada.channel(peer(2), fromHex(key)!, 5)).toBeUndefined();
});

test('SEAL-5: a key is of one run: the same random bytes give the same, others another', () => {
  const fixed = (byte: number): Sealer =>
    createSealer({ self: peer(1), randomBytes: n => new Uint8Array(n).fill(byte) });
  expect(fixed(1).publicKey).toEqual(fixed(1).publicKey);
  expect(fixed(1).publicKey).not.toEqual(fixed(2).publicKey);
  expect(ada.publicKey).toHaveLength(32);
});

test('SEAL-6: keys, secrets and what is sealed are those of the standards', () => {
  const raw = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
  const [secret, nonce] = [new Uint8Array(32).fill(7), new Uint8Array(24).fill(9)];
  const fixed = createSealer({ self: peer(1), randomBytes: length => (length === 32 ? secret : nonce) });
  const jwk = { kty: 'OKP', crv: 'X25519', x: raw(fixed.publicKey) };
  const shared = diffieHellman({
    privateKey: createPrivateKey({ key: { ...jwk, d: raw(secret) }, format: 'jwk' }),
    publicKey: createPublicKey({ key: { ...jwk, x: raw(bob.publicKey) }, format: 'jwk' }),
  });
  const info = concatBytes(
    utf8('hearsay seal 1\n'),
    new Uint8Array([0x01, 0x02, 0x03, 0x04]),
    fromHex(peer(1))!,
    fromHex(peer(2))!,
    fixed.publicKey,
    bob.publicKey,
  );
  const key = new Uint8Array(hkdfSync('sha256', shared, new Uint8Array(0), info, 32));
  const sealed = fixed.channel(peer(2), bob.publicKey, 0x01020304)!.seal(said);
  expect(sealed).toEqual(concatBytes(nonce, xchacha20poly1305(key, nonce).encrypt(said)));
  expect(bob.channel(peer(1), fixed.publicKey, 0x01020304)!.open(sealed)).toEqual(said);
});
