import { concatBytes } from '../../src/lib/bytes.ts';
import type { Rng } from '../../src/lib/rng.ts';

/** Heads that make a decoder believe something large, deep or odd follows. */
const ODD = [0x9a, 0xba, 0x5a, 0x7a, 0x9f, 0xbf, 0xff, 0xc2, 0xd8, 0xf7, 0xfb, 0x1b, 0x81, 0xa1];

/** One to four small damages: flipped bits, cut, doubled or inserted stretches. */
export function mutate(bytes: Uint8Array, rng: Rng): Uint8Array {
  let damaged = Uint8Array.from(bytes);
  for (let left = 1 + rng.int(4); left > 0; left--) damaged = Uint8Array.from(damage(damaged, rng));
  return damaged;
}

function damage(bytes: Uint8Array, rng: Rng): Uint8Array {
  const at = rng.int(bytes.length + 1);
  const end = at + rng.int(bytes.length - at + 1);
  switch (rng.int(5)) {
    case 0: {
      const flipped = Uint8Array.from(bytes);
      if (at < flipped.length) flipped[at]! ^= 1 << rng.int(8);
      return flipped;
    }
    case 1:
      return bytes.subarray(0, at);
    case 2:
      return concatBytes(bytes.subarray(0, at), bytes.subarray(end));
    case 3:
      return concatBytes(bytes.subarray(0, end), bytes.subarray(at, end), bytes.subarray(end));
    default:
      return concatBytes(bytes.subarray(0, at), new Uint8Array([rng.pick(ODD)!]), bytes.subarray(at));
  }
}
