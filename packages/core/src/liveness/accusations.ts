/**
 * The accusations that stand. One ends when its subject says something newer, or when its time is over by its own
 * expiry: at the same moment on all peers, or each would offer the others what they refuse.
 */
import type { Config } from '../config.ts';
import { msLeft } from '../identity/lifetime.ts';
import type { SignedRecord } from '../identity/record.ts';
import type { Now, PeerId, RecordId } from '../types.ts';

export interface Accusations {
  /** False when there are too many, in all or by this accuser. `isProven`: it was linked with its subject. */
  add(record: SignedRecord, isProven: boolean, now: Now): boolean;
  /** Takes those against `subject` from before its word at `hlc`. */
  takeRefuted(subject: PeerId, hlc: number): readonly SignedRecord[];
  takeExpired(now: Now): readonly SignedRecord[];
  against(subject: PeerId): readonly SignedRecord[];
  nextDueAt(): number;
}

interface Quota {
  readonly all: number;
  readonly byOne: number;
}

/** An honest peer accuses its own neighbours only; without this one liar could fill the table. */
const PROVEN: Quota = { all: 1_024, byOne: 64 };
/** Keys are free, so of those who cannot show a link few are kept, beside the others. */
const UNPROVEN: Quota = { all: 256, byOne: 16 };

interface Standing {
  readonly record: SignedRecord;
  readonly isProven: boolean;
  readonly until: number;
}

export function createAccusations(config: Config): Accusations {
  const standing = new Map<RecordId, Standing>();
  const bySubject = new Map<PeerId, Set<Standing>>();
  const proven = createTally(PROVEN);
  const unproven = createTally(UNPROVEN);
  let dueAt = Number.POSITIVE_INFINITY;

  const tallyOf = (isProven: boolean): Tally => (isProven ? proven : unproven);

  const take = (one: Standing): SignedRecord => {
    const { record } = one;
    const subject = record.key as PeerId;
    standing.delete(record.id);
    const others = bySubject.get(subject);
    others?.delete(one);
    if (others?.size === 0) bySubject.delete(subject);
    tallyOf(one.isProven).remove(record.author);
    return record;
  };

  return {
    add(record, isProven, now) {
      if (!tallyOf(isProven).add(record.author)) return false;
      const subject = record.key as PeerId;
      const one: Standing = { record, isProven, until: now.mono + msLeft(record, config, now) };
      standing.set(record.id, one);
      bySubject.set(subject, (bySubject.get(subject) ?? new Set()).add(one));
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

/** How many of a kind stand, in all and of each accuser. */
interface Tally {
  /** False: there is no room for one more. */
  add(accuser: PeerId): boolean;
  remove(accuser: PeerId): void;
}

function createTally(quota: Quota): Tally {
  const byAccuser = new Map<PeerId, number>();
  let all = 0;
  return {
    add(accuser) {
      const count = (byAccuser.get(accuser) ?? 0) + 1;
      if (all >= quota.all || count > quota.byOne) return false;
      byAccuser.set(accuser, count);
      all += 1;
      return true;
    },
    remove(accuser) {
      const left = (byAccuser.get(accuser) ?? 1) - 1;
      if (left === 0) byAccuser.delete(accuser);
      else byAccuser.set(accuser, left);
      all -= 1;
    },
  };
}
