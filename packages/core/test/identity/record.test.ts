import { sha256 } from '@noble/hashes/sha2.js';
import { expect, test } from 'vitest';
import type { EngineOptions } from '../../src/contract.ts';
import {
  bodyOf,
  encodeBody,
  isNewer,
  type Kind,
  networkIdOf,
  readRecord,
  signatureOf,
  signedBytes,
} from '../../src/identity/record.ts';
import { concatBytes, toHex, utf8 } from '../../src/lib/bytes.ts';
import { createPolicy } from '../../src/policy/policy.ts';
import type { Hlc, RecordId, WallMs, Wire } from '../../src/types.ts';
import { encodeCbor } from '../../src/wire/cbor.ts';
import { wireLimits } from '../../src/wire/limits.ts';
import { createNode } from '../support/node.ts';
import { peer, WALL } from '../support/peers.ts';
import { forge, NETWORK, record } from '../support/records.ts';

const codeOf = (bytes: Uint8Array, network = NETWORK): string | undefined => {
  const read = readRecord(bytes, network);
  return read.ok ? undefined : read.code;
};
const signed = (fields: Wire): Uint8Array => concatBytes(new Uint8Array(64), encodeCbor(fields));
const author = new Uint8Array(32);

test('REC-2: the digest is SHA-256 over the body, whatever the signature, and the id its first 16 bytes', () => {
  const said = record();
  const hash = sha256(bodyOf(said));
  expect(said.id).toBe(toHex(hash.subarray(0, 16)));
  expect(Uint8Array.from(said.digest, byte => byte.charCodeAt(0))).toEqual(hash);
  const read = readRecord(forge(said).bytes, NETWORK);
  expect(read.ok && [read.value.id, read.value.digest]).toEqual([said.id, said.digest]);
});

test('REC-3: the signature covers a prefix and the body as received, also in an unusual encoding', () => {
  const said = record({ kind: 'state-delete', key: 'k' });
  // The same body with the array's length in a byte of its own: other bytes, another id, the same meaning.
  const body = concatBytes(new Uint8Array([0x98, 9]), bodyOf(said).subarray(1));
  const read = readRecord(concatBytes(signatureOf(said), body), NETWORK);
  if (!read.ok) throw new Error(read.code);
  expect(read.value).toMatchObject({ key: 'k', kind: 'state-delete', author: said.author });
  expect(read.value.id).not.toBe(said.id);
  expect(signedBytes(bodyOf(read.value))).toEqual(concatBytes(utf8('hearsay record 1\n'), body));
});

test('REC-4: another app, room or policy is another network, and its records are refused', () => {
  const terms = createPolicy().terms;
  const open = createPolicy([{ key: '**', write: 'anyone' }]).terms;
  const others = [networkIdOf('b', 'room', terms), networkIdOf('a', 'b', terms), networkIdOf('a', 'room', open)];
  const own = networkIdOf('a', 'room', terms);
  expect(own).toHaveLength(8);
  for (const other of others) expect(codeOf(record({ network: own }).bytes, other)).toBe('record-network');
  expect(codeOf(record({ network: own }).bytes, own)).toBeUndefined();
  expect(networkIdOf('ab', 'c', terms)).not.toEqual(networkIdOf('a', 'bc', terms));
});

test.each([
  [wireLimits.recordBytes - 1, undefined],
  [wireLimits.recordBytes, undefined],
  [wireLimits.recordBytes + 1, 'record-size'],
])('REC-5: a record of %i bytes', (length, code) => {
  const empty = record({ value: new Uint8Array(65_536) }).bytes.length - 65_536;
  const said = record({ value: new Uint8Array(length - empty) });
  expect(said.bytes).toHaveLength(length);
  expect(codeOf(said.bytes)).toBe(code);
});

test('REC-5: what ends with the signature is refused', () => {
  expect(codeOf(new Uint8Array(0))).toBe('record-size');
  expect(codeOf(new Uint8Array(64))).toBe('record-size');
  expect(codeOf(new Uint8Array(65))).toBe('record-shape');
});

test.each([
  [wireLimits.keyBytes - 1, undefined],
  [wireLimits.keyBytes, undefined],
  [wireLimits.keyBytes + 1, 'record-shape'],
])('REC-6: a key of %i bytes', (length, code) => {
  expect(codeOf(record({ key: 'k'.repeat(length) }).bytes)).toBe(code);
  expect(codeOf(record({ key: `${'k'.repeat(length - 2)}ü` }).bytes)).toBe(code);
});

test.each<[string, Kind, string, Wire]>([
  ['a presence with a key', 'presence', 'k', [1, null]],
  ['a presence that is no pair', 'presence', '', [1]],
  ['a presence of three', 'presence', '', [1, 2, 3]],
  ['a presence whose incarnation is no count', 'presence', '', [-1, null]],
  ['a leave with a key', 'leave', 'k', 1],
  ['a leave without incarnation', 'leave', '', null],
  ['an accusation of nobody', 'accuse', '', null],
  ['an accusation of upper-case hex', 'accuse', 'A'.repeat(64), null],
  ['an accusation with a value', 'accuse', peer(1), 1],
  ['a region out of reach without its name', 'unreach', '', null],
  ['a region out of reach by a name of 17 characters', 'unreach', 'eu-west-123456789', null],
  ['a region out of reach with a value', 'unreach', 'eu-west', 1],
  ['a state without key', 'state', '', 1],
  ['a deletion without key', 'state-delete', '', null],
  ['a deletion with a value', 'state-delete', 'k', 1],
  ['an event without name', 'event', '', 1],
])('REC-7: %s is refused', (_what, kind, key, value) => {
  const said = { author: peer(1), kind, seq: 1, hlc: 1 as Hlc, exp: 0 as WallMs, key, value };
  expect(codeOf(concatBytes(new Uint8Array(64), encodeBody(NETWORK, said)))).toBe('record-shape');
});

test.each<[string, readonly Wire[], string]>([
  ['another version', [2, NETWORK, author, 4, 1, 1, 0, 'k', 1], 'record-version'],
  ['a field too few', [1, NETWORK, author, 4, 1, 1, 0, 'k'], 'record-shape'],
  ['a field too many', [1, NETWORK, author, 4, 1, 1, 0, 'k', 1, 1], 'record-shape'],
  ['an author of 31 bytes', [1, NETWORK, new Uint8Array(31), 4, 1, 1, 0, 'k', 1], 'record-shape'],
  ['an unknown kind', [1, NETWORK, author, 1, 1, 1, 0, 'k', 1], 'record-shape'],
  ['a kind by name', [1, NETWORK, author, 'state', 1, 1, 0, 'k', 1], 'record-shape'],
  ['a state that expires', [1, NETWORK, author, 4, 1, 1, 1, 'k', 1], 'record-shape'],
  ['a deletion that expires', [1, NETWORK, author, 5, 1, 1, 1, 'k', null], 'record-shape'],
  ['a key that is no text', [1, NETWORK, author, 4, 1, 1, 0, 5, 1], 'record-shape'],
])('REC-7: %s is refused', (_what, fields, code) => {
  expect(codeOf(signed(fields))).toBe(code);
});

test.each<[string, readonly Wire[], string | undefined]>([
  ['what was seen', [7, 1, 1, 2, peer(2), 'hung-up'], undefined],
  ['a proof of 65 bytes', [7, 1, 1, 2, peer(2), [null, new Uint8Array(65)]], undefined],
  ['a proof of 512 bytes', [7, 1, 1, 2, peer(2), ['hung-up', new Uint8Array(512)]], undefined],
  ['a proof of 64 bytes', [7, 1, 1, 2, peer(2), [null, new Uint8Array(64)]], 'record-shape'],
  ['a proof of 513 bytes', [7, 1, 1, 2, peer(2), [null, new Uint8Array(513)]], 'record-shape'],
  ['a proof and no more', [7, 1, 1, 2, peer(2), [new Uint8Array(65)]], 'record-shape'],
  ['64 links', [9, 1, 1, 2, peer(2), 64], undefined],
  ['65 links', [9, 1, 1, 2, peer(2), 65], 'record-shape'],
  ['half a link', [9, 1, 1, 2, peer(2), 0.5], 'record-shape'],
  ['links with nobody', [9, 1, 1, 2, '', 1], 'record-shape'],
])('REC-12: an accusation or a vouch with %s', (_what, fields, code) => {
  expect(codeOf(signed([1, NETWORK, author, ...fields]))).toBe(code);
});

test.each<[string, Wire, string | undefined]>([
  ['one character', 'a', undefined],
  ['16 characters', 'eu-west-12345678', undefined],
  ['17 characters', 'eu-west-123456789', 'record-shape'],
  ['no character', '', 'record-shape'],
  ['a capital', 'EU', 'record-shape'],
  ['a line end', 'eu\n', 'record-shape'],
  ['another script', 'ä', 'record-shape'],
  ['no text', null, 'record-shape'],
])('REC-10: a region of %s', (_what, region, code) => {
  expect(codeOf(signed([1, NETWORK, author, 3, 1, 1, 2, '', [1, null, region]]))).toBe(code);
});

test('REC-10: a presence has one region', () => {
  expect(codeOf(signed([1, NETWORK, author, 3, 1, 1, 2, '', [1, null, 'eu', 'eu']]))).toBe('record-shape');
});

test.each<[string, readonly Wire[], string | undefined]>([
  ['away', [1], undefined],
  ['asleep', [2], undefined],
  ['asleep, behind a region', ['eu', 2], undefined],
  ['zero', [0], 'record-shape'],
  ['above', [3], 'record-shape'],
  ['text', ['eu', 'away'], 'record-shape'],
  ['null', ['eu', null], 'record-shape'],
  ['before the region', [1, 'eu'], 'record-shape'],
  ['twice', [1, 1], 'record-shape'],
])('REC-11: an activity that is %s', (_what, tail, code) => {
  expect(codeOf(signed([1, NETWORK, author, 3, 1, 1, 2, '', [1, null, ...tail]]))).toBe(code);
});

test.each([
  [-1, 'record-shape'],
  [0.5, 'record-shape'],
  [2 ** 53 - 1, undefined],
  [2 ** 53, 'record-shape'],
])('REC-8: %d as sequence, clock or expiry', (number, code) => {
  for (const numbers of [
    [number, 1, 0],
    [1, number, 0],
    [1, 1, number],
  ]) {
    expect(codeOf(signed([1, NETWORK, author, 6, ...numbers, 'k', 1]))).toBe(code);
  }
});

test('REC-9: newer is decided by clock, then author, then id, and never both ways', () => {
  const versions = [1, 2].flatMap(hlc =>
    [1, 2].flatMap(who => ['aa', 'bb'].map(id => ({ hlc: hlc as Hlc, author: peer(who), id: id as RecordId }))),
  );
  for (const [i, a] of versions.entries()) {
    for (const [k, b] of versions.entries()) expect(isNewer(a, b)).toBe(i > k);
  }
});

test('REC-1: an author is the key in the record, in hex', () => {
  const read = readRecord(record({ author: peer(7), at: 5 }).bytes, NETWORK);
  expect(read.ok && read.value).toMatchObject({ author: peer(7), hlc: (WALL + 5) * 2048 });
});

test.each<[Kind, Wire]>([
  ['state', { a: [1, 'é', null], b: new Uint8Array([1, 2]) }],
  ['state', new Uint8Array(10_000)],
  ['presence', [1, { name: 'ada' }]],
])('REC-13: at rest a %s says what it said', (kind, value) => {
  const said = record({ kind, value });
  const before = { id: said.id, value: said.value, bytes: said.bytes, size: said.size };
  for (let n = 0; n < 2; n++) {
    said.rest();
    expect(said).toMatchObject(before);
    expect(bodyOf(said)).toEqual(bodyOf(before));
  }
});

test.each([1_023, 1_024, 1_025])('REC-13: at rest %i bytes are kept as they are above 1,024', length => {
  const said = record({ value: 'x'.repeat(length - record({ value: 'x'.repeat(500) }).size + 500) });
  const { bytes } = said;
  expect([said.size, bytes.length]).toEqual([length, length]);
  said.rest();
  expect(said.bytes === bytes).toBe(length > 1_024);
});

test('REC-13: an engine lays what it keeps to rest, and not what it shows and forgets', () => {
  const resting: Kind[] = [];
  const read: NonNullable<EngineOptions['read']> = (bytes, networkId) => {
    const result = readRecord(bytes, networkId);
    if (result.ok) {
      const { kind } = result.value;
      Object.defineProperty(result.value, 'rest', { value: () => resting.push(kind) });
    }
    return result;
  };
  const node = createNode({ read });
  node.handle({ type: 'start' });
  node.link(peer(1));
  const kinds = ['presence', 'state', 'event'] as const;
  node.push(peer(1), ...kinds.map(kind => record({ kind, author: peer(1) })));
  expect(resting).toEqual(['presence', 'state']);
});
