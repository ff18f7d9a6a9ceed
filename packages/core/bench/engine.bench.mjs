/**
 * What one delivered update costs a peer, in µs, split in stages: `node packages/core/bench/engine.bench.mjs`, after
 * a build. Stages are measured alone over the same updates; the engine as a whole is measured with signature checks
 * answered at once, and what is left after decoding is its own work. Medians of five rounds.
 */
import { createIdentity, createVerifier } from '../dist/host/crypto/index.js';
import { assemble, encodeBody, signedBytes } from '../dist/identity/record.js';
import { createEngine, createPolicy, networkIdOf, readRecord, seedFrom, toHex } from '../dist/index.js';
import { decodeFrame, encodeFrame, gate } from '../dist/wire/index.js';

const UPDATES = 4_000;
const ROUNDS = 5;
const NEIGHBOURS = 6;
const WALL = 1_800_000_000_000;
const VALUE = { x: 12.5, y: 80, name: 'a pointer that moves', tags: ['one', 'two'] };

const network = networkIdOf('bench', 'room', createPolicy().terms);
const { subtle } = globalThis.crypto;
const author = await createIdentity(subtle, length => globalThis.crypto.getRandomValues(new Uint8Array(length)));
const records = await Promise.all(Array.from({ length: UPDATES }, (_, n) => signedRecord(n)));
const frames = records.map(record => encodeFrame({ type: 'push', records: [record.bytes] }));
const verifier = createVerifier({ subtle });
await verifier.ready;

console.log(
  `${UPDATES} updates of ${records[0].bytes.length} bytes, ${NEIGHBOURS} neighbours, Node ${process.version}\n`,
);
const gateUs = measure(() => {
  for (const bytes of frames) gate(bytes);
  for (const { body } of records) gate(body);
});
const readUs = measure(() => {
  for (const bytes of frames) decodeFrame(bytes);
  for (const { bytes } of records) readRecord(bytes, network);
});
const engineUs = measure(runEngine);
const inTurnUs = await measureAsync(verifyInTurn);
const togetherUs = await measureAsync(verifyTogether);

print('gate: one walk over the frame and one over the record in it', gateUs);
print('decode both, take the id', readUs - gateUs);
print(`intake, store, forward to ${NEIGHBOURS - 1}: the rest of the engine`, engineUs - readUs);
print(`verify by ${verifier.backend}, 64 at once (${inTurnUs.toFixed(0)} µs one after the other)`, togetherUs);
print('together', engineUs + togetherUs);

function print(name, us) {
  console.log(`${us.toFixed(1).padStart(8)} µs  ${name}`);
}

async function signedRecord(n) {
  const statement = {
    author: author.id,
    kind: 'state',
    seq: n,
    hlc: (WALL + n) * 2048,
    exp: 0,
    key: `k${n % 200}`,
    value: VALUE,
  };
  const body = encodeBody(network, statement);
  return assemble(statement, body, await author.sign(signedBytes(body)));
}

/** One engine, six neighbours; every update comes from one of them and is passed on to the others. */
function runEngine() {
  const now = { mono: 0, wall: WALL };
  // A room without members would let go of surplus links.
  const config = {
    'overlay.slack': NEIGHBOURS,
    'guard.linkFramesPerSecond': 10_000,
    'guard.authorBurst': 10_000,
    'guard.linkBytesPerSecond': 67_108_864,
  };
  const engine = createEngine({ self: peer(99), app: 'bench', room: 'room', seed: seedFrom(1, 1), config }, now);
  engine.handle({ type: 'start' }, now);
  for (let n = 1; n <= NEIGHBOURS; n++) {
    engine.handle({ type: 'link-up', peer: peer(n), outbound: false, via: 'server' }, now);
  }
  let delivered = 0;
  for (const bytes of frames) {
    now.mono += 25;
    now.wall += 25;
    for (const effect of engine.handle({ type: 'frame', from: peer(1), bytes }, now)) {
      if (effect.type !== 'verify') continue;
      const answers = engine.handle({ type: 'verified', job: effect.job, ok: true }, now);
      for (const answer of answers) {
        if (answer.type === 'deliver' && answer.delivery.what === 'state') delivered += 1;
        if (answer.type === 'watch-link') engine.handle({ type: 'link-drained', peer: answer.peer, waiting: 0 }, now);
      }
    }
    if (engine.nextWakeAt() <= now.mono) engine.handle({ type: 'wake' }, now);
    for (let n = 1; n <= NEIGHBOURS; n++) if (now.mono % 1_000 === 0) engine.handle(heartbeat(n), now);
  }
  if (delivered !== UPDATES) throw new Error(`only ${delivered} of ${UPDATES} updates were delivered`);
}

function heartbeat(n) {
  return { type: 'frame', from: peer(n), bytes: encodeFrame({ type: 'heartbeat' }) };
}

async function verifyInTurn() {
  for (const record of records.slice(0, 500)) await verifyOne(record);
  return 500;
}

async function verifyTogether() {
  for (let from = 0; from < 2_048; from += 64) await Promise.all(records.slice(from, from + 64).map(verifyOne));
  return 2_048;
}

async function verifyOne({ signature, body }) {
  if (!(await verifier.verify(author.id, signature, signedBytes(body))))
    throw new Error('a genuine signature was refused');
}

function measure(work) {
  return median(Array.from({ length: ROUNDS }, () => timed(work)));
}

function timed(work) {
  const from = performance.now();
  work();
  return (1_000 * (performance.now() - from)) / UPDATES;
}

async function measureAsync(work) {
  const rounds = [];
  for (let n = 0; n < ROUNDS; n++) {
    const from = performance.now();
    const done = await work();
    rounds.push((1_000 * (performance.now() - from)) / done);
  }
  return median(rounds);
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

function peer(n) {
  return toHex(new Uint8Array(32).fill(n));
}
