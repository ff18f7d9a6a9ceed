/**
 * What reconciliation costs: bytes and one-way trips of all its frames but for the records themselves, for 10,000
 * records and so many differences, by who lacks them; then what the index costs in µs.
 *   node packages/core/bench/sync.bench.mjs [records]      (after a build)
 */
import { makeConfig } from '../dist/config.js';
import { hlcAt } from '../dist/identity/hlc.js';
import { createRng, seedFrom } from '../dist/index.js';
import { createExchange } from '../dist/sync/exchange.js';
import { createIndexSet } from '../dist/sync/index-set.js';
import { boundBetween } from '../dist/sync/order.js';
import { fingerprint } from '../dist/sync/sum.js';
import { createSync } from '../dist/sync/sync.js';
import { encodeFrame } from '../dist/wire/index.js';

const RECORDS = Number(process.argv[2] ?? 10_000);
const SPREAD_MS = 3_600_000;
const WALL = 1_800_000_000_000;
const SEEDS = 15;
/** GOALS.md §3: most bytes for so many differences. */
const GOALS = { 0: 64, '1 recent': 450, '10 recent': 600, '100 recent': 1_600, '100 scattered': 4_000 };

console.log(`${RECORDS} state records of an hour, Node ${process.version}; median and worst of ${SEEDS} seeds`);
console.log('bytes (without the records) / one-way trips / sessions until equal\n');
console.log(
  'differences'.padEnd(18),
  ...['opener lacks', 'other lacks', 'half each'].map(s => s.padStart(27)),
  '    goal',
);
for (const count of [0, 1, 10, 100, 1_000])
  for (const where of count === 0 ? [''] : [' recent', ' scattered']) {
    const cells = ['a', 'b', 'both'].map(who => {
      const runs = Array.from({ length: SEEDS }, (_, seed) => reconcile(seed + 1, count, where === ' recent', who));
      const bytes = runs.map(run => run.bytes).toSorted((x, y) => x - y);
      const at = key => median(runs.map(run => run[key]));
      return `${median(bytes)} (${bytes.at(-1)}) / ${at('trips')} / ${at('sessions')}`.padStart(27);
    });
    console.log(`${count}${where}`.padEnd(18), ...cells, String(GOALS[`${count}${where}`] ?? '').padStart(8));
  }

console.log('\nindex, µs for each:');
for (const size of [10_000, 100_000]) benchIndex(size);

function reconcile(seed, differences, recent, who) {
  const rng = createRng(seedFrom(seed, 1));
  const records = Array.from({ length: RECORDS }, () => fakeRecord(rng)).sort((x, y) => x.hlc - y.hlc);
  const chosen = new Set(recent ? records.slice(records.length - differences) : rng.sample(records, differences));
  const pair = createPair(seed);
  const [a, b] = pair.sides;
  for (const record of records) {
    const lacking = chosen.has(record) ? (who === 'both' ? rng.pick(['a', 'b']) : who) : undefined;
    if (lacking !== 'a') a.store(record, 'push');
    if (lacking !== 'b') b.store(record, 'push');
  }
  return run(pair, RECORDS);
}

function createPair(seed) {
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
    };
    const outbox = {
      send: (_to, frame) => wire.push({ to: sides[2 - n], from: side, frame }),
      effect() {},
      fact(fact) {
        if (fact.type === 'record-offered') side.store(byBytes.get(fact.bytes), 'sync');
      },
    };
    const config = makeConfig({ 'sync.bytesPerSecond': 16_777_216 });
    side.sync = createSync({ config, outbox, rng: createRng(seedFrom(seed, 10 + n)) });
    return side;
  });
  const setTime = mono => {
    now = { mono, wall: WALL + mono };
  };
  return { sides, wire, setTime, now: () => now };
}

/** Until both are equal: frames are delivered in turn, and time goes on when none is left. */
function run(pair, wanted) {
  const [a, b] = pair.sides;
  let bytes = 0;
  let trips = 0;
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
  return { bytes, trips, sessions: a.sync.sessions() + b.sync.sessions() };
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
  const id = Array.from({ length: 4 }, () => rng.uint32().toString(16).padStart(8, '0')).join('');
  return { kind: 'state', id, hlc: hlcAt(WALL - rng.int(SPREAD_MS)), bytes: new Uint8Array(200) };
}

function median(values) {
  return values.toSorted((x, y) => x - y)[values.length >> 1];
}
