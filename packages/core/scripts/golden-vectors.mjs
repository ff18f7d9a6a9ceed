/**
 * Writes one example of each frame, signal and record kind, with its bytes, to test/vectors/frames.json and
 * records.json. Run after a build, by hand, and only when the encoding is *meant* to change:
 *   node packages/core/scripts/golden-vectors.mjs
 * Byte strings are written as { "hex": "…" }.
 */
import { writeFileSync } from 'node:fs';
import { encodeBody, networkIdOf, readRecord, signedBytes } from '../dist/identity/record.js';
import { toHex } from '../dist/index.js';
import { createPolicy } from '../dist/policy/policy.js';
import { encodeFrame, encodeSignal } from '../dist/wire/index.js';

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
  { type: 'pong', nonce: 65536 },
  { type: 'shuffle', peers: [peer(1), peer(2)] },
  { type: 'shuffle-reply', peers: [] },
  { type: 'disconnect', reason: 'full', retryAfterMs: 10000, alternatives: [peer(3)] },
  { type: 'disconnect', reason: 'banned', retryAfterMs: 600000, alternatives: [] },
  { type: 'disconnect', reason: 'leaving', retryAfterMs: 0, alternatives: [] },
  { type: 'disconnect', reason: 'surplus', retryAfterMs: 1, alternatives: [] },
  { type: 'disconnect', reason: 'silent', retryAfterMs: 1, alternatives: [] },
  { type: 'disconnect', reason: 'overflow', retryAfterMs: 1, alternatives: [] },
  { type: 'ihave', ids: ['00112233445566ff', '8899aabbccddeeff'] },
  { type: 'graft', ids: ['00112233445566ff'] },
  { type: 'prune', ids: ['8899aabbccddeeff'] },
  { type: 'grow', ids: ['00112233445566ff'] },
  { type: 'pull', ids: [] },
  { type: 'relay', id: 5, to: peer(1), from: peer(2), ttl: 16, payload: bytes(3, 8) },
];

const signals = [
  { type: 'request', session: 1, urgent: true },
  { type: 'accept', session: 2 },
  { type: 'refuse', session: 3, retryAfterMs: 3000, alternatives: [peer(9)] },
  { type: 'rtc', session: 4, data: '{"type":"offer","sdp":"…"}' },
];

const hlc = 1_800_000_000_000 * 2048 + 5;
const statements = [
  { kind: 'leave', key: '', value: hlc, exp: 1_800_086_400_000 },
  { kind: 'presence', key: '', value: [hlc, { name: 'Ada', cursor: null }], exp: 1_800_000_180_000 },
  { kind: 'state', key: 'board/1', value: { text: 'Grüße', done: false, at: { $date: 5 }, raw: bytes(4, 7) }, exp: 0 },
  { kind: 'state-delete', key: 'board/1', value: null, exp: 0 },
  { kind: 'event', key: 'reaction', value: { emoji: '🎉', n: -1.5, big: 4294967296 }, exp: 1_800_000_060_000 },
  { kind: 'accuse', key: peer(6), value: null, exp: 1_800_000_090_000 },
].map((said, i) => ({ author: peer(5), seq: 1_800_000_000_000 + i, hlc: hlc + i, ...said }));

write('frames.json', {
  frames: frames.map(frame => ({ frame, bytes: encodeFrame(frame) })),
  signals: signals.map(signal => ({ signal, bytes: encodeSignal(signal) })),
});

const network = networkIdOf('com.example.board', 'lobby', createPolicy().terms);
write('records.json', {
  app: 'com.example.board',
  room: 'lobby',
  network,
  records: statements.map(statement => {
    const body = encodeBody(network, statement);
    const whole = new Uint8Array([...bytes(64, 0x5a), ...body]);
    const read = readRecord(whole, network);
    if (!read.ok) throw new Error(`${statement.kind}: ${read.code}`);
    return { statement, id: read.value.id, body, signed: signedBytes(body) };
  }),
});

function write(name, value) {
  const asText = (_, item) => (item instanceof Uint8Array ? { hex: toHex(item) } : item);
  writeFileSync(new URL(name, FOLDER), `${JSON.stringify(value, asText, 2)}\n`);
}
