/**
 * What one delivered update costs, stage by stage: each stage alone over the same updates, and the engine as a
 * whole, with signature checks answered at once. What the stages do not explain is passing facts from one to the other.
 */
import { createBroadcast } from '../dist/broadcast/broadcast.js';
import { makeConfig } from '../dist/config.js';
import { createGuard } from '../dist/guard/guard.js';
import { bodyOf } from '../dist/identity/record.js';
import { createEngine, createPolicy, createRng, readRecord, seedFrom } from '../dist/index.js';
import { createStore } from '../dist/store/store.js';
import { createIndexSet } from '../dist/sync/index-set.js';
import { createFrameEncoder } from '../dist/wire/frame-encoder.js';
import { decodeFrame, encodeFrame, gate } from '../dist/wire/index.js';
import { interleaved, print } from './measure.mjs';
import { frames, NETWORK, peer, records, UPDATES, verifyRecord, WALL } from './updates.mjs';

const ROUNDS = 7;
const NEIGHBOURS = 6;
const EVERY_MS = 25;
const VERIFIED = 400;
const PARENT = peer(1);
const CHILD = peer(2);
const CONFIG = {
  // A room without members would let go of surplus links.
  'overlay.slack': NEIGHBOURS,
  'guard.linkFramesPerSecond': 10_000,
  'guard.authorPerSecond': 1_000,
  'guard.linkBytesPerSecond': 67_108_864,
};
const config = makeConfig(CONFIG);
const encode = createFrameEncoder();
const silent = { send: (_to, frame) => void encode(frame), isOpen: () => true, effect() {}, fact() {} };

export function stages() {
  const cost = interleaved({ gate: runGate, decode, verify, policy, store, forward, engine: runEngine }, ROUNDS);
  const parts = { ...cost, decode: cost.decode - cost.gate };
  const sum = ['gate', 'decode', 'policy', 'store', 'forward'].reduce((total, name) => total + parts[name], 0);
  const bytes = records[0].bytes.length;
  console.log(`one delivered update of ${bytes} bytes: a parent, a child, ${NEIGHBOURS - 2} other neighbours`);
  print(parts.gate, 'µs', 'gate: one walk over the frame, one over the record in it');
  print(parts.decode, 'µs', "decode both, take the record's id");
  print(parts.verify, 'µs', 'verify: node:crypto, one after the other');
  print(parts.policy, 'µs', 'policy: shares of link and author, rules of the room');
  print(parts.store, 'µs', 'store: the winner of a key, the index of anti-entropy');
  print(parts.forward, 'µs', 'forward: encode and send to the child, announce to the others');
  print(Math.max(0, cost.engine - sum), 'µs', 'the rest of the engine');
  print(cost.engine, 'µs', 'everything but verification', 15);
}

function runGate() {
  for (const bytes of frames) gate(bytes);
  for (const record of records) gate(bodyOf(record));
  return UPDATES;
}

function decode() {
  for (const bytes of frames) decodeFrame(bytes);
  for (const { bytes } of records) readRecord(bytes, NETWORK);
  return UPDATES;
}

function verify() {
  for (const record of records.slice(0, VERIFIED))
    if (!verifyRecord(record)) throw new Error('a signature was refused');
  return VERIFIED;
}

function policy() {
  const { allows } = createPolicy();
  const guard = createGuard(config, silent);
  let admitted = 0;
  for (const [n, record] of records.entries()) {
    const now = at(n);
    if (guard.admit(PARENT, record.bytes.length, now) && allows(record) && guard.admitAuthor(record.author, now))
      admitted += 1;
  }
  if (admitted !== UPDATES) throw new Error(`only ${admitted} of ${UPDATES} were admitted`);
  return UPDATES;
}

function store() {
  const index = createIndexSet();
  const kept = createStore(peer(99), config, { ...silent, fact: follow });
  for (const record of records) kept.onRecordAccepted(record, PARENT, 'push');
  return UPDATES;

  function follow(fact) {
    if (fact.type === 'record-stored') index.add(fact.record);
    if (fact.type === 'record-dropped') index.delete(fact.record);
  }
}

function forward() {
  const rng = createRng(seedFrom(1, 2));
  const members = () => ({ others: 0, arrivals: 0 });
  const broadcast = createBroadcast(
    { self: peer(99), config, outbox: silent, rng, members, isMember: () => false },
    at(0),
  );
  for (let n = 1; n <= NEIGHBOURS; n++) broadcast.onNeighbourUp(peer(n), false, at(0));
  broadcast.onFrame(CHILD, { type: 'graft', ids: [], authors: [] }, at(0));
  for (const [n, record] of records.entries()) {
    const now = at(n);
    if ((broadcast.nextWakeAt() ?? Number.POSITIVE_INFINITY) <= now.mono) broadcast.onWake(now);
    broadcast.onRecordAccepted(record, PARENT, now);
    broadcast.onRecordStored(record, PARENT, 'push', now);
  }
  return UPDATES;
}

/** Every update comes from the parent, is checked, kept, and passed on to the child. */
function runEngine() {
  const engine = createEngine(
    { self: peer(99), app: 'bench', room: 'room', seed: seedFrom(1, 1), config: CONFIG },
    at(0),
  );
  engine.handle({ type: 'start' }, at(0));
  for (let n = 1; n <= NEIGHBOURS; n++) {
    engine.handle({ type: 'link-up', peer: peer(n), outbound: false, via: 'server' }, at(0));
  }
  engine.handle(frameFrom(CHILD, { type: 'graft', ids: [], authors: [] }), at(0));
  let delivered = 0;
  for (const [n, bytes] of frames.entries()) {
    const now = at(n);
    for (const effect of engine.handle({ type: 'frame', from: PARENT, bytes }, now)) {
      if (effect.type !== 'verify') continue;
      const answers = engine.handle({ type: 'verified', job: effect.job, ok: true }, now);
      for (const answer of answers) if (answer.type === 'deliver' && answer.delivery.what === 'state') delivered += 1;
    }
    if (engine.nextWakeAt() <= now.mono) engine.handle({ type: 'wake' }, now);
    if (now.mono % 1_000 !== 0) continue;
    for (let from = 1; from <= NEIGHBOURS; from++) engine.handle(frameFrom(peer(from), { type: 'heartbeat' }), now);
  }
  if (delivered !== UPDATES) throw new Error(`only ${delivered} of ${UPDATES} updates were delivered`);
  return UPDATES;
}

function at(n) {
  return { mono: EVERY_MS * n, wall: WALL + EVERY_MS * n };
}

function frameFrom(from, frame) {
  return { type: 'frame', from, bytes: encodeFrame(frame) };
}
