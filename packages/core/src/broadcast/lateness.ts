/**
 * Whose words are late, word after word: another neighbour announced them before the parent's copy came, although an
 * announcement waits for its batch. A narrow line in the tree shows so, and so does one that became slow after the
 * tree grew. One late word shows nothing: every link has its hiccups, and a busy machine has nothing else.
 */
import { createExpiringMap } from '../lib/expiring-map.ts';
import type { Now } from '../types.ts';
import type { Author } from './branches.ts';

export interface Lateness {
  /** Counts a word of `author`. True: late so often that another way is worth a try. */
  heard(author: Author, isLate: boolean, now: Now): boolean;
}

const MAX_AUTHORS = 512;
/** Who speaks more seldom gains nothing by milliseconds. */
const LIFETIME_MS = 30_000;
/** So many more late words than others. */
const LATE_WORDS = 4;
/** A try costs a copy: where every word is late, one in fifty. */
const REST_WORDS = 50;

export function createLateness(): Lateness {
  /** Late words above those in time; below zero: how many are to be heard before any counts. */
  const balances = createExpiringMap<Author, number>(MAX_AUTHORS, LIFETIME_MS);

  return {
    heard(author, isLate, now) {
      balances.expire(now.mono);
      const balance = balances.get(author) ?? 0;
      if (balance === 0 && !isLate) return false;
      const next = balance + (isLate || balance < 0 ? 1 : -1);
      if (next === 0) balances.delete(author);
      else balances.set(author, next < LATE_WORDS ? next : -REST_WORDS, now.mono);
      return next === LATE_WORDS;
    },
  };
}
