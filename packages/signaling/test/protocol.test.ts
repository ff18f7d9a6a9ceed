import { expect, test } from 'vitest';
import { type ClientMessage, parseClientMessage, parseServerMessage, type ServerMessage } from '../src/protocol.ts';

const PEER = 'a1'.repeat(32);
const JOIN = { t: 'join', app: 'a', room: 'r', network: 'ab', peer: PEER, signature: 'b2'.repeat(64) } as const;
const ICE = { urls: ['turn:127.0.0.1'], username: 'u', credential: 'c' };

const clientAccepts = (message: object): boolean => parseClientMessage(JSON.stringify(message)).ok;
const serverAccepts = (message: object): boolean => parseServerMessage(JSON.stringify(message)).ok;

/** Things that are never a message, whoever sent them. */
const NONSENSE = [
  '',
  ' ',
  '{',
  'null',
  '1',
  '"join"',
  '[]',
  '[{"t":"introduce"}]',
  '{}',
  '{"t":null}',
  '{"t":"constructor"}',
  '{"t":"__proto__"}',
  '{"__proto__":{"t":"introduce"}}',
  '['.repeat(16_000),
  `{"t":${'['.repeat(4000)}${']'.repeat(4000)}}`,
];

test('SIG-12: every client message is read back from its known fields alone', () => {
  const messages: ClientMessage[] = [
    JOIN,
    { ...JOIN, token: '' },
    { t: 'introduce' },
    { t: 'signal', to: PEER, payload: '{"not":"read"}' },
  ];
  for (const message of messages) {
    expect(parseClientMessage(JSON.stringify({ ...message, extra: [[[]]], from: PEER }))).toEqual({
      ok: true,
      message,
    });
  }
});

test('SIG-12: nonsense and missing or mistyped fields are refused, never thrown', () => {
  for (const text of NONSENSE) expect(parseClientMessage(text).ok).toBe(false);
  for (const field of ['app', 'room', 'network', 'peer', 'signature']) {
    for (const value of [undefined, null, 1, {}, [PEER], ''])
      expect(clientAccepts({ ...JOIN, [field]: value })).toBe(false);
  }
  for (const token of [null, 1, {}]) expect(clientAccepts({ ...JOIN, token })).toBe(false);
  for (const hex of ['A1'.repeat(32), 'g1'.repeat(32), PEER.slice(1), `${PEER}a`, `${PEER.slice(1)}\n`]) {
    expect(clientAccepts({ ...JOIN, peer: hex })).toBe(false);
    expect(clientAccepts({ t: 'signal', to: hex, payload: 'x' })).toBe(false);
  }
});

test('SIG-12: client strings at the limit pass, one character more does not', () => {
  const bounds: [string, number, object][] = [
    ['app', 64, JOIN],
    ['room', 64, JOIN],
    ['token', 4096, JOIN],
    ['payload', 12_288, { t: 'signal', to: PEER }],
  ];
  for (const [field, chars, message] of bounds) {
    expect(clientAccepts({ ...message, [field]: 'é'.repeat(chars) })).toBe(true);
    expect(clientAccepts({ ...message, [field]: 'é'.repeat(chars + 1) })).toBe(false);
  }
  expect(clientAccepts({ ...JOIN, network: 'a'.repeat(64) })).toBe(true);
  expect(clientAccepts({ ...JOIN, network: 'a'.repeat(65) })).toBe(false);
  const padded = (chars: number): string => '{"t":"introduce"}'.padEnd(chars);
  expect(parseClientMessage(padded(16_384)).ok).toBe(true);
  expect(parseClientMessage(padded(16_385)).ok).toBe(false);
});

test('SIG-13: every server message is read back from its known fields alone', () => {
  const messages: ServerMessage[] = [
    { t: 'challenge', nonce: PEER },
    { t: 'joined', peers: [PEER], entry: true, iceServers: [ICE, { urls: ['stun:127.0.0.1'] }] },
    { t: 'joined', peers: [], entry: false, iceServers: [], elsewhere: true },
    { t: 'peers', peers: [] },
    { t: 'entry', entry: false },
    { t: 'signal', from: PEER, payload: 'x' },
    { t: 'unreachable', to: PEER },
    { t: 'error', code: 'replaced', message: 'because' },
    { t: 'error', code: 'rate-limited', message: '', retryAfterMs: 17 },
  ];
  for (const message of messages) {
    expect(parseServerMessage(JSON.stringify({ ...message, extra: 1 }))).toEqual({ ok: true, message });
  }
});

test('SIG-13: nonsense and mistyped fields of a server are refused, never thrown', () => {
  for (const text of [...NONSENSE, '{"t":"introduce"}']) expect(parseServerMessage(text).ok).toBe(false);
  const joined = { t: 'joined', peers: [], entry: true, iceServers: [] };
  for (const wrong of [
    { t: 'challenge', nonce: 'short' },
    { ...joined, peers: PEER },
    { ...joined, peers: [1] },
    { ...joined, entry: 'yes' },
    { ...joined, iceServers: null },
    { ...joined, iceServers: [null] },
    { ...joined, iceServers: [{}] },
    { ...joined, iceServers: [{ urls: [] }] },
    { ...joined, iceServers: [{ ...ICE, username: 1 }] },
    { ...joined, iceServers: [{ ...ICE, credential: {} }] },
    { t: 'entry', entry: 1 },
    { t: 'signal', from: PEER, payload: '' },
    { t: 'unreachable', to: [PEER] },
    { t: 'error', code: 'toString', message: '' },
    { t: 'error', code: 'replaced' },
    { t: 'error', code: 'replaced', message: '', retryAfterMs: -1 },
    { t: 'error', code: 'replaced', message: '', retryAfterMs: '1' },
  ]) {
    expect(serverAccepts(wrong)).toBe(false);
  }
});

test('SIG-13: server lists and strings at the limit pass, one more does not, and a wait is clamped', () => {
  const ok = (n: number): boolean[] => [
    serverAccepts({ t: 'peers', peers: Array.from({ length: 8 + n }, () => PEER) }),
    serverAccepts({ t: 'signal', from: PEER, payload: 'x'.repeat(12_288 + n) }),
    serverAccepts({ t: 'error', code: 'replaced', message: 'x'.repeat(256 + n) }),
    serverAccepts({ t: 'joined', peers: [], entry: true, iceServers: Array.from({ length: 8 + n }, () => ICE) }),
    serverAccepts({ t: 'joined', peers: [], entry: true, iceServers: [{ urls: 'x'.repeat(512 + n) }] }),
    serverAccepts({
      t: 'joined',
      peers: [],
      entry: true,
      iceServers: [{ urls: Array.from({ length: 8 + n }, () => 'x') }],
    }),
    parseServerMessage('{"t":"peers","peers":[]}'.padEnd(65_536 + n)).ok,
  ];
  expect(ok(0)).toEqual(Array(7).fill(true));
  expect(ok(1)).toEqual(Array(7).fill(false));
  const wait = parseServerMessage('{"t":"error","code":"rate-limited","message":"","retryAfterMs":1e300}');
  expect(wait).toMatchObject({ ok: true, message: { retryAfterMs: 600_000 } });
});
