import { expect, test } from 'vitest';
import { makeConfig } from '../../src/config.ts';
import { offerOf } from '../../src/identity/large.ts';
import type { SignedRecord } from '../../src/identity/record.ts';
import { LEAST_BYTES_PER_SECOND, MAX_PER_LINK, MAX_SOURCES, MAX_WANTED } from '../../src/transfer/incoming.ts';
import { MAX_JOBS } from '../../src/transfer/serving.ts';
import { createTransfer, type Transfer, type TransferFrame } from '../../src/transfer/transfer.ts';
import type { PeerId, RecordId } from '../../src/types.ts';
import { wireLimits } from '../../src/wire/limits.ts';
import { at, peer } from '../support/peers.ts';
import { createRecorder, ofType, type Recorder } from '../support/recorder.ts';
import { record } from '../support/records.ts';

const [a, b, c] = [peer(1), peer(2), peer(3)] as const;
const large = (n: number, size = 100_000): SignedRecord =>
  record({ key: `k${n}`, value: new Uint8Array(size).fill(n) });
const said = large(1);

interface Bench extends Recorder {
  readonly transfer: Transfer;
  readonly known: Set<RecordId>;
  hear(from: PeerId, frame: TransferFrame, mono?: number): void;
  offer(from: PeerId, what: SignedRecord, mono?: number): void;
  keep(what: SignedRecord): void;
  /** The fetches since asked last. */
  fetches(): readonly (readonly [PeerId, number, number])[];
}

function bench(): Bench {
  const recorder = createRecorder();
  const known = new Set<RecordId>();
  const transfer = createTransfer({ config: makeConfig(), outbox: recorder.outbox, isKnown: id => known.has(id) });
  const hear = (from: PeerId, frame: TransferFrame, mono = 0): void => transfer.onFrame(from, frame, at(mono));
  return {
    ...recorder,
    transfer,
    known,
    hear,
    offer: (from, what, mono = 0) => hear(from, offerOf(what, true), mono),
    keep: what => transfer.onRecordStored({ type: 'record-stored', record: what, from: a, path: 'push', kept: true }),
    fetches: () =>
      recorder.sent().flatMap(({ to, frame }) => (frame.type === 'fetch' ? [[to, frame.from, frame.length]] : [])) as [
        PeerId,
        number,
        number,
      ][],
  };
}

/** Answers every fetch of `puller` from `source`, until neither has anything to say. */
function exchange(puller: Bench, source: Bench, names: { puller: PeerId; source: PeerId }): number {
  let frames = 0;
  for (;;) {
    const asked = puller.sent();
    const given = source.sent();
    if (asked.length + given.length === 0) return frames;
    frames += given.length;
    for (const { frame } of asked) source.hear(names.puller, frame as TransferFrame);
    for (const { frame } of given) puller.hear(names.source, frame as TransferFrame);
  }
}

const chunkOf = (what: SignedRecord, from: number): TransferFrame => {
  return { type: 'chunk', id: what.id, from, bytes: what.bytes.slice(from, from + wireLimits.chunkBytes) };
};
const ignored = (x: Bench): readonly string[] => ofType(x.facts(), 'record-ignored').map(({ reason }) => reason);

test.each([true, false])(
  'MOVE-2: what is offered comes in pieces, and is judged once it is whole (fresh: %s)',
  fresh => {
    const [puller, source] = [bench(), bench()];
    source.keep(said);
    puller.hear(a, offerOf(said, fresh));
    const frames = exchange(puller, source, { puller: b, source: a });
    expect(frames).toBe(Math.ceil(wireLimits.fetchBytes / 4_096) + Math.ceil((said.bytes.length - 65_536) / 4_096));
    expect(ofType(puller.facts(), 'record-offered')).toEqual([
      { type: 'record-offered', bytes: said.bytes, from: a, path: fresh ? 'push' : 'sync' },
    ]);
    expect(puller.transfer.heldBytes()).toBe(0);
    expect(puller.transfer.nextWakeAt()).toBeUndefined();
  },
);

test('MOVE-2: what is known, or was kept, is not fetched', () => {
  const x = bench();
  x.known.add(said.id);
  x.offer(a, said);
  x.keep(large(2));
  x.offer(a, large(2));
  expect(x.fetches()).toEqual([]);
  x.transfer.onRecordDropped(large(2));
  x.offer(a, large(2));
  expect(x.fetches()).toHaveLength(1);
});

test('MOVE-3: two at a time come from one neighbour, eight in all', () => {
  const x = bench();
  for (let n = 0; n < MAX_PER_LINK + 1; n++) x.offer(a, large(n));
  expect(x.fetches()).toHaveLength(MAX_PER_LINK);
  for (let n = 10; n < 30; n++) x.offer(peer(n), large(n));
  expect(x.fetches()).toHaveLength(8 - MAX_PER_LINK);
  // One that ends makes room for the next.
  x.transfer.onNeighbourDown(peer(10), at(0));
  expect(x.fetches()).toHaveLength(1);
});

const offerMany = (x: Bench, from: PeerId, count: number, first = 0): void => {
  for (let i = first; i < first + count; i++) {
    const id = i.toString(16).padStart(32, '0') as RecordId;
    x.hear(from, { type: 'offer', id, size: 20_000, fresh: true });
  }
};

test.each([-1, 0, 1])('MOVE-3: so many offers wait, and %i', n => {
  const x = bench();
  offerMany(x, a, MAX_WANTED + n);
  expect(ignored(x)).toEqual(n > 0 ? ['busy'] : []);
});

test('MOVE-3: neighbours that fill all places make room for one that comes later, up to an equal share', () => {
  const x = bench();
  for (let n = 0; n < 7; n++) offerMany(x, peer(10 + n), MAX_WANTED, n * MAX_WANTED);
  x.facts();
  offerMany(x, b, MAX_WANTED, 7 * MAX_WANTED);
  const facts = x.facts();
  expect(ofType(facts, 'record-coming')).toHaveLength(MAX_WANTED / 8);
  expect(ofType(facts, 'record-ignored')).toHaveLength(MAX_WANTED);
});

test('MOVE-3: a record that waits for a busy neighbour is had from another that offers it, whatever the first says', () => {
  const x = bench();
  offerMany(x, a, MAX_PER_LINK);
  x.hear(a, { ...offerOf(said, true), size: wireLimits.recordBytes } as TransferFrame);
  x.fetches();
  x.offer(b, said);
  expect(x.fetches()).toEqual([[b, 0, 65_536]]);
  for (let from = 0; from < said.bytes.length; from += 4_096) x.hear(b, chunkOf(said, from));
  expect(ofType(x.facts(), 'record-offered')).toMatchObject([{ from: b, bytes: said.bytes }]);
});

test('MOVE-3: an offer is remembered of four neighbours, and of each once', () => {
  const x = bench();
  const sources = Array.from({ length: MAX_SOURCES + 1 }, (_, n) => peer(10 + n));
  for (const source of [...sources, ...sources]) x.offer(source, said);
  const asked: PeerId[] = [];
  for (let n = 0; n < 10; n++) {
    const [fetch] = x.fetches();
    if (fetch === undefined) break;
    asked.push(fetch[0]);
    x.hear(fetch[0], { type: 'chunk', id: said.id, from: 0, bytes: new Uint8Array(0) });
  }
  expect(asked).toEqual(sources.slice(0, MAX_SOURCES));
});

test('MOVE-4: a silent neighbour is passed over, from the beginning; when none is left that is counted', () => {
  const x = bench();
  x.offer(a, said);
  x.offer(b, said);
  x.hear(a, chunkOf(said, 0), 4_000);
  expect(x.transfer.heldBytes()).toBe(4_096);
  expect(x.fetches()).toEqual([[a, 0, 65_536]]);
  expect(x.transfer.nextWakeAt()).toBe(14_000);
  x.transfer.onWake(at(13_999));
  expect(x.fetches()).toEqual([]);
  x.transfer.onWake(at(14_000));
  expect(x.fetches()).toEqual([[b, 0, 65_536]]);
  expect(x.transfer.heldBytes()).toBe(0);
  x.facts();
  x.transfer.onNeighbourDown(b, at(15_000));
  expect(ignored(x)).toEqual(['not-given']);
  expect(x.transfer.nextWakeAt()).toBeUndefined();
});

test('MOVE-4: who sends a chunk now and then, of a false size, is passed over in time', () => {
  const x = bench();
  const size = wireLimits.recordBytes;
  x.hear(a, { ...offerOf(said, true), size } as TransferFrame);
  x.offer(b, said);
  x.fetches();
  const endsAt = 10_000 + Math.ceil((1_000 * size) / LEAST_BYTES_PER_SECOND);
  for (let n = 0; n * 9_000 < endsAt; n++) {
    x.transfer.onWake(at(n * 9_000));
    x.hear(a, { type: 'chunk', id: said.id, from: n * 4_096, bytes: new Uint8Array(4_096) }, n * 9_000);
  }
  expect(x.transfer.nextWakeAt()).toBe(endsAt);
  expect(x.fetches().filter(([to]) => to === b)).toEqual([]);
  x.transfer.onWake(at(endsAt));
  expect(x.fetches()).toEqual([[b, 0, 65_536]]);
});

test('MOVE-5: who sends something else is blamed, and nobody else is', () => {
  const x = bench();
  x.offer(a, said);
  x.offer(b, said);
  x.fetches();
  const forged = said.bytes.slice();
  forged[5_000]! ^= 1;
  for (let from = 0; from < forged.length; from += 4_096) {
    x.hear(a, { type: 'chunk', id: said.id, from, bytes: forged.slice(from, from + 4_096) });
  }
  expect(ofType(x.facts(), 'misbehaved')).toMatchObject([{ peer: a, offence: 'bad-record' }]);
  x.sent();
  for (let from = 0; from < said.bytes.length; from += 4_096) x.hear(b, chunkOf(said, from));
  const facts = x.facts();
  expect(ofType(facts, 'misbehaved')).toEqual([]);
  expect(ofType(facts, 'record-offered')).toMatchObject([{ from: b, bytes: said.bytes }]);
});

test.each<[string, PeerId, TransferFrame]>([
  ['of what was never offered', a, chunkOf(large(9), 0)],
  ['from another neighbour', b, chunkOf(said, 0)],
  ['out of its place', a, chunkOf(said, 4_096)],
])('MOVE-6: a chunk %s is not taken', (_what, from, frame) => {
  const x = bench();
  x.offer(a, said);
  x.facts();
  x.hear(from, frame);
  expect(ignored(x)).toEqual(['unasked']);
  expect(x.transfer.heldBytes()).toBe(0);
});

test.each([1, 4_095, 4_097])('MOVE-6: a chunk of %i bytes, where 4,096 are due, ends it', length => {
  const x = bench();
  x.offer(a, said);
  x.offer(b, said);
  x.fetches();
  x.hear(a, { type: 'chunk', id: said.id, from: 0, bytes: said.bytes.slice(0, length) });
  expect(x.fetches()).toEqual([[b, 0, 65_536]]);
  expect(x.transfer.heldBytes()).toBe(0);
});

test('MOVE-6: more than was asked for ends it', () => {
  const x = bench();
  const small = large(1, wireLimits.inlineBytes);
  x.offer(a, small);
  for (let from = 0; from + 4_096 <= small.bytes.length; from += 4_096) x.hear(a, chunkOf(small, from));
  x.facts();
  x.hear(a, { type: 'chunk', id: small.id, from: x.transfer.heldBytes(), bytes: new Uint8Array(4_096) });
  expect(ignored(x)).toEqual(['not-given']);
});

test('MOVE-7: chunks wait for room on their link, and who asks for what is not here is told so', () => {
  const x = bench();
  x.keep(said);
  x.fill(b, true);
  x.hear(b, { type: 'fetch', id: said.id, from: 0, length: 10_000 });
  expect(x.sent()).toEqual([]);
  x.fill(b, false);
  x.transfer.onLinkDrained(b, at(1));
  expect(x.sent().map(({ frame }) => frame.type === 'chunk' && [frame.from, frame.bytes.length])).toEqual([
    [0, 4_096],
    [4_096, 4_096],
    [8_192, 1_808],
  ]);
  const nothing = (from: number): object => [{ to: b, frame: { type: 'chunk', from, bytes: new Uint8Array(0) } }];
  x.hear(b, { type: 'fetch', id: large(2).id, from: 7, length: 1 });
  expect(x.sent()).toMatchObject(nothing(7));
  x.hear(b, { type: 'fetch', id: said.id, from: said.bytes.length, length: 1 });
  expect(x.sent()).toMatchObject(nothing(said.bytes.length));
  x.fill(b, true);
  x.hear(b, { type: 'fetch', id: said.id, from: 0, length: 10 });
  x.transfer.onRecordDropped(said);
  x.fill(b, false);
  x.transfer.onLinkDrained(b, at(2));
  expect(x.sent()).toMatchObject(nothing(0));
});

test('MOVE-7: a neighbour has four fetches waiting', () => {
  const x = bench();
  x.keep(said);
  x.fill(b, true);
  for (let n = 0; n <= MAX_JOBS; n++) x.hear(b, { type: 'fetch', id: said.id, from: 0, length: 10 });
  expect(ignored(x)).toEqual(['asked-too-much']);
  x.fill(b, false);
  x.transfer.onLinkDrained(b, at(0));
  expect(x.sent()).toHaveLength(MAX_JOBS);
});

test('MOVE-7: a record is sent to one neighbour three times a minute, and to another as well', () => {
  const x = bench();
  x.keep(said);
  const all = (from: PeerId, mono: number): number => {
    for (let at = 0; at < said.bytes.length; at += 65_536) {
      const length = Math.min(65_536, said.bytes.length - at);
      x.hear(from, { type: 'fetch', id: said.id, from: at, length }, mono);
    }
    return x.sent().length;
  };
  const [first, second, third, fourth] = [all(b, 0), all(b, 1), all(b, 2), all(b, 59_999)];
  expect([second, third, fourth]).toEqual([first, first, 0]);
  expect(all(c, 59_999)).toBe(first);
  expect(all(b, 60_000)).toBe(first);
});
