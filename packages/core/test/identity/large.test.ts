import { expect, test } from 'vitest';
import { isLarge, offerOf } from '../../src/identity/large.ts';
import { type Kind, readRecord, recordIdOf } from '../../src/identity/record.ts';
import { wireLimits } from '../../src/wire/limits.ts';
import { NETWORK, record } from '../support/records.ts';

const EMPTY = record({ value: new Uint8Array(65_536) }).bytes.length - 65_536;

test.each([-1, 0, 1])('MOVE-1: a record of 16 KiB and %i bytes is large above 0', n => {
  const empty = record({ value: new Uint8Array(16_000) }).bytes.length - 16_000;
  const said = record({ value: new Uint8Array(wireLimits.inlineBytes + n - empty) });
  expect(said.bytes).toHaveLength(wireLimits.inlineBytes + n);
  expect(isLarge(said)).toBe(n > 0);
});

test('MOVE-1: the largest value of the state, under the longest key, is a record', () => {
  const said = record({ key: 'k'.repeat(wireLimits.keyBytes), value: new Uint8Array(wireLimits.stateBytes - 5) });
  expect(said.bytes.length).toBeLessThanOrEqual(wireLimits.recordBytes);
  expect(readRecord(said.bytes, NETWORK).ok).toBe(true);
  expect(offerOf(said, true)).toEqual({ type: 'offer', id: said.id, size: said.bytes.length, fresh: true });
  expect(recordIdOf(said.bytes)).toBe(said.id);
});

test.each<[Kind, boolean]>([
  ['state', true],
  ['event', false],
  ['presence', false],
])('MOVE-1: may a %s be large?', (kind, may) => {
  const bytes = new Uint8Array(wireLimits.recordBytes - EMPTY - 100);
  const said = record({ kind, key: kind === 'presence' ? '' : 'k', value: kind === 'presence' ? [0, bytes] : bytes });
  const read = readRecord(said.bytes, NETWORK);
  expect(read.ok ? undefined : read.code).toBe(may ? undefined : 'record-size');
});
