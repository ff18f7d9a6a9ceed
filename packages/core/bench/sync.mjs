/**
 * What reconciliation costs: bytes of all its frames but for the records themselves, one-way trips and sessions, by
 * how many records differ, where they lie, and who lacks them; then what the index costs in µs.
 *   node packages/core/bench/sync.mjs [records] [seeds]      (after a build)
 */
import { makeConfig } from '../dist/config.js';
import { hlcAt } from '../dist/identity/hlc.js';
import { createRng, seedFrom, toHex } from '../dist/index.js';
import { toCharacters } from '../dist/lib/bytes.js';
import { createExchange } from '../dist/sync/exchange.js';
import { createIndexSet } from '../dist/sync/index-set.js';
import { boundBetween } from '../dist/sync/order.js';
import { fingerprint } from '../dist/sync/sum.js';
import { createSync } from '../dist/sync/sync.js';
import { encodeFrame } from '../dist/wire/index.js';

const RECORDS = Number(process.argv[2] ?? 10_000);
const SEEDS = Number(process.argv[3] ?? 25);
const RECORD_BYTES = 200;
const SPREAD_MS = 3_600_000;
const WALL = 1_800_000_000_000;
/** GOALS.md §3: most bytes for so many differences of 10,000. */
const GOALS = { 0: 64, '1 recent': 450, '10 recent': 600, '100 recent': 1_600, '100 scattered': 4_000 };
const WHO = { a: 'opener lacks', b: 'other lacks', both: 'half each' };

const cases = [0, 1, 10, 100, 1_000].flatMap(count =>
  (count === 0 ? [''] : [' recent', ' scattered']).flatMap(where =>
    Object.keys(count === 0 ? { a: '' } : WHO).map(who => ({ count, where, who, runs: [] })),
  ),
);
for (let seed = 1; seed <= SEEDS; seed++) {
  const room = createRoom(seed);
  for (const { count, where, who, runs } of cases) runs.push(reconcile(room, count, where === ' recent', who));
}

console.log(`${RECORDS} state records of an hour, Node ${process.version}, ${SEEDS} seeds`);
console.log(
  'bytes without the records: mean, worst; one-way trips: mean, worst; sessions: worst; bytes of the records\n',
);
for (const { count, where, who, runs } of cases) {
  const figures = ['bytes', 'trips'].flatMap(key => [
    mean(runs, key).toFixed(key === 'trips' ? 1 : 0),
    worst(runs, key),
  ]);
  const goal = RECORDS === 10_000 ? GOALS[`${count}${where}`] : undefined;
  const verdict = goal === undefined ? '' : `≤ ${goal} ${worst(runs, 'bytes') <= goal ? 'met' : 'MISSED'}`;
  const columns = [...figures, worst(runs, 'sessions'), count * RECORD_BYTES, verdict];
  const label = `${count}${where}`.padEnd(16) + (count === 0 ? '' : WHO[who]).padEnd(14);
  console.log(label, ...columns.map((column, at) => String(column).padStart([7, 7, 6, 4, 4, 9, 15][at])));
}

console.log(`\na newcomer is sent everything, bytes besides ${RECORD_BYTES} for each record:`);
for (const pace of [65_536, 262_144]) for (const count of [50, 1_000, 10_000]) joinAsNewcomer(count, pace);

console.log('\nindex, µs for each:');
for (const size of [10_000, 100_000]) benchIndex(size);

/** One that has nothing, and one that has everything, at the pace of a link; all of it over a line without delay. */
function joinAsNewcomer(count, bytesPerSecond) {
  const rng = createRng(seedFrom(1, count));
  const pair = createPair(1, bytesPerSecond);
  for (let n = 0; n < count; n++) pair.sides[1].store(fakeRecord(rng), 'push');
  const { bytes, trips } = run(pair, count);
  const perRecord = (bytes / count).toFixed(1);
  const took = Math.round(pair.now().mono);
  console.log(
    `  ${count} records at ${bytesPerSecond} bytes/s: ${perRecord} bytes for each, ${trips} trips, ${took} ms`,
  );
}

/** Two that hold the same. */
function createRoom(seed) {
  const rng = createRng(seedFrom(seed, 1));
  const records = Array.from({ length: RECORDS }, () => fakeRecord(rng)).sort((x, y) => x.hlc - y.hlc);
  const pair = createPair(seed);
  for (const record of records) for (const side of pair.sides) side.store(record, 'push');
  return { rng, records, pair };
}

/** Takes records away, and lets the two find out. */
function reconcile({ rng, records, pair }, differences, recent, who) {
  const chosen = recent ? records.slice(records.length - differences) : rng.sample(records, differences);
  const [a, b] = pair.sides;
  for (const record of chosen) (who === 'a' || (who === 'both' && rng.next() < 0.5) ? a : b).drop(record);
  return run(pair);
}

function createPair(seed, bytesPerSecond = 16_777_216) {
  const byBytes = new Map();
  const wire = [];
  let now = { mono: 0, wall: WALL };
  const sides = [1, 2].map(n => {
    const side = {
      peer: `peer ${n}`,
      known: new Set(),
      store(record, path) {
        byBytes.set(record.bytes, record);
        if (side.known.has(record.id)) return;
        side.known.add(record.id);
        side.sync.onRecordStored({ type: 'record-stored', record, from: side.peer, path, kept: true }, now);
      },
      drop(record) {
        side.known.delete(record.id);
        side.sync.onRecordDropped(record);
      },
    };
    const outbox = {
      send: (_to, frame) => wire.push({ to: sides[2 - n], from: side, frame }),
      effect() {},
      isOpen: () => true,
      fact(fact) {
        if (fact.type === 'record-offered') side.store(byBytes.get(fact.bytes), 'sync');
      },
    };
    const config = makeConfig({ 'sync.bytesPerSecond': bytesPerSecond });
    side.sync = createSync({ config, outbox, rng: createRng(seedFrom(seed, 10 + n)) });
    return side;
  });
  const setTime = mono => {
    now = { mono, wall: WALL + mono };
  };
  return { sides, wire, setTime, now: () => now };
}

/** From the link-up until both are equal: frames are delivered in turn, and time goes on when none is left. */
function run(pair, wanted = RECORDS) {
  const [a, b] = pair.sides;
  let bytes = 0;
  let trips = 0;
  const sessions = () => a.sync.sessions() + b.sync.sessions();
  const before = sessions();
  const deliver = () => {
    for (let batch = pair.wire.splice(0); batch.length > 0; batch = pair.wire.splice(0)) {
      trips += 1;
      for (const { to, from, frame } of batch) {
        bytes += encodeFrame(frame).length;
        if (frame.type === 'delta') bytes -= frame.records.reduce((sum, record) => sum + record.length, 0);
        to.sync.onFrame(from.peer, frame, pair.now());
      }
    }
  };
  a.sync.onNeighbourUp(b.peer, true, pair.now());
  b.sync.onNeighbourUp(a.peer, false, pair.now());
  deliver();
  while (a.known.size < wanted || b.known.size < wanted) {
    pair.setTime(Math.min(a.sync.nextWakeAt(), b.sync.nextWakeAt()));
    for (const { sync } of pair.sides) if (sync.nextWakeAt() <= pair.now().mono) sync.onWake(pair.now());
    deliver();
  }
  a.sync.onNeighbourDown(b.peer, pair.now());
  b.sync.onNeighbourDown(a.peer, pair.now());
  return { bytes, trips, sessions: sessions() - before };
}

function benchIndex(size) {
  const rng = createRng(seedFrom(7, size));
  const records = Array.from({ length: size }, () => fakeRecord(rng));
  const set = createIndexSet();
  const per = (count, work) => {
    const from = performance.now();
    for (let i = 0; i < count; i++) work(i);
    return ((1_000 * (performance.now() - from)) / count).toFixed(2);
  };
  const insert = per(size, i => set.add(records[i]));
  const bound = () => {
    const rank = 1 + rng.int(size - 1);
    return boundBetween(set.at(rank - 1), set.at(rank));
  };
  const bounds = Array.from({ length: 2_000 }, bound);
  const range = per(2_000, i => {
    const { count, sum } = set.measure({ lower: bounds[i], upper: bounds[(i + 1) % 2_000] });
    fingerprint(1, sum, count);
  });
  const exchange = createExchange('state', set, 1);
  const everything = { lower: new Uint8Array(0), upper: new Uint8Array(0) };
  const sketch = per(5, () => exchange.hear({ domain: 'state', say: 'ask', range: everything, from: 0, cells: 165 }));
  const out = per(size, i => set.delete(records[i]));
  console.log(
    `  ${size} records: insert ${insert}, fingerprint of a range ${range}, sketch of all in 165 cells ${sketch}, delete ${out}`,
  );
}

function fakeRecord(rng) {
  const hash = Uint8Array.from({ length: 32 }, () => rng.int(256));
  const [id, digest] = [toHex(hash.subarray(0, 16)), toCharacters(hash)];
  return { kind: 'state', id, digest, hlc: hlcAt(WALL - rng.int(SPREAD_MS)), bytes: new Uint8Array(200) };
}

function mean(runs, key) {
  return runs.reduce((sum, run) => sum + run[key], 0) / runs.length;
}

function worst(runs, key) {
  return Math.max(...runs.map(run => run[key]));
}
