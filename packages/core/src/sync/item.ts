/**
 * A record as the index knows it: with the hash that sums are made of. It follows from the record alone, so it is
 * computed once, whoever keeps the record, and lives as long: a simulated world has many indexes of the same records.
 */
import type { SignedRecord } from '../identity/record.ts';
import { itemHash, SUM_WORDS, type Sum } from './sum.ts';

export interface Item {
  readonly record: SignedRecord;
  /** The eight words of its hash are `hashes[at]` and those behind. */
  readonly hashes: Sum;
  readonly at: number;
}

/** Hashes that share one array: an array of its own costs six times what it holds, and one that is too large pins the dead. */
const HASHES_TOGETHER = 32;

const items = new WeakMap<SignedRecord, Item>();
let hashes: Sum = new Uint32Array(0);
let used = 0;

export function itemOf(record: SignedRecord): Item {
  const known = items.get(record);
  if (known !== undefined) return known;
  if (used === hashes.length) {
    hashes = new Uint32Array(HASHES_TOGETHER * SUM_WORDS);
    used = 0;
  }
  const item: Item = { record, hashes, at: used };
  hashes.set(itemHash(record.id), used);
  used += SUM_WORDS;
  items.set(record, item);
  return item;
}
