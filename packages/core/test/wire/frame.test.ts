import { expect, test } from 'vitest';
import type { RecordId, Wire } from '../../src/types.ts';
import { encodeCbor } from '../../src/wire/cbor.ts';
import { decodeFrame, encodeFrame, type Frame, type SyncRange } from '../../src/wire/frame.ts';
import { wireLimits } from '../../src/wire/limits.ts';
import { peer } from '../support/peers.ts';

const bytes = (length: number): Uint8Array => new Uint8Array(length);
const peers = (count: number): Uint8Array[] => Array.from({ length: count }, () => bytes(32));
const codeOf = (fields: Wire): string | undefined => {
  const decoded = decodeFrame(encodeCbor(fields));
  return decoded.ok ? undefined : decoded.code;
};
/** Rising bounds of 20 bytes; the last one is open. */
const bounds = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => (i === count - 1 ? bytes(0) : bytes(20).fill(i + 1)));

test.each([
  [wireLimits.frameBytes - 1, undefined],
  [wireLimits.frameBytes, undefined],
  [wireLimits.frameBytes + 1, 'frame-size'],
])('WIRE-1: a frame of %i bytes', (length, code) => {
  // [1, [record]]: two heads of arrays, the type, and a byte string with a head of 5 bytes or of 3.
  const record = length - 3 - (length - 6 > 65_535 ? 5 : 3);
  const frame = encodeCbor([1, [bytes(record)]]);
  expect(frame.length).toBe(length);
  const decoded = decodeFrame(frame);
  expect(decoded.ok ? undefined : decoded.code).toBe(code);
});

test('WIRE-1: the size is checked before a byte is read', () => {
  expect(decodeFrame(bytes(wireLimits.frameBytes + 1).fill(0xff))).toEqual({ ok: false, code: 'frame-size' });
});

test.each<[string, Wire, string]>([
  ['no array', { type: 1 }, 'frame-shape'],
  ['an empty array', [], 'frame-type'],
  ['an unknown type', [99], 'frame-type'],
  ['type 0', [0], 'frame-type'],
  ['a type that is no number', ['1', []], 'frame-type'],
  ['a missing field', [5], 'frame-shape'],
  ['a field of another type', [5, '7'], 'frame-shape'],
])('WIRE-12: %s is refused', (_what, fields, code) => {
  expect(codeOf(fields)).toBe(code);
});

test('WIRE-12: fields after the known ones are ignored', () => {
  expect(decodeFrame(encodeCbor([7, 5, 'from the future', [1, 2]]))).toEqual({
    ok: true,
    value: { type: 'ping', nonce: 5 },
  });
});

test.each([
  [-1, 'frame-shape'],
  [0, undefined],
  [1.5, 'frame-shape'],
  [2 ** 32 - 1, undefined],
  [2 ** 32, 'frame-shape'],
  [2 ** 53, 'frame-shape'],
])('WIRE-14: %d as a number of a frame', (number, code) => {
  expect(codeOf([5, number])).toBe(code);
  expect(codeOf([11, 0, number, []])).toBe(code);
  expect(codeOf([12, number, bytes(32), bytes(32), 1, bytes(1)])).toBe(code);
});

const listLimits: readonly [string, number, (count: number) => Wire][] = [
  ['records in a push', wireLimits.recordsPerFrame, count => [1, Array.from({ length: count }, () => bytes(1))]],
  ['records in a delta', wireLimits.recordsPerFrame, count => [3, 0, Array.from({ length: count }, () => bytes(1))]],
  ['ids in a want', wireLimits.idsPerList, count => [4, 0, bytes(16 * count)]],
  ['ids in a range', wireLimits.idsPerList, count => [2, 0, [[bytes(0), 2, bytes(16 * count)]]]],
  ['ranges in a sync', wireLimits.rangesPerSync, count => [2, 0, bounds(count).map(upper => [upper, 0])]],
  ['peers in a shuffle', wireLimits.peersPerList, count => [9, peers(count)]],
  ['peers in a reply', wireLimits.peersPerList, count => [10, peers(count)]],
  ['alternatives in a disconnect', wireLimits.peersPerList, count => [11, 0, 0, peers(count)]],
  ['bytes of a relayed signal', wireLimits.signalBytes, count => [12, 0, bytes(32), bytes(32), 1, bytes(count)]],
];

test.each(listLimits)('WIRE-10: %s end at %i', (_what, limit, fields) => {
  expect(codeOf(fields(limit - 1))).toBeUndefined();
  expect(codeOf(fields(limit))).toBeUndefined();
  expect(codeOf(fields(limit + 1))).toBe('frame-shape');
});

test.each<[string, Wire]>([
  ['a peer of 31 bytes', [9, [bytes(31)]]],
  ['a peer of 33 bytes', [9, [bytes(33)]]],
  ['an empty record', [1, [bytes(0)]]],
  ['an empty relayed signal', [12, 0, bytes(32), bytes(32), 1, bytes(0)]],
  ['half an id', [4, 0, bytes(24)]],
  ['a bound of 19 bytes', [2, 0, [[bytes(19), 0]]]],
  ['a fingerprint of 15 bytes', [2, 0, [[bytes(0), 1, bytes(15)]]]],
  ['an unknown mode', [2, 0, [[bytes(0), 3, bytes(16)]]]],
  ['an unknown reason', [11, 5, 0, []]],
])('WIRE-10: %s is refused', (_what, fields) => {
  expect(codeOf(fields)).toBe('frame-shape');
});

test.each<[string, readonly Uint8Array[], string | undefined]>([
  ['rising, the last one open', [bytes(20), bytes(20).fill(1), bytes(0)], undefined],
  ['rising, none open', [bytes(20), bytes(20).fill(1)], undefined],
  ['equal', [bytes(20), bytes(20)], 'frame-shape'],
  ['falling', [bytes(20).fill(1), bytes(20)], 'frame-shape'],
  ['after an open one', [bytes(0), bytes(20)], 'frame-shape'],
  ['open twice', [bytes(0), bytes(0)], 'frame-shape'],
])('WIRE-11: bounds that are %s', (_what, uppers, code) => {
  expect(codeOf([2, 0, uppers.map(upper => [upper, 0])])).toBe(code);
});

test('WIRE-7: every frame decodes to what it was', () => {
  const ids = ['01'.repeat(16) as RecordId];
  const ranges: readonly SyncRange[] = [
    { mode: 'equal', upper: bytes(20) },
    { mode: 'fingerprint', upper: bytes(20).fill(1), fingerprint: bytes(16) },
    { mode: 'ids', upper: bytes(0), ids },
  ];
  const frames: readonly Frame[] = [
    { type: 'push', records: [] },
    { type: 'sync', session: 1, ranges },
    { type: 'want', session: 2, ids },
    { type: 'shuffle', peers: [peer(1), peer(2)] },
    { type: 'relay', id: 1, to: peer(1), from: peer(2), ttl: 3, payload: bytes(9) },
  ];
  for (const frame of frames) expect(decodeFrame(encodeFrame(frame))).toEqual({ ok: true, value: frame });
});
