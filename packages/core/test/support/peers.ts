import { toHex } from '../../src/lib/bytes.ts';
import type { MonoMs, Now, PeerId, WallMs } from '../../src/types.ts';

/** A peer id for each number; ids sort as the numbers do. */
export function peer(n: number): PeerId {
  const bytes = new Uint8Array(32).fill(0xaa);
  new DataView(bytes.buffer).setUint32(0, n);
  return toHex(bytes) as PeerId;
}

/** The wall clock of every test begins here. */
export const WALL = 1_800_000_000_000;

/** `mono` milliseconds after the start, by both clocks. */
export function at(mono: number): Now {
  return { mono: mono as MonoMs, wall: (WALL + mono) as WallMs };
}
