import { expect, test } from 'vitest';
import { createPolicy, type Rule } from '../../src/policy/policy.ts';
import { peer } from '../support/peers.ts';
import { record } from '../support/records.ts';

const me = peer(1);
const you = peer(2);
const may = (rules: readonly Rule[], author: string, key: string): boolean =>
  createPolicy(rules).mayWrite(author as typeof me, key);

test('POL-1: the first rule that matches decides', () => {
  const rules: readonly Rule[] = [
    { key: 'a/b', write: [] },
    { key: 'a/*', write: 'anyone' },
    { key: '**', write: [you] },
  ];
  expect(may(rules, me, 'a/b')).toBe(false);
  expect(may(rules, me, 'a/c')).toBe(true);
  expect(may(rules, me, 'b')).toBe(false);
  expect(may(rules, you, 'b')).toBe(true);
});

test('POL-1: a key that no rule matches is nobody’s', () => {
  expect(may([{ key: 'a', write: 'anyone' }], me, 'b')).toBe(false);
  expect(may([], me, 'a')).toBe(false);
});

test.each<[string, string, boolean]>([
  ['a/b', 'a/b', true],
  ['a/b', 'a', false],
  ['a/b', 'a/b/c', false],
  ['a/b', 'A/b', false],
  ['a/*', 'a/x', true],
  ['a/*', 'a', false],
  ['a/*', 'a/', true],
  ['a/*', 'a/x/y', false],
  ['*/b', 'x/b', true],
  ['a*', 'ab', false],
  ['a/**', 'a/x', true],
  ['a/**', 'a/x/y', true],
  ['a/**', 'a', true],
  ['a/**', 'ab', false],
  ['**', 'anything/at/all', true],
  ['a.b', 'axb', false],
  ['{self}/x', `${me}/x`, true],
  ['{self}/x', `${you}/x`, false],
  ['u/{self}/**', `u/${me}/a/b`, true],
  ['u/{self}/**', `u/${me}`, true],
  ['u/{self}/**', `u/${me}x/a`, false],
  ['u/{self}/**', 'u/{self}/a', false],
])('POL-2: pattern %s and key %s', (pattern, key, matches) => {
  expect(may([{ key: pattern, write: 'anyone' }], me, key)).toBe(matches);
});

test('POL-3: author, anyone, or a list of keys', () => {
  expect(may([{ key: '{self}', write: 'author' }], me, me)).toBe(true);
  expect(may([{ key: '{self}', write: 'author' }], you, me)).toBe(false);
  expect(may([{ key: 'a', write: [you] }], me, 'a')).toBe(false);
  expect(may([{ key: 'a', write: [me, you] }], me, 'a')).toBe(true);
});

test.each<[string, string, boolean]>([
  ['own', `user/${me}/name`, true],
  ['somebody else’s', `user/${you}/name`, false],
  ['nobody’s, below user', 'user/name', false],
  ['any other', 'board/1', true],
])('POL-4: by default %s key', (_what, key, allowed) => {
  expect(createPolicy().mayWrite(me, key)).toBe(allowed);
});

test.each<[string, unknown]>([
  ['an empty pattern', { key: '', write: 'anyone' }],
  ['a pattern that is no text', { key: 5, write: 'anyone' }],
  ['** before the end', { key: 'a/**/b', write: 'anyone' }],
  ['an author rule without {self}', { key: 'a/**', write: 'author' }],
  ['an unknown word', { key: 'a', write: 'granted' }],
  ['a key in upper case', { key: 'a', write: ['A'.repeat(64)] }],
  ['a key that is too short', { key: 'a', write: ['a'.repeat(63)] }],
])('POL-5: %s is a bad-config', (_what, rule) => {
  expect(() => createPolicy([rule as Rule])).toThrow(expect.objectContaining({ code: 'bad-config' }));
});

test('POL-6: the terms say everything that makes a difference', () => {
  const terms = (rules: readonly Rule[]): string => JSON.stringify(createPolicy(rules).terms);
  const a: Rule = { key: 'a', write: 'anyone' };
  const b: Rule = { key: 'b', write: [me] };
  expect(terms([a, b])).not.toBe(terms([b, a]));
  expect(terms([b])).not.toBe(terms([{ key: 'b', write: [you] }]));
  expect(terms([a])).toBe(terms([{ ...a }]));
});

test('POL-7: kinds without a state key are not asked', () => {
  const policy = createPolicy([]);
  for (const kind of ['presence', 'leave', 'event'] as const) expect(policy.allows(record({ kind }))).toBe(true);
  expect(policy.allows(record({ kind: 'accuse', key: you }))).toBe(true);
  for (const kind of ['state', 'state-delete'] as const) expect(policy.allows(record({ kind }))).toBe(false);
});
