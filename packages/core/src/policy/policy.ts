/**
 * Who may write what. A list of rules, the first that matches the key decides; a key that none matches may be
 * written by nobody. The list is hashed into the network id: peers with other rules never mesh.
 */
import { HearsayError } from '../errors.ts';
import type { SignedRecord } from '../identity/record.ts';
import type { PeerId, Wire } from '../types.ts';

export interface Rule {
  /** Segments divided by `/`: literal, `*` (one segment), `**` (the rest, last only), `{self}` (the author's id). */
  readonly key: string;
  /** `author`: only who `{self}` names; `anyone`; or a list of public keys in hex. */
  readonly write: 'author' | 'anyone' | readonly string[];
}

/** Everybody writes; what lies under `user/<peer id>/` belongs to that peer. */
export const defaultPolicy: readonly Rule[] = [
  { key: 'user/{self}/**', write: 'author' },
  { key: 'user/**', write: [] },
  { key: '**', write: 'anyone' },
];

export interface Policy {
  /** May `author` write or delete the state key? */
  mayWrite(author: PeerId, key: string): boolean;
  /** The same for a record; kinds without a state key belong to their author anyway. */
  allows(record: SignedRecord): boolean;
  /** The rules in the form that is hashed. */
  readonly terms: Wire;
}

/** @throws HearsayError `bad-config` for a rule that cannot be understood. */
export function createPolicy(rules: readonly Rule[] = defaultPolicy): Policy {
  const parsed = rules.map(parse);
  const mayWrite = (author: PeerId, key: string): boolean => {
    const segments = key.split('/');
    for (const rule of parsed) {
      if (!matches(rule.pattern, segments, author)) continue;
      return rule.write === 'anyone' || rule.write === 'author' || rule.write.includes(author);
    }
    return false;
  };
  return {
    mayWrite,
    allows: ({ kind, author, key }) => (kind === 'state' || kind === 'state-delete' ? mayWrite(author, key) : true),
    terms: rules.map(rule => [rule.key, typeof rule.write === 'string' ? rule.write : [...rule.write]]),
  };
}

interface ParsedRule {
  readonly pattern: readonly string[];
  readonly write: Rule['write'];
}

function parse(rule: Rule): ParsedRule {
  const { key, write } = rule;
  if (typeof key !== 'string' || key === '') throw bad(`a rule needs a key pattern, not ${String(key)}`);
  const pattern = key.split('/');
  if (pattern.slice(0, -1).includes('**')) throw bad(`in "${key}", ** may only stand last`);
  if (write === 'author') {
    if (!pattern.includes('{self}')) throw bad(`"${key}" is for its author, so it must contain {self}`);
  } else if (write !== 'anyone' && !(Array.isArray(write) && write.every(id => /^[0-9a-f]{64}$/.test(id)))) {
    throw bad(`"${key}" may be written by 'anyone', 'author' or a list of public keys (64 hex characters)`);
  }
  return { pattern, write };
}

function bad(what: string): HearsayError {
  return new HearsayError('bad-config', `The policy cannot be used: ${what}.`);
}

function matches(pattern: readonly string[], segments: readonly string[], author: PeerId): boolean {
  for (let i = 0; i < pattern.length; i++) {
    const want = pattern[i]!;
    if (want === '**') return true;
    const have = segments[i];
    if (have === undefined) return false;
    if (want === '*') continue;
    if (have !== (want === '{self}' ? author : want)) return false;
  }
  return pattern.length === segments.length;
}
