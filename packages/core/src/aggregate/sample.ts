/**
 * The k records of one epoch whose authors hash lowest: "k minimum values" (Bar-Yossef et al. 2002). Hashes are spread
 * evenly, so how low the k-th lies says how many there are, and who is among them is a fair sample of all. Two samples
 * merge into that of everybody by keeping the lowest of both, in any order and as often as one likes.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import type { SignedRecord } from '../identity/record.ts';
import { concatBytes, fromHex, utf8 } from '../lib/bytes.ts';
import type { PeerId } from '../types.ts';

export interface Entry {
  /** 0 to 2^32 − 1. */
  readonly hash: number;
  readonly record: SignedRecord;
}

export interface Sample {
  /** The lowest first. */
  readonly entries: readonly Entry[];
  of(author: PeerId): SignedRecord | undefined;
  /** Would it be kept, as far as the author's hash goes? */
  admits(author: PeerId, hash: number): boolean;
  /** Takes what `admits` admits; gives back what had to go for it. */
  add(record: SignedRecord, hash: number): SignedRecord | undefined;
}

const SALT: Uint8Array = utf8('hearsay sample 1\n');
const HASHES = 2 ** 32;

/** Of a peer in an epoch, 0 to 2^32 − 1. A key that was ground for one epoch is as good as any in the next. */
export function sampleHash(epoch: number, author: PeerId): number {
  const salt = new Uint8Array(8);
  const view = new DataView(salt.buffer);
  view.setUint32(0, Math.floor(epoch / HASHES));
  view.setUint32(4, epoch);
  const hash = sha256(concatBytes(SALT, salt, fromHex(author)!));
  return new DataView(hash.buffer).getUint32(0);
}

/** As a share of all hashes, above 0, at most 1. */
export function shareOf(hash: number): number {
  return (hash + 1) / HASHES;
}

export function createSample(limit: number): Sample {
  const entries: Entry[] = [];
  const find = (author: PeerId): number => entries.findIndex(({ record }) => record.author === author);
  const admits = (author: PeerId, hash: number): boolean => {
    const last = entries.at(-1);
    return entries.length < limit || (last !== undefined && isLower(hash, author, last));
  };
  return {
    entries,
    of: author => entries[find(author)]?.record,
    admits,
    add(record, hash) {
      const at = find(record.author);
      const old = at === -1 ? undefined : entries.splice(at, 1)[0]?.record;
      const next = entries.findIndex(entry => isLower(hash, record.author, entry));
      entries.splice(next === -1 ? entries.length : next, 0, { hash, record });
      return old ?? (entries.length > limit ? entries.pop()?.record : undefined);
    },
  };
}

/** Equal hashes go by author, or two samples with one place left would not merge. */
function isLower(hash: number, author: PeerId, { hash: other, record }: Entry): boolean {
  return hash === other ? author < record.author : hash < other;
}
