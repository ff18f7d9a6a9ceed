import { expect, test } from 'vitest';
import type { Wire } from '../../src/types.ts';
import { encodeCbor } from '../../src/wire/cbor.ts';
import { decodeFrame, encodeFrame, type Frame } from '../../src/wire/frame.ts';
import { wireLimits } from '../../src/wire/limits.ts';
import type { SyncTopic } from '../../src/wire/sync-topic.ts';
import { peer } from '../support/peers.ts';

const bytes = (length: number): Uint8Array => new Uint8Array(length);
const peers = (count: number): Uint8Array[] => Array.from({ length: count }, () => bytes(32));
const codeOf = (fields: Wire): string | undefined => {
  const decoded = decodeFrame(encodeCbor(fields));
  return decoded.ok ? undefined : decoded.code;
};
/** A sync that says one thing of the state. */
const topic = (...fields: readonly Wire[]): Wire => [2, 0, [[1, ...fields]]];
/** Falling bounds, of a byte each. */
const rungs = (count: number): Wire[] =>
  Array.from({ length: count }, (_, i) => [bytes(1).fill(count - i), 1, bytes(5)]).flat();

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

test.each<[string, Wire, boolean]>([
  ['an offer of what fits into a push', [18, bytes(16), wireLimits.inlineBytes, 1], false],
  ['the smallest offer', [18, bytes(16), wireLimits.inlineBytes + 1, 1], true],
  ['the largest offer', [18, bytes(16), wireLimits.recordBytes, 0], true],
  ['an offer of more', [18, bytes(16), wireLimits.recordBytes + 1, 0], false],
  ['an offer that is neither fresh nor old', [18, bytes(16), wireLimits.recordBytes, 2], false],
  ['an offer of half an id', [18, bytes(8), wireLimits.recordBytes, 0], false],
  ['a fetch of nothing', [19, bytes(16), 0, 0], false],
  ['the largest fetch', [19, bytes(16), wireLimits.recordBytes, wireLimits.fetchBytes], true],
  ['a fetch of more', [19, bytes(16), 0, wireLimits.fetchBytes + 1], false],
  ['a fetch from beyond any record', [19, bytes(16), wireLimits.recordBytes + 1, 1], false],
  ['an empty chunk', [20, bytes(16), 0, bytes(0)], true],
  ['the largest chunk', [20, bytes(16), wireLimits.recordBytes, bytes(wireLimits.chunkBytes)], true],
  ['a larger chunk', [20, bytes(16), 0, bytes(wireLimits.chunkBytes + 1)], false],
  ['a chunk from beyond any record', [20, bytes(16), wireLimits.recordBytes + 1, bytes(1)], false],
])('WIRE-22: %s', (_what, fields, isTaken) => {
  expect(codeOf(fields)).toBe(isTaken ? undefined : 'frame-shape');
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
  ['ids in a topic', wireLimits.idsPerTopic, count => topic(1, bytes(0), bytes(0), bytes(5 * count))],
  ['cells in a topic', wireLimits.cellsPerTopic, count => topic(2, bytes(0), bytes(0), 0, bytes(8 * count))],
  ['wanted ids in a topic', wireLimits.idsPerTopic, count => topic(4, bytes(0), bytes(0), bytes(4 * count))],
  ['rungs of a ladder', wireLimits.rungsPerLadder, count => topic(0, ...rungs(count))],
  ['rungs of a split', wireLimits.rungsPerLadder, count => topic(5, bytes(0), ...rungs(count))],
  ['topics in a sync', 2, count => [2, 0, Array.from({ length: count }, (_, n) => [n, 0, bytes(0), 1, bytes(5)])]],
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
  ['half an id', topic(1, bytes(0), bytes(0), bytes(12))],
  ['half a wanted id', topic(4, bytes(0), bytes(0), bytes(6))],
  ['half a cell', topic(2, bytes(0), bytes(0), 0, bytes(12))],
  ['a bound of 21 bytes', topic(1, bytes(21), bytes(0), bytes(5))],
  ['a fingerprint of 4 bytes', topic(0, bytes(0), 1, bytes(4))],
  ['a ladder without rungs', topic(0)],
  ['a rung that is cut off', topic(0, bytes(0), 1)],
  ['an unknown saying', topic(6, bytes(0), bytes(0), bytes(0))],
  ['a topic that is no array', [2, 0, [5]]],
  ['an unknown domain', [2, 0, [[2, 0, bytes(0), 1, bytes(5)]]]],
  ['two topics of one domain', [2, 0, Array.from({ length: 2 }, () => [1, 0, bytes(0), 1, bytes(5)])]],
  ['an unknown reason', [11, 6, 0, []]],
])('WIRE-10: %s is refused', (_what, fields) => {
  expect(codeOf(fields)).toBe('frame-shape');
});

test.each<[string, readonly Uint8Array[], string | undefined]>([
  ['falling, the last one open', [bytes(20).fill(2), bytes(1).fill(2), bytes(0)], undefined],
  ['falling, none open', [bytes(4).fill(2), bytes(4).fill(1)], undefined],
  ['equal', [bytes(20).fill(1), bytes(20).fill(1)], 'frame-shape'],
  ['equal but for zeros', [Uint8Array.of(1, 0), Uint8Array.of(1)], 'frame-shape'],
  ['rising', [bytes(20).fill(1), bytes(20).fill(2)], 'frame-shape'],
  ['after an open one', [bytes(0), bytes(0)], 'frame-shape'],
])('WIRE-11: bounds of a ladder that are %s', (_what, lowers, code) => {
  expect(codeOf(topic(0, ...lowers.flatMap(lower => [lower, 1, bytes(5)])))).toBe(code);
});

test.each<[string, Uint8Array, Uint8Array, string | undefined]>([
  ['everything', bytes(0), bytes(0), undefined],
  ['from a bound up', bytes(3).fill(1), bytes(0), undefined],
  ['between two bounds', bytes(3).fill(1), bytes(1).fill(2), undefined],
  ['empty', bytes(3).fill(1), bytes(3).fill(1), 'frame-shape'],
  ['upside down', bytes(3).fill(2), bytes(3).fill(1), 'frame-shape'],
])('WIRE-11: a range that is %s', (_what, lower, upper, code) => {
  expect(codeOf(topic(1, lower, upper, bytes(0)))).toBe(code);
});

test.each<[string, Uint8Array, string | undefined]>([
  ['above it', bytes(4).fill(3), undefined],
  ['open', bytes(0), undefined],
  ['where it begins', bytes(4).fill(2), 'frame-shape'],
  ['below it', bytes(4).fill(1), 'frame-shape'],
])('WIRE-11: a split whose first rung ends %s', (_what, upper, code) => {
  expect(codeOf(topic(5, upper, bytes(4).fill(2), 1, bytes(5)))).toBe(code);
});

test('WIRE-10: a topic is below 4 KiB, and the largest sync with a third below 16', () => {
  const range = { lower: bytes(20), upper: bytes(20).fill(1) };
  const ids = bytes(5 * wireLimits.idsPerTopic);
  const cells = bytes(8 * wireLimits.cellsPerTopic);
  const sync = (...topics: readonly SyncTopic[]): number => encodeFrame({ type: 'sync', session: 0, topics }).length;
  const largest = sync({ domain: 'members', say: 'ids', range, ids }, { domain: 'state', say: 'ids', range, ids });
  expect(sync({ domain: 'state', say: 'ids', range, ids })).toBeLessThan(4_096);
  expect(sync({ domain: 'state', say: 'sketch', range, from: 2 ** 32 - 1, cells })).toBeLessThan(4_096);
  expect((largest * 3) / 2).toBeLessThan(16_384);
});

test('WIRE-7: every frame decodes to what it was', () => {
  const range = { lower: bytes(0), upper: bytes(5).fill(1) };
  const rung = { lower: bytes(4).fill(7), count: 70_000, fingerprint: bytes(5) };
  const topics: readonly SyncTopic[] = [
    { domain: 'members', say: 'ladder', rungs: [rung, { ...rung, lower: bytes(0) }] },
    { domain: 'members', say: 'split', upper: bytes(0), rungs: [rung, { ...rung, lower: bytes(3) }] },
    { domain: 'state', say: 'ids', range, ids: bytes(25) },
    { domain: 'state', say: 'sketch', range, from: 3, cells: bytes(32) },
    { domain: 'state', say: 'ask', range, from: 3, cells: 4 },
    { domain: 'state', say: 'want', range, ids: bytes(12) },
  ];
  const frames: readonly Frame[] = [
    { type: 'push', records: [] },
    ...topics.map(one => ({ type: 'sync', session: 1, topics: [one] }) as const),
    { type: 'shuffle', peers: [peer(1), peer(2)] },
    { type: 'relay', id: 1, to: peer(1), from: peer(2), ttl: 3, payload: bytes(9) },
  ];
  for (const frame of frames) expect(decodeFrame(encodeFrame(frame))).toEqual({ ok: true, value: frame });
});
