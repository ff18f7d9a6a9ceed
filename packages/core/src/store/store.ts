/**
 * Shared state: a last-writer-wins map. The winner is decided by clock, author and id alone, so every order of
 * arrival ends in the same map. Deletes are kept as tombstones, the newest of them; where one is forgotten, a
 * floor is left behind (docs/adr/0006): what is unknown and not above it may be what was deleted, and is refused.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import type { Config } from '../config.ts';
import type { Fact, Path, Source } from '../fact.ts';
import { isNewer, type SignedRecord, type Statement } from '../identity/record.ts';
import { toHex, utf8, utf8Length } from '../lib/bytes.ts';
import type { Outbox } from '../outbox.ts';
import type { Hlc, PeerId, RecordId, Wire } from '../types.ts';
import { createOldestFirst } from './oldest-first.ts';

export interface Store {
  onRecordDrafted(draft: Extract<Fact, { type: 'record-drafted' }>['draft']): void;
  onRecordAccepted(record: SignedRecord, from: Source, path: Path): void;
  /** Would a local write of `bytes` to `key` exceed the author's share? */
  exceedsQuota(author: PeerId, key: string, bytes: number): boolean;
  size(): number;
  /** 16 hex characters; equal on two peers exactly when their maps hold the same records. */
  hash(): string;
}

interface Entry {
  readonly key: string;
  readonly hlc: Hlc;
  readonly author: PeerId;
  readonly deleted: boolean;
  readonly bytes: number;
  /** Missing while a local write is still being signed. */
  record: SignedRecord | undefined;
  readonly id: RecordId | undefined;
}

interface Share {
  keys: number;
  bytes: number;
}

export function createStore(self: PeerId, config: Config, outbox: Outbox): Store {
  const entries = new Map<string, Entry>();
  const shares = new Map<PeerId, Share>();
  /** By clock and not by arrival, so that all peers forget the same ones. */
  const deletions = createOldestFirst<Entry>(isNewer, entry => entries.get(entry.key) === entry);
  let tombstones = 0;
  let totalBytes = 0;
  /** Highest clock of a tombstone that was forgotten. */
  let floor = -1;
  let hash: string | undefined;

  const shareOf = (author: PeerId): Share => shares.get(author) ?? { keys: 0, bytes: 0 };

  const count = (entry: Entry, sign: 1 | -1): void => {
    if (entry.deleted) {
      tombstones += sign;
      return;
    }
    const share = shareOf(entry.author);
    share.keys += sign;
    share.bytes += sign * entry.bytes;
    totalBytes += sign * entry.bytes;
    if (share.keys === 0) shares.delete(entry.author);
    else shares.set(entry.author, share);
  };

  const exceeds = (author: PeerId, key: string, bytes: number): boolean => {
    const old = entries.get(key);
    const mine = old !== undefined && !old.deleted && old.author === author ? old : undefined;
    const share = shareOf(author);
    if ((old === undefined || old.deleted) && entries.size - tombstones >= config['store.maxKeys']) return true;
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
    const old = entries.get(entry.key);
    if (old !== undefined) drop(old);
    entries.set(entry.key, entry);
    count(entry, 1);
    hash = undefined;
    if (entry.deleted) deletions.add(entry);
    if (entry.deleted && (old === undefined || old.deleted)) return;
    const { key, author, hlc } = entry;
    const delivery = { what: 'state', key, value: entry.deleted ? undefined : value, author, hlc, local } as const;
    outbox.effect({ type: 'deliver', delivery });
  };

  const forgetDeletions = (): void => {
    while (tombstones > config['store.maxTombstones']) {
      const oldest = deletions.take();
      if (oldest === undefined) return;
      floor = Math.max(floor, oldest.hlc);
      entries.delete(oldest.key);
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
        put(toEntry(draft, undefined, sizeOf(draft.value)), draft.value, true);
        forgetDeletions();
      }
    },

    onRecordAccepted(record, from, path) {
      const old = entries.get(record.key);
      if (old !== undefined && old.record === undefined && old.hlc === record.hlc && old.author === record.author) {
        old.record = record;
        hash = undefined;
        return keep(record, from, path);
      }
      if (old !== undefined && !isNewer(record, old)) return ignore(record, from, 'superseded');
      // What this node itself says, or kept across a restart, is not doubted.
      const isDoubtful = old === undefined && record.hlc <= floor && from !== 'self' && from !== 'storage';
      if (isDoubtful) return ignore(record, from, 'stale');
      const size = sizeOf(record.value);
      if (record.kind === 'state' && exceeds(record.author, record.key, size)) {
        return ignore(record, from, 'quota');
      }
      put(toEntry(record, record, size), record.value, record.author === self && from === 'self');
      keep(record, from, path);
      forgetDeletions();
    },

    exceedsQuota: exceeds,
    size: () => entries.size - tombstones,
    hash: () => (hash ??= hashOf(entries)),
  };
}

function toEntry(said: Omit<Statement, 'seq' | 'exp'>, record: SignedRecord | undefined, bytes: number): Entry {
  const { key, hlc, author, kind } = said;
  return { key, hlc, author, deleted: kind === 'state-delete', bytes, record, id: record?.id };
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
  for (const entry of entries.values()) ids.push(entry.record?.id ?? `unsigned ${entry.key}`);
  return toHex(sha256(utf8(ids.sort().join(' '))).subarray(0, 8));
}
