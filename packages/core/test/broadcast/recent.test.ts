import { expect, test } from 'vitest';
import { authorIdOf } from '../../src/broadcast/branches.ts';
import { createRecent } from '../../src/broadcast/recent.ts';
import type { SignedRecord } from '../../src/identity/record.ts';
import { at, peer } from '../support/peers.ts';
import { record } from '../support/records.ts';

const one = record({ author: peer(1), key: 'k', value: 1 });
const numbered = (n: number): SignedRecord => ({ ...one, shortId: n.toString(16).padStart(16, '0') });

test('CAST-30: what is released is known without its bytes, and whose it was, for a minute from when it came', () => {
  const recent = createRecent();
  recent.add(one, at(0));
  recent.release(one.shortId);
  recent.expire(at(59_999));
  expect([recent.knows(one.shortId), recent.get(one.shortId)]).toEqual([true, undefined]);
  expect([recent.authorOf(one.shortId), [...recent.all()]]).toEqual([authorIdOf(peer(1)), []]);
  expect([...recent.ids()]).toEqual([one.shortId]);
  recent.expire(at(60_000));
  expect([recent.knows(one.shortId), recent.authorOf(one.shortId)]).toEqual([false, undefined]);
});

test('CAST-30: a release of what was not kept changes nothing, and what comes again is kept again', () => {
  const recent = createRecent();
  recent.release(one.shortId);
  expect(recent.knows(one.shortId)).toBe(false);
  recent.add(one, at(0));
  recent.release(one.shortId);
  recent.add(one, at(30_000));
  expect(recent.get(one.shortId)).toBe(one);
  recent.expire(at(60_000));
  expect(recent.knows(one.shortId)).toBe(false);
});

test('CAST-11: 4,096 records are kept, and what is released makes room', () => {
  const recent = createRecent();
  for (let n = 0; n < 4_096; n++) recent.add(numbered(n), at(0));
  expect(recent.get(numbered(0).shortId)).toBeDefined();
  recent.add(numbered(4_096), at(0));
  expect([recent.get(numbered(0).shortId), recent.knows(numbered(0).shortId)]).toEqual([undefined, true]);
  recent.release(numbered(2).shortId);
  recent.add(numbered(4_097), at(0));
  expect(recent.get(numbered(1).shortId)).toBeDefined();
});

test('CAST-30: of 16,384 ids the oldest is forgotten, released or not', () => {
  const recent = createRecent();
  for (let n = 0; n < 16_384; n++) {
    recent.add(numbered(n), at(0));
    recent.release(numbered(n).shortId);
  }
  expect(recent.authorOf(numbered(0).shortId)).toBeDefined();
  recent.add(numbered(16_384), at(0));
  expect(recent.authorOf(numbered(0).shortId)).toBeUndefined();
  expect(recent.authorOf(numbered(1).shortId)).toBeDefined();
});
