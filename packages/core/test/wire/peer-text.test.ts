import { expect, test } from 'vitest';
import { toHex } from '../../src/lib/bytes.ts';
import { peerFromWire } from '../../src/wire/peer-text.ts';
import { announceSeed, rngOf } from '../support/seed.ts';

test('WIRE-23: the key of a peer reads as its hex, also between keys that begin alike', () => {
  const rng = rngOf(0, announceSeed('keys of peers'));
  const some = (): Uint8Array => Uint8Array.from({ length: 32 }, () => rng.int(256));
  const alike = Array.from({ length: 20 }, () => Uint8Array.of(7, 7, ...some().subarray(2)));
  const last = [...alike, ...alike.map(key => Uint8Array.of(...key.subarray(0, 31), key[31]! ^ 1))];
  const keys = [...Array.from({ length: 10_000 }, some), ...last];
  for (let n = 0; n < 40_000; n++) {
    const key = rng.pick(rng.int(2) === 0 ? keys : last)!;
    expect(peerFromWire(key)).toBe(toHex(key));
  }
});
