/**
 * The accusations that stand. One ends when its subject says something newer, or when its time is over by its own
 * expiry: at the same moment on all peers, or each would offer the others what they refuse.
 */
import type { Config } from '../config.ts';
import { msLeft } from '../identity/lifetime.ts';
import type { SignedRecord } from '../identity/record.ts';
import type { Now, PeerId, RecordId } from '../types.ts';

export interface Accusations {
  /** False when there are too many, in all or by this accuser. */
  add(record: SignedRecord, now: Now): boolean;
  /** Takes those against `subject` from before its word at `hlc`. */
  takeRefuted(subject: PeerId, hlc: number): readonly SignedRecord[];
  takeExpired(now: Now): readonly SignedRecord[];
  against(subject: PeerId): readonly SignedRecord[];
  nextDueAt(): number;
}

const MAX_ACCUSATIONS = 1_024;
/** An honest peer accuses its own neighbours only; without this one liar could fill the table. */
const MAX_ACCUSATIONS_BY_ONE = 64;

interface Standing {
  readonly record: SignedRecord;
  readonly until: number;
}

export function createAccusations(config: Config): Accusations {
  const standing = new Map<RecordId, Standing>();
  const bySubject = new Map<PeerId, Set<Standing>>();
  /** How many of them each accuser has standing. */
  const byAccuser = new Map<PeerId, number>();
  let dueAt = Number.POSITIVE_INFINITY;

  const take = (one: Standing): SignedRecord => {
    const { record } = one;
    const subject = record.key as PeerId;
    standing.delete(record.id);
    const others = bySubject.get(subject);
    others?.delete(one);
    if (others?.size === 0) bySubject.delete(subject);
    const left = (byAccuser.get(record.author) ?? 1) - 1;
    if (left === 0) byAccuser.delete(record.author);
    else byAccuser.set(record.author, left);
    return record;
  };

  return {
    add(record, now) {
      const count = (byAccuser.get(record.author) ?? 0) + 1;
      if (standing.size >= MAX_ACCUSATIONS || count > MAX_ACCUSATIONS_BY_ONE) return false;
      const subject = record.key as PeerId;
      const one: Standing = { record, until: now.mono + msLeft(record, config, now) };
      standing.set(record.id, one);
      bySubject.set(subject, (bySubject.get(subject) ?? new Set()).add(one));
      byAccuser.set(record.author, count);
      dueAt = Math.min(dueAt, one.until);
      return true;
    },
    takeRefuted(subject, hlc) {
      const refuted = [...(bySubject.get(subject) ?? [])].filter(({ record }) => record.hlc < hlc);
      return refuted.map(take);
    },
    takeExpired(now) {
      if (now.mono < dueAt) return [];
      const expired = [...standing.values()].filter(({ until }) => now.mono >= until).map(take);
      dueAt = Math.min(...[...standing.values()].map(({ until }) => until));
      return expired;
    },
    against: subject => [...(bySubject.get(subject) ?? [])].map(({ record }) => record),
    nextDueAt: () => dueAt,
  };
}
