/**
 * Keys of peers as text. The same few hundred come again and again, and each author's with every record: equal ones
 * share one string, which is looked up in less time than it is made. Bounded: a key takes the place of another one
 * whose first bytes are alike, and who makes such keys gains nothing but that theirs are made anew.
 */
import { isHexOf, toHex } from '../lib/bytes.ts';
import type { PeerId } from '../types.ts';

const PLACES = 4_096;
const known = new Array<PeerId | undefined>(PLACES);

/** `key`: 32 bytes. */
export function peerFromWire(key: Uint8Array): PeerId {
  const place = (key[0]! * 256 + key[1]!) % PLACES;
  const name = known[place];
  if (name !== undefined && isHexOf(name, key)) return name;
  const made = toHex(key) as PeerId;
  known[place] = made;
  return made;
}
