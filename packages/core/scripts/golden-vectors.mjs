/**
 * Writes one example of each frame, signal and record kind, with its bytes, and what has to be refused, to
 * test/vectors/frames.json and records.json, and what reconciliation computes to sync.json. Run after a build, by hand, and only when the encoding is *meant* to change:
 *   node packages/core/scripts/golden-vectors.mjs
 * Byte strings are written as { "hex": "…" }.
 */
import { writeFileSync } from 'node:fs';
import { sampleHash } from '../dist/aggregate/sample.js';
import { encodeBody, networkIdOf, readRecord, signedBytes } from '../dist/identity/record.js';
import { createRng, seedFrom, toHex } from '../dist/index.js';
import { toCharacters } from '../dist/lib/bytes.js';
import { createPolicy } from '../dist/policy/policy.js';
import { createIndexSet } from '../dist/sync/index-set.js';
import { ladderOf } from '../dist/sync/ladder.js';
import { shortId, shortIdsToWire } from '../dist/sync/short-id.js';
import { createSketch } from '../dist/sync/sketch.js';
import { fingerprint } from '../dist/sync/sum.js';
import { encodeCbor } from '../dist/wire/cbor.js';
import { decodeFrame, encodeFrame, encodeSignal } from '../dist/wire/index.js';

const FOLDER = new URL('../test/vectors/', import.meta.url);
const peer = n => n.toString(16).padStart(2, '0').repeat(32);
const bytes = (length, fill = 0) => new Uint8Array(length).fill(fill);

const rung = (length, count) => ({ lower: bytes(length, length), count, fingerprint: bytes(5, length) });

const frames = [
  { type: 'push', records: [bytes(65, 1), bytes(70, 2)] },
  {
    type: 'sync',
    session: 7,
    topics: [
      { domain: 'members', say: 'ladder', rungs: [rung(6, 8), rung(5, 300), rung(0, 70_000)] },
      { domain: 'state', say: 'ids', range: { lower: bytes(3, 1), upper: bytes(0) }, ids: bytes(10, 2) },
    ],
  },
  {
    type: 'sync',
    session: 4294967295,
    topics: [
      {
        domain: 'members',
        say: 'sketch',
        range: { lower: bytes(0), upper: bytes(20, 3) },
        from: 8,
        cells: bytes(16, 4),
      },
      { domain: 'state', say: 'ask', range: { lower: bytes(4, 1), upper: bytes(4, 2) }, from: 0, cells: 480 },
    ],
  },
  {
    type: 'sync',
    session: 0,
    topics: [
      { domain: 'members', say: 'split', upper: bytes(4, 8), rungs: [rung(6, 40), rung(5, 41)] },
      { domain: 'state', say: 'want', range: { lower: bytes(0), upper: bytes(0) }, ids: bytes(8, 5) },
    ],
  },
  { type: 'delta', session: 4294967295, records: [bytes(66, 9)] },
  { type: 'done', session: 24 },
  { type: 'heartbeat' },
  { type: 'ping', nonce: 256 },
  { type: 'pong', nonce: 65536, view: 4294967295 },
  { type: 'shuffle', peers: [peer(1), peer(2)] },
  { type: 'shuffle-reply', peers: [] },
  { type: 'disconnect', reason: 'full', retryAfterMs: 10000, alternatives: [peer(3)] },
  { type: 'disconnect', reason: 'banned', retryAfterMs: 600000, alternatives: [] },
  { type: 'disconnect', reason: 'leaving', retryAfterMs: 0, alternatives: [] },
  { type: 'disconnect', reason: 'surplus', retryAfterMs: 1, alternatives: [] },
  { type: 'disconnect', reason: 'silent', retryAfterMs: 1, alternatives: [] },
  { type: 'disconnect', reason: 'overflow', retryAfterMs: 1, alternatives: [] },
  { type: 'offer', id: '00112233445566778899aabbccddeeff', size: 16385, fresh: true },
  { type: 'offer', id: '00112233445566778899aabbccddeeff', size: 263168, fresh: false },
  { type: 'fetch', id: '00112233445566778899aabbccddeeff', from: 65536, length: 65536 },
  { type: 'chunk', id: '00112233445566778899aabbccddeeff', from: 0, bytes: bytes(3, 7) },
  { type: 'chunk', id: '00112233445566778899aabbccddeeff', from: 4096, bytes: bytes(0) },
  { type: 'ihave', ids: ['00112233445566ff', '8899aabbccddeeff'] },
  { type: 'graft', ids: ['00112233445566ff'], authors: ['8899aabbccddeeff'] },
  { type: 'prune', ids: ['8899aabbccddeeff'] },
  { type: 'grow', author: '00112233445566ff', round: 7 },
  { type: 'pull', ids: [] },
  { type: 'relay', id: 5, to: peer(1), from: peer(2), ttl: 16, payload: bytes(3, 8) },
];

const signals = [
  { type: 'request', session: 1, urgent: true },
  { type: 'accept', session: 2 },
  { type: 'request', session: 5, urgent: false, key: bytes(32, 6) },
  { type: 'accept', session: 6, key: bytes(32, 7) },
  { type: 'refuse', session: 3, retryAfterMs: 3000, alternatives: [peer(9)] },
  { type: 'rtc', session: 4, data: '{"type":"offer","sdp":"…"}' },
  { type: 'probe', session: 5 },
  { type: 'alive', session: 5, record: bytes(66, 9) },
];

const hlc = 1_800_000_000_000 * 2048 + 5;
const statements = [
  { kind: 'leave', key: '', value: hlc, exp: 1_800_086_400_000 },
  { kind: 'presence', key: '', value: [hlc, { name: 'Ada', cursor: null }], exp: 1_800_000_180_000 },
  { kind: 'presence', key: '', value: [hlc, null, 'eu-west'], exp: 1_800_000_180_000 },
  { kind: 'presence', key: '', value: [hlc, { name: 'Ada' }, 1], exp: 1_800_000_180_000 },
  { kind: 'presence', key: '', value: [hlc, null, 'eu-west', 2], exp: 1_800_001_800_000 },
  { kind: 'state', key: 'board/1', value: { text: 'Grüße', done: false, at: { $date: 5 }, raw: bytes(4, 7) }, exp: 0 },
  { kind: 'state-delete', key: 'board/1', value: null, exp: 0 },
  { kind: 'event', key: 'reaction', value: { emoji: '🎉', n: -1.5, big: 4294967296 }, exp: 1_800_000_060_000 },
  { kind: 'accuse', key: peer(6), value: null, exp: 1_800_000_090_000 },
  { kind: 'accuse', key: peer(7), value: 'hung-up', exp: 1_800_000_090_000 },
  { kind: 'here', key: '', value: [6_000_000], exp: 1_800_000_600_000 },
  { kind: 'here', key: '', value: [6_000_000, 'eu-west'], exp: 1_800_000_600_000 },
  { kind: 'accuse', key: peer(7), value: [null, bytes(65, 9)], exp: 1_800_000_090_000 },
  { kind: 'accuse', key: peer(7), value: ['hung-up', bytes(512, 9)], exp: 1_800_000_090_000 },
  { kind: 'vouch', key: peer(7), value: 8, exp: 1_800_007_200_000 },
  { kind: 'unreach', key: 'eu-west', value: null, exp: 1_800_000_090_000 },
].map((said, i) => ({ author: peer(5), seq: 1_800_000_000_000 + i, hlc: hlc + i, ...said }));

const everything = [bytes(0), bytes(0)];
const topic = (...fields) => [2, 1, [[0, ...fields]]];
/** What CBOR can say and no frame is. */
const shapes = {
  'an unknown type': [99],
  'a free type': [4, 1],
  'a field too few': [7],
  'a pong without a view': [8, 1],
  'a number below zero': [7, -1],
  'a fraction': [7, 1.5],
  'a number of 33 bits': [7, 4294967296],
  'a peer of 31 bytes': [9, [bytes(31)]],
  'seventeen peers': [9, Array.from({ length: 17 }, () => bytes(32))],
  'an empty record': [1, [bytes(0)]],
  'an unknown reason': [11, 6, 0, []],
  'an empty payload': [12, 1, bytes(32), bytes(32), 1, bytes(0)],
  'half a short id': [13, bytes(12)],
  'an unknown domain': [2, 1, [[2, 0, bytes(0), 1, bytes(5)]]],
  'two topics of one domain': [2, 1, [0, 0].map(domain => [domain, 0, bytes(0), 1, bytes(5)])],
  'an unknown saying': topic(6, ...everything, bytes(0)),
  'a ladder without rungs': topic(0),
  'half a rung': topic(0, bytes(0), 1),
  'a fingerprint of 4 bytes': topic(0, bytes(0), 1, bytes(4)),
  'rungs that rise': topic(0, bytes(4, 1), 1, bytes(5), bytes(4, 2), 1, bytes(5)),
  'rungs that differ by zeros alone': topic(0, bytes(4, 1), 1, bytes(5), new Uint8Array([1, 1, 1, 1, 0]), 1, bytes(5)),
  'an empty range': topic(1, bytes(3, 1), bytes(3, 1), bytes(0)),
  'a split that begins above its end': topic(5, bytes(4, 1), bytes(4, 2), 1, bytes(5)),
  'a bound of 21 bytes': topic(1, bytes(21, 1), bytes(0), bytes(0)),
  'half an id': topic(1, ...everything, bytes(7)),
  'half a cell': topic(2, ...everything, 0, bytes(12)),
  'half a wanted id': topic(4, ...everything, bytes(6)),
  'a text': 'push',
  'a map': { type: 7 },
};
const raw = {
  nothing: '',
  'an array that is cut off': '8207',
  'bytes behind the frame': '810600',
  'an array of indefinite length': '9f06ff',
  'an integer of 64 bits': '82071b0000000000000001',
  'a tag': '81c106',
  'a half float': '8207f93c00',
  'minus zero': '8207fb8000000000000000',
  'an undefined': '8207f7',
  'text that is no UTF-8': '8261ff',
};
const refusedFrames = [
  ...Object.entries(shapes).map(([why, fields]) => ({ why, bytes: encodeCbor(fields) })),
  ...Object.entries(raw).map(([why, text]) => ({ why, bytes: new Uint8Array(Buffer.from(text, 'hex')) })),
].map(({ why, bytes: said }) => ({ why, code: refusalOf(decodeFrame(said), why), bytes: said }));

write('frames.json', {
  frames: frames.map(frame => ({ frame, bytes: encodeFrame(frame) })),
  signals: signals.map(signal => ({ signal, bytes: encodeSignal(signal) })),
  refused: refusedFrames,
});

const [app, room] = ['com.example.board', 'lobby'];
const policy = createPolicy().terms;
const network = networkIdOf(app, room, policy);
const author = bytes(32, 5);
const bodies = {
  'another version': [2, network, author, 4, 1, 1, 0, 'k', 1],
  'a field too few': [1, network, author, 4, 1, 1, 0, 'k'],
  'a field too many': [1, network, author, 4, 1, 1, 0, 'k', 1, 1],
  'an author of 31 bytes': [1, network, bytes(31), 4, 1, 1, 0, 'k', 1],
  'the kind that is kept free': [1, network, author, 1, 1, 1, 0, 'k', 1],
  'a sequence that is no integer': [1, network, author, 6, 0.5, 1, 0, 'k', 1],
  'a clock above 2^53': [1, network, author, 6, 1, 2 ** 53, 0, 'k', 1],
  'a state that expires': [1, network, author, 4, 1, 1, 1, 'k', 1],
  'a state without a key': [1, network, author, 4, 1, 1, 0, '', 1],
  'a key of 257 bytes': [1, network, author, 4, 1, 1, 0, 'k'.repeat(257), 1],
  'a deletion with a value': [1, network, author, 5, 1, 1, 0, 'k', 1],
  'a presence with a key': [1, network, author, 3, 1, 1, 0, 'k', [1, null]],
  'a presence without incarnation': [1, network, author, 3, 1, 1, 0, '', [null]],
  'a presence with a region in capitals': [1, network, author, 3, 1, 1, 0, '', [1, null, 'EU']],
  'a presence with a region of 17 letters': [1, network, author, 3, 1, 1, 0, '', [1, null, 'a'.repeat(17)]],
  'a presence with an empty region': [1, network, author, 3, 1, 1, 0, '', [1, null, '']],
  'a presence with an activity of 3': [1, network, author, 3, 1, 1, 0, '', [1, null, 3]],
  'a presence with an activity in words': [1, network, author, 3, 1, 1, 0, '', [1, null, 'eu-west', 'away']],
  'an accusation of nobody': [1, network, author, 7, 1, 1, 0, '', null],
  'an accusation in capitals': [1, network, author, 7, 1, 1, 0, 'A'.repeat(64), null],
  'an accusation that says more': [1, network, author, 7, 1, 1, 0, peer(6), 'asleep'],
  'a here without an epoch': [1, network, author, 8, 1, 1, 0, '', []],
  'a here below zero': [1, network, author, 8, 1, 1, 0, '', [-1]],
  'a here with a key': [1, network, author, 8, 1, 1, 0, 'k', [1]],
  'a here in a region of 17 letters': [1, network, author, 8, 1, 1, 0, '', [1, 'a'.repeat(17)]],
  'a here that says more': [1, network, author, 8, 1, 1, 0, '', [1, 'eu-west', null]],
  'an accusation with an empty proof': [1, network, author, 7, 1, 1, 0, peer(6), [null, bytes(64)]],
  'an accusation with a proof of 513 bytes': [1, network, author, 7, 1, 1, 0, peer(6), [null, bytes(513)]],
  'an accusation with two proofs': [1, network, author, 7, 1, 1, 0, peer(6), [null, bytes(65), bytes(65)]],
  'a vouch for nobody': [1, network, author, 9, 1, 1, 0, '', 1],
  'a vouch of 65 links': [1, network, author, 9, 1, 1, 0, peer(6), 65],
};
const recordOf = body => readRecord(new Uint8Array([...bytes(64, 0x5a), ...body]), network);

write('records.json', {
  app,
  room,
  terms: encodeCbor([app, room, policy]),
  network,
  records: statements.map(statement => {
    const body = encodeBody(network, statement);
    const read = recordOf(body);
    if (!read.ok) throw new Error(`${statement.kind}: ${read.code}`);
    return { statement, id: read.value.id, body, signed: signedBytes(body) };
  }),
  refused: Object.entries(bodies).map(([why, fields]) => {
    const body = encodeCbor(fields);
    return { why, code: refusalOf(recordOf(body), why), bytes: body };
  }),
  samples: [0, 6_000_000, 2 ** 32 + 1].map(epoch => ({ epoch, author: peer(5), hash: sampleHash(epoch, peer(5)) })),
});

const SESSION = 0xfedcba98;
const rng = createRng(seedFrom(1, 1));
const set = createIndexSet();
for (let n = 0; n < 60; n++) {
  const hash = bytes(32).map(() => rng.int(256));
  const [id, digest] = [toHex(hash.subarray(0, 16)), toCharacters(hash)];
  set.add({ id, digest, hlc: hlc - rng.int(60_000) * 2048 });
}
const all = { lower: { bucket: 0, id: '' }, upper: undefined };
const sorted = [];
set.visit(all, record => sorted.push(record));
const shortIds = sorted.map(({ digest }) => shortId(SESSION, digest));
const sketch = createSketch(0, 40);
for (const id of shortIds) sketch.add(id);
const { count, sum } = set.measure(all);

write('sync.json', {
  session: SESSION,
  records: sorted.map(({ digest, hlc }) => ({ digest: Buffer.from(digest, 'latin1').toString('hex'), hlc })),
  ladder: ladderOf(set, SESSION),
  fingerprint: fingerprint(SESSION, sum, count),
  shortIds: shortIds.map(id => toHex(shortIdsToWire([id]))),
  sketch: sketch.toWire(),
});

function refusalOf(result, why) {
  if (result.ok) throw new Error(`${why} is not refused`);
  return result.code;
}

function write(name, value) {
  const asText = (_, item) => (item instanceof Uint8Array ? { hex: toHex(item) } : item);
  writeFileSync(new URL(name, FOLDER), `${JSON.stringify(value, asText, 2)}\n`);
}
