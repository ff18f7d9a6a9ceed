import { expect, test } from 'vitest';
import { makeConfig } from '../../src/config.ts';
import { createGuard } from '../../src/guard/guard.ts';
import type { SignedRecord } from '../../src/identity/record.ts';
import { createBulkQueue, MAX_ANSWERS } from '../../src/sync/bulk-queue.ts';
import { createExchange, type Exchange, MOST_CELLS, type Step, workOf } from '../../src/sync/exchange.ts';
import { createIndexSet, type IndexSet } from '../../src/sync/index-set.ts';
import { createShipped, SHIPPED_RECORDS } from '../../src/sync/link.ts';
import { shortId, shortIdsToWire } from '../../src/sync/short-id.ts';
import { CELL_BYTES } from '../../src/sync/sketch.ts';
import { wireLimits } from '../../src/wire/limits.ts';
import type { SyncTopic } from '../../src/wire/sync-topic.ts';
import { at, peer } from '../support/peers.ts';
import { createRecorder } from '../support/recorder.ts';
import { announceSeed, rngOf } from '../support/seed.ts';
import { fakeRecord } from '../support/sync-pair.ts';

const ALL = { lower: new Uint8Array(0), upper: new Uint8Array(0) };
const rng = rngOf(0, 5);
const some = (count: number, spreadMs = 3_600_000, random = rng): SignedRecord[] =>
  Array.from({ length: count }, () => fakeRecord(random, random.int(spreadMs)));
const setOf = (records: readonly SignedRecord[]): IndexSet => {
  const set = createIndexSet();
  for (const said of records) set.add(said);
  return set;
};

interface Talk {
  readonly said: readonly SyncTopic[];
  /** What each side sends, and whether either left something out. */
  readonly sent: readonly [readonly SignedRecord[], readonly SignedRecord[]];
  readonly partial: boolean;
}

/** One session from its opening by the first side to its end. */
function talk(ours: IndexSet, theirs: IndexSet, session = 1): Talk {
  const sides: readonly Exchange[] = [ours, theirs].map(set => createExchange('state', set, session));
  const said: SyncTopic[] = [sides[0]!.open()];
  const sent: [SignedRecord[], SignedRecord[]] = [[], []];
  let partial = false;
  for (let turn = 1; turn < 100; turn++) {
    const step: Step = sides[turn % 2]!.hear(said.at(-1)!);
    sent[turn % 2]!.push(...(step.have ?? []));
    partial ||= step.partial === true;
    if (step.answer === undefined) return { said, sent, partial };
    said.push(step.answer);
  }
  throw new Error('the session does not end');
}

const says = ({ said }: Talk): readonly string[] => said.map(({ say }) => say);

test('SYNC-16: the side with fewer records in a gap describes it, by a list or a sketch', () => {
  const common = some(1_000);
  const old = some(60);
  const recent = some(20, 1_000);
  // Of a few among many: a sketch by who lacks them, asked for when the other one is to describe.
  expect(says(talk(setOf(common), setOf([...common, ...old])))).toEqual(['ladder', 'ladder', 'sketch']);
  expect(says(talk(setOf([...common, ...old]), setOf(common)))).toEqual(['ladder', 'ladder', 'ask', 'sketch']);
  // Of what is recent: a list.
  expect(says(talk(setOf(common), setOf([...common, ...recent])))).toEqual(['ladder', 'ladder', 'ids']);
  expect(says(talk(setOf([...common, ...recent]), setOf(common)))).toEqual(['ladder', 'ladder', 'ask', 'ids']);
  // A small set at once.
  expect(says(talk(setOf(common), setOf(common.slice(0, 16))))).toEqual(['ladder', 'ids']);
  expect(says(talk(setOf(common.slice(0, 16)), setOf(common)))).toEqual(['ladder', 'ask', 'ids']);
  expect(says(talk(setOf([]), setOf(common)))).toEqual(['ladder', 'ask', 'ids']);
  expect(says(talk(setOf(common), setOf(common)))).toEqual(['ladder']);
});

test('SYNC-12: an id that hides a record in one session does not in the next', () => {
  const [hidden] = some(1);
  const set = setOf([hidden!]);
  const ids = shortIdsToWire([shortId(5, hidden!.digest)]);
  const hear = (session: number): Step =>
    createExchange('state', set, session).hear({ domain: 'state', say: 'ids', range: ALL, ids });
  expect(hear(5).have).toEqual([]);
  expect(hear(6).have).toEqual([hidden]);
});

test('SYNC-13: more cells are asked for until a list is cheaper, and only in order', () => {
  // As most do, these leave a cell empty: else many more than ten would be asked for.
  const common = some(5_000, 3_600_000, rngOf(0, 8));
  const set = setOf(common);
  const exchange = createExchange('state', set, 1);
  const sketchOf = (records: readonly SignedRecord[], from: number, cells: number): SyncTopic =>
    createExchange('state', setOf(records), 1).hear({ domain: 'state', say: 'ask', range: ALL, from, cells }).answer!;
  const lacking = common.slice(40);
  const first = exchange.hear(sketchOf(lacking, 0, 30)).answer;
  expect(first).toEqual({ domain: 'state', say: 'ask', range: ALL, from: 30, cells: 10 });
  const others = createExchange('state', set, 1);
  expect(others.hear(sketchOf(lacking, 30, 10))).toEqual({});
  let cells = 30;
  let step: Step = { answer: first };
  while (step.answer?.say === 'ask') {
    expect(step.answer.from).toBe(cells);
    step = exchange.hear(sketchOf(lacking, cells, step.answer.cells));
    cells += Math.max(8, Math.ceil(cells / 3));
  }
  expect(step.have).toHaveLength(40);
  expect(cells).toBeLessThan(160);
});

test('SYNC-13: a sketch of sets that have little in common is given up for a split', () => {
  const [ours, theirs] = [setOf(some(3_000)), setOf(some(3_000))];
  const talked = talk(ours, theirs);
  expect(says(talked)).toContain('split');
  const cells = talked.said.reduce((sum, topic) => sum + (topic.say === 'sketch' ? topic.cells.length : 0), 0);
  expect(cells).toBeLessThanOrEqual(MOST_CELLS * CELL_BYTES);
  expect(talked.partial).toBe(true);
});

test('SYNC-18: each session of a large heal brings something, until nothing is left', () => {
  const seed = announceSeed('large heals');
  for (let stream = 0; stream < 3; stream++) {
    const random = rngOf(stream, seed);
    const make = (count: number): SignedRecord[] =>
      Array.from({ length: count }, () => fakeRecord(random, random.int(random.pick([1, 5_000, 3_600_000])!)));
    const common = make(random.int(2_000));
    const sets = [setOf([...common, ...make(2_500)]), setOf([...common, ...make(1_000 + random.int(2_000))])] as const;
    let sessions = 0;
    for (let missing = 1; missing > 0 && sessions < 40; sessions++) {
      const { sent, partial } = talk(...sets, sessions);
      for (const [from, records] of sent.entries()) for (const said of records) sets[1 - from]!.add(said);
      missing = sent.flat().length;
      expect(missing > 0 || !partial).toBe(true);
    }
    const { count, sum } = sets[0].measure({ lower: { bucket: 0, id: '' }, upper: undefined });
    expect(sets[1].measure({ lower: { bucket: 0, id: '' }, upper: undefined })).toEqual({ count, sum });
    expect(sessions).toBeLessThan(20);
  }
});

test('SYNC-18: nothing that is said exceeds its limit, whatever is asked', () => {
  const set = setOf(some(3_000, 1));
  const exchange = createExchange('state', set, 1);
  const ask = (from: number, cells: number): SyncTopic | undefined =>
    exchange.hear({ domain: 'state', say: 'ask', range: ALL, from, cells }).answer;
  expect(ask(0, 0)?.say).toBe('split');
  const sketch = ask(0, 2 ** 32 - 1);
  expect(sketch?.say === 'sketch' && sketch.cells.length).toBe(CELL_BYTES * wireLimits.cellsPerTopic);
  expect(ask(MOST_CELLS - 1, 1)?.say).toBe('sketch');
  expect(ask(MOST_CELLS, 1)).toBeUndefined();
  const few = createExchange('state', setOf(some(wireLimits.idsPerTopic)), 1);
  expect(few.hear({ domain: 'state', say: 'ask', range: ALL, from: 0, cells: 0 }).answer?.say).toBe('ids');
  const lists = shortIdsToWire(some(wireLimits.idsPerTopic).map(({ digest }) => shortId(1, digest)));
  const { answer } = exchange.hear({ domain: 'state', say: 'ids', range: ALL, ids: lists });
  expect(answer?.say === 'want' && answer.ids.length).toBe(4 * wireLimits.idsPerTopic);
});

test('SYNC-18: a set smaller than a split has parts is split all the same', () => {
  const range = { lower: new Uint8Array(0), upper: new Uint8Array(0) };
  const rungs = [{ ...range, count: 2_000, fingerprint: new Uint8Array(5) }];
  for (const size of [0, 1, 5, 700]) {
    const exchange = createExchange('state', setOf(some(size)), 1);
    const { answer } = exchange.hear({ domain: 'state', say: 'split', upper: range.upper, rungs });
    expect(answer?.say).toBe(size > wireLimits.idsPerTopic ? 'split' : 'ids');
    if (answer?.say === 'split') expect(answer.rungs).toHaveLength(16);
  }
});

test('SYNC-17: what a topic costs is known before it is answered', () => {
  const set = setOf(some(1_000));
  const ids = new Uint8Array(0);
  expect(workOf({ domain: 'state', say: 'want', range: ALL, ids }, set)).toBe(1_000);
  expect(workOf({ domain: 'state', say: 'ids', range: { ...ALL, lower: Uint8Array.of(0xff) }, ids }, set)).toBe(0);
  expect(workOf({ domain: 'state', say: 'ladder', rungs: [] }, set)).toBe(500);
});

test('SYNC-17: no more records go to a neighbour within a minute than a room holds', () => {
  const shipped = createShipped();
  const records = some(SHIPPED_RECORDS + 1);
  expect(shipped.admit(records, at(0))).toHaveLength(SHIPPED_RECORDS);
  expect(shipped.admit(records.slice(0, 5), at(1))).toHaveLength(5);
  expect(shipped.admit(records.slice(-1), at(59_999))).toHaveLength(0);
  expect(shipped.admit(records.slice(-1), at(60_000))).toHaveLength(1);
});

test('SYNC-11: the bulk queue of a link is bounded, its answers included', () => {
  const queue = createBulkQueue(1_024, at(0));
  const large = { ...some(1)[0]!, size: wireLimits.inlineBytes, bytes: new Uint8Array(wireLimits.inlineBytes) };
  queue.add(1, [large]);
  expect(queue.take(at(0))?.type).toBe('delta');
  // Nothing can leave from here on.
  queue.add(
    1,
    Array.from({ length: 40_000 }, () => large),
  );
  for (let n = 0; n < 100; n++) queue.addAnswer({ type: 'done', session: n });
  const frames = { delta: 0, done: 0 };
  for (let now = 0; queue.nextWakeAt(at(now)) !== undefined; now += 16_000) {
    const frame = queue.take(at(now));
    if (frame?.type === 'delta' || frame?.type === 'done') frames[frame.type] += 1;
  }
  expect(frames).toEqual({ delta: 32_768, done: MAX_ANSWERS });
  queue.addAnswer({ type: 'done', session: 1 });
  expect(queue.take(at(1_000_000_000))?.type).toBe('done');
});

test('SYNC-22: large records are offered in their turn, no faster than the other side admits frames', () => {
  const queue = createBulkQueue(262_144, at(0));
  const large = { ...some(1)[0]!, size: wireLimits.inlineBytes + 1, bytes: new Uint8Array(wireLimits.inlineBytes + 1) };
  queue.add(
    1,
    Array.from({ length: 1_000 }, () => large),
  );
  queue.addAnswer({ type: 'done', session: 1 });
  const guard = createGuard(makeConfig(), createRecorder().outbox);
  let [now, offers] = [0, 0];
  for (let frame = queue.take(at(0)); frame?.type !== 'done'; frame = queue.take(at(now))) {
    if (frame === undefined) now = queue.nextWakeAt(at(now))!;
    else offers += 1;
    if (frame !== undefined) expect(guard.admit(peer(1), 25, at(now))).toBe(true);
  }
  expect(offers).toBe(1_000);
  expect(now).toBeGreaterThan(9_000);
  expect(now).toBeLessThan(10_500);
});

test.each([
  [2, true],
  [3, false],
])('SYNC-23: of 16 records who has %i is new: %s', (theirs, isBare) => {
  const ours = some(16);
  const exchange = createExchange('state', setOf(ours), 1);
  const ids = shortIdsToWire(ours.slice(0, theirs).map(({ digest }) => shortId(1, digest)));
  const step = exchange.hear({ domain: 'state', say: 'ids', range: ALL, ids });
  expect([step.have?.length, step.isBare]).toEqual([16 - theirs, isBare]);
});

test('SYNC-23: two halves that differ are no newcomers to each other, however they compare', () => {
  const common = some(400);
  const [ours, theirs] = [setOf([...common, ...some(20)]), setOf([...common, ...some(10)])];
  const [one, other] = [ours, theirs].map(set => createExchange('state', set, 1)) as [Exchange, Exchange];
  let topic: SyncTopic | undefined = one.open();
  const bare: boolean[] = [];
  for (let turn = 0; topic !== undefined && turn < 20; turn++) {
    const step: Step = (turn % 2 === 0 ? other : one).hear(topic);
    if (step.isBare !== undefined) bare.push(step.isBare);
    topic = step.answer;
  }
  expect(bare.length).toBeGreaterThan(0);
  expect(bare).not.toContain(true);
});

test('SYNC-23: what a frame counts as is known before it is taken', () => {
  const queue = createBulkQueue(16_777_216, at(0));
  expect(queue.load()).toBe('bulk');
  queue.add(1, some(2), true);
  queue.add(1, some(2));
  queue.addAnswer({ type: 'done', session: 1 });
  const loads: string[] = [];
  for (let load = queue.load(); queue.take(at(0)) !== undefined; load = queue.load()) loads.push(load);
  expect(loads).toEqual(['bulk', 'repair', 'bulk']);
});
