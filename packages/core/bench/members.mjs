/**
 * What a newcomer pays for each member that it learns of, signature checks answered at once: with decoding, and as in
 * the simulator, where the same bytes are decoded once for all nodes.
 */

import { assemble, encodeBody, readRecord, signedBytes } from '../dist/identity/record.js';
import { createEngine, seedFrom } from '../dist/index.js';
import { encodeFrame } from '../dist/wire/index.js';
import { createIdentity } from './identity.mjs';
import { interleaved, print } from './measure.mjs';
import { NETWORK, peer, WALL } from './updates.mjs';

const MEMBERS = 1_000;
const TOGETHER = 20;
const ROUNDS = 7;
const NEIGHBOUR = peer(1);

export function members() {
  const frames = framesOf(Array.from({ length: MEMBERS }, presence));
  const read = createSharedRead();
  const cost = interleaved({ decoded: () => learn(frames), shared: () => learn(frames, read) }, ROUNDS);
  console.log(`\na newcomer learns of ${MEMBERS} members, ${TOGETHER} in a frame`);
  print(cost.decoded, 'µs', 'for each, not counting verification');
  print(cost.shared, 'µs', '… nor decoding, as in the simulator', 5);
}

function presence(_, n) {
  const hlc = (WALL + n) * 2048;
  const author = createIdentity();
  const statement = {
    author: author.id,
    kind: 'presence',
    seq: n,
    hlc,
    exp: WALL + 180_000,
    key: '',
    value: [hlc, { n }],
  };
  const body = encodeBody(NETWORK, statement);
  return assemble(statement, body, author.sign(signedBytes(body))).bytes;
}

function framesOf(records) {
  const frames = [];
  for (let from = 0; from < records.length; from += TOGETHER)
    frames.push(encodeFrame({ type: 'push', records: records.slice(from, from + TOGETHER) }));
  return frames;
}

function learn(frames, read) {
  const engine = createEngine({ self: peer(99), app: 'bench', room: 'room', seed: seedFrom(1, 1), read }, at(0));
  engine.handle({ type: 'start' }, at(0));
  engine.handle({ type: 'link-up', peer: NEIGHBOUR, outbound: false }, at(0));
  for (const [n, bytes] of frames.entries()) {
    for (const effect of engine.handle({ type: 'frame', from: NEIGHBOUR, bytes }, at(n))) {
      if (effect.type === 'verify') engine.handle({ type: 'verified', job: effect.job, ok: true }, at(n));
    }
    if (engine.nextWakeAt() <= at(n).mono) engine.handle({ type: 'wake' }, at(n));
  }
  const { peers } = engine.stats();
  if (peers !== MEMBERS) throw new Error(`only ${peers} of ${MEMBERS} members are known`);
  return MEMBERS;
}

/** By the first bytes of the signature, which differ for each of these records. */
function createSharedRead() {
  const known = new Map();
  return (bytes, network) => {
    const key = bytes[0] + 256 * (bytes[1] + 256 * (bytes[2] + 256 * bytes[3]));
    const read = known.get(key) ?? readRecord(bytes, network);
    known.set(key, read);
    return read;
  };
}

function at(n) {
  return { mono: 25 * n, wall: WALL + 25 * n };
}
