/**
 * Shared state: a last-writer-wins map. The winner is decided by clock, author and id alone, so every order of
 * arrival ends in the same map. Deletes are kept as tombstones, the newest of them; where one is forgotten, a
 * floor is left behind (docs/adr/0006): what is unknown and not above it may be what was deleted, and is refused.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import type { Config } from '../config.ts';
import type { Fact, Path, Source } from '../fact.ts';
import { isNewer, type SignedRecord } from '../identity/record.ts';
import { toHex, utf8, utf8Length } from '../lib/bytes.ts';
import type { Outbox } from '../outbox.ts';
import type { PeerId, Wire } from '../types.ts';
import { createOldestFirst } from './oldest-first.ts';

export interface Store {
  onRecordDrafted(draft: Draft): void;
  onRecordAccepted(record: SignedRecord, from: Source, path: Path): void;
  /** What a record, were it genuine, is beside what is kept of its key. */
  standingOf(record: SignedRecord): 'kept' | 'overtaken' | undefined;
  /** Would a local write of `bytes` to `key` exceed the author's share? */
  exceedsQuota(author: PeerId, key: string, bytes: number): boolean;
  size(): number;
  /** 16 hex characters; equal on two peers exactly when their maps hold the same records. */
  hash(): string;
}

type Draft = Extract<Fact, { type: 'record-drafted' }>['draft'];

interface Entry {
  said: Draft;
  /** The same, or nothing while a local write is still being signed. */
  record: SignedRecord | undefined;
  readonly bytes: number;
}

interface Share {
  keys: number;
  bytes: number;
}

export function createStore(self: PeerId, config: Config, outbox: Outbox): Store {
  const entries = new Map<string, Entry>();
  const shares = new Map<PeerId, Share>();
  /** By clock and not by arrival, so that all peers forget the same ones. */
  const deletions = createOldestFirst<Entry>(
    (a, b) => isNewer(a.said, b.said),
    entry => entries.get(entry.said.key) === entry,
  );
  let tombstones = 0;
  let totalBytes = 0;
  /** Highest clock of a tombstone that was forgotten. */
  let floor = -1;
  let hash: string | undefined;

  const shareOf = (author: PeerId): Share => shares.get(author) ?? { keys: 0, bytes: 0 };

  const count = (entry: Entry, sign: 1 | -1): void => {
    if (isDeletion(entry)) {
      tombstones += sign;
      return;
    }
    const { author } = entry.said;
    const share = shareOf(author);
    share.keys += sign;
    share.bytes += sign * entry.bytes;
    totalBytes += sign * entry.bytes;
    if (share.keys === 0) shares.delete(author);
    else shares.set(author, share);
  };

  const exceeds = (author: PeerId, key: string, bytes: number): boolean => {
    const old = entries.get(key);
    const mine = old !== undefined && !isDeletion(old) && old.said.author === author ? old : undefined;
    const share = shareOf(author);
    if ((old === undefined || isDeletion(old)) && entries.size - tombstones >= config['store.maxKeys']) return true;
    if (share.keys - (mine ? 1 : 0) >= config['store.keysPerAuthor']) return true;
    if (totalBytes - (old?.bytes ?? 0) + bytes > config['store.maxBytes']) return true;
    return share.bytes - (mine?.bytes ?? 0) + bytes > config['store.bytesPerAuthor'];
  };

  const drop = (entry: Entry): void => {
    count(entry, -1);
    if (entry.record === undefined) return;
    outbox.fact({ type: 'record-dropped', record: entry.record });
    outbox.effect({ type: 'forget', id: entry.record.id });
  };

  const put = (entry: Entry, value: Wire, local: boolean): void => {
    const { key, author, hlc } = entry.said;
    const old = entries.get(key);
    entries.set(key, entry);
    count(entry, 1);
    if (old !== undefined) drop(old);
    hash = undefined;
    const deleted = isDeletion(entry);
    if (deleted) deletions.add(entry);
    if (deleted && (old === undefined || isDeletion(old))) return;
    const delivery = { what: 'state', key, value: deleted ? undefined : value, author, hlc, local } as const;
    outbox.effect({ type: 'deliver', delivery });
  };

  const forgetDeletions = (): void => {
    while (tombstones > config['store.maxTombstones']) {
      const oldest = deletions.take();
      if (oldest === undefined) return;
      floor = Math.max(floor, oldest.said.hlc);
      entries.delete(oldest.said.key);
      drop(oldest);
    }
  };

  const keep = (record: SignedRecord, from: Source, path: Path): void => {
    outbox.fact({ type: 'record-stored', record, from, path, kept: true });
    outbox.effect({ type: 'keep', id: record.id, bytes: record.bytes });
  };

  const ignore = (record: SignedRecord, from: Source, reason: 'superseded' | 'quota' | 'stale'): void => {
    outbox.fact({ type: 'record-ignored', reason });
    // Nobody else would ever take it out of storage.
    if (from === 'storage') outbox.effect({ type: 'forget', id: record.id });
  };

  return {
    onRecordDrafted(draft) {
      if (draft.kind === 'state' || draft.kind === 'state-delete') {
        put({ said: draft, record: undefined, bytes: sizeOf(draft.value) }, draft.value, true);
        forgetDeletions();
      }
    },

    onRecordAccepted(record, from, path) {
      const old = entries.get(record.key);
      if (old !== undefined && isDraftOf(old, record)) {
        old.said = record;
        old.record = record;
        hash = undefined;
        return keep(record, from, path);
      }
      if (old !== undefined && !isNewer(record, old.said)) return ignore(record, from, 'superseded');
      // What this node itself says, or kept across a restart, is not doubted.
      const isDoubtful = old === undefined && record.hlc <= floor && from !== 'self' && from !== 'storage';
      if (isDoubtful) return ignore(record, from, 'stale');
      const size = sizeOf(record.value);
      if (record.kind === 'state' && exceeds(record.author, record.key, size)) {
        return ignore(record, from, 'quota');
      }
      put({ said: record, record, bytes: size }, record.value, record.author === self && from === 'self');
      keep(record, from, path);
      forgetDeletions();
    },

    standingOf(record) {
      if (record.kind !== 'state' && record.kind !== 'state-delete') return undefined;
      const entry = entries.get(record.key);
      if (entry === undefined || isDraftOf(entry, record)) return undefined;
      if (entry.record?.id === record.id) return 'kept';
      return isNewer(record, entry.said) ? undefined : 'overtaken';
    },

    exceedsQuota: exceeds,
    size: () => entries.size - tombstones,
    hash: () => (hash ??= hashOf(entries)),
  };
}

function isDraftOf({ said, record }: Entry, { hlc, author }: SignedRecord): boolean {
  return record === undefined && said.hlc === hlc && said.author === author;
}

function isDeletion({ said }: Entry): boolean {
  return said.kind === 'state-delete';
}

/** What a value weighs against its author's share: about its encoded size, in bytes. */
function sizeOf(value: Wire): number {
  if (typeof value === 'string') return 3 + utf8Length(value);
  if (value instanceof Uint8Array) return 3 + value.length;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + sizeOf(item as Wire), 3);
  if (value === null || typeof value !== 'object') return 9;
  let sum = 3;
  for (const [key, item] of Object.entries(value)) sum += 3 + utf8Length(key) + sizeOf(item as Wire);
  return sum;
}

function hashOf(entries: ReadonlyMap<string, Entry>): string {
  const ids: string[] = [];
  for (const { said, record } of entries.values()) ids.push(record?.id ?? `unsigned ${said.key}`);
  return toHex(sha256(utf8(ids.sort().join(' '))).subarray(0, 8));
}
