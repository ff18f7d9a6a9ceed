import type { Rule } from '@hearsay/core';
import { expect, test, vi } from 'vitest';
import { createJoinRoom } from '../../src/room/join.ts';
import { createRoom } from '../../src/room/room.ts';
import { checkTerms } from '../../src/room/terms.ts';
import { DEAD_URL, platform, thrown } from './rig.ts';

const good = { app: 'test', signaling: DEAD_URL };

function refused(config: unknown, room: unknown = 'room'): { code: unknown; message: string } {
  const openRtc = vi.fn(() => undefined);
  const join = createJoinRoom(() => platform({ openRtc }));
  const error = thrown(() => join(config as never, room as never));
  expect(openRtc).not.toHaveBeenCalled();
  return error;
}

test.each([undefined, null, 'text', 5])('ROOM-5: a config that is no object is bad-config: %s', config => {
  expect(refused(config)).toMatchObject({ code: 'bad-config', message: expect.stringContaining('signaling') });
});

test.each(['', 'x'.repeat(65), 5, undefined, null, 'half \uD800'])('ROOM-5: a bad room id is bad-room: %s', room => {
  const { code, message } = thrown(() => checkTerms(good, room as never));
  expect(code).toBe('bad-room');
  expect(message).toBe('roomId is text of 1 to 64 characters.');
});

test('ROOM-5: names of 1 and of 64 characters pass', () => {
  for (const name of ['x', 'x'.repeat(64), '日本語', '🎉']) {
    expect(checkTerms({ ...good, app: name }, name)).toEqual({ app: name, room: name, urls: [DEAD_URL] });
  }
});

const badOptions: readonly (readonly [name: string, value: unknown, code?: string])[] = [
  ['app', undefined],
  ['app', 'x'.repeat(65)],
  ['signaling', undefined],
  ['signaling', []],
  ['signaling', 'https://a.example'],
  ['signaling', ['ws://a.example', 'nonsense']],
  ['signaling', 'ws:// a b'],
  ['signaling', new Array(17).fill('ws://a.example')],
  ['policy', { key: '**', write: 'anyone' }],
  ['policy', [null]],
  ['iceServers', 'stun:a.example'],
  ['iceServers', [5]],
  ['iceServers', [{ urls: 'stun:a.example' }, { url: 'stun:a.example' }]],
  ['iceServers', [{ urls: 'http://a.example' }]],
  ['iceServers', [{ urls: ['stun:a.example', 'a.example'] }]],
  ['iceServers', [{ urls: [] }]],
  ['iceServers', [{ urls: 'turn:a.example', username: 'u' }]],
  ['signaling', 'ws://a.example/#here'],
  ['signaling', new URL('https://a.example')],
  ['signalling', 'ws://a.example'],
  ['bindAddress', '127.0.0.1'],
  ['storage', { load: () => undefined }],
  ['limits', 'many'],
  ['region', ''],
  ['region', 5],
  ['region', 'EU-West'],
  ['region', 'x'.repeat(17)],
  ['joinToken', 5],
  ['joinToken', 'x'.repeat(4_097)],
  ['signal', {}],
  ['identity', Promise.resolve({}), 'bad-identity'],
  ['identity', { id: 'short', sign: () => undefined }, 'bad-identity'],
];

test.each(badOptions)('ROOM-5: a bad %s is refused by its name: %j', (name, value, code = 'bad-config') => {
  const error = refused({ ...good, [String(name)]: value });
  expect(error).toMatchObject({ code, message: expect.stringContaining(`config.${name}`) });
});

test('ROOM-5: 16 URLs, and a token of 4,096 characters, pass', () => {
  const signaling = new Array(16).fill('wss://a.example/path');
  expect(checkTerms({ ...good, signaling, joinToken: 'x'.repeat(4_096) }, 'room').urls).toEqual(signaling);
});

test('ROOM-5: a region of 16 characters passes', () => {
  expect(checkTerms({ ...good, region: 'eu-west-12345678' }, 'room').room).toBe('room');
});

test('ROOM-5: a URL object is as good as its text', () => {
  const signaling = [new URL('wss://a.example/path'), 'ws://b.example'];
  expect(checkTerms({ ...good, signaling }, 'room').urls).toEqual(['wss://a.example/path', 'ws://b.example']);
});

test('ROOM-5: the message shows the mistake', () => {
  for (const [config, said] of [
    [{ signaling: 'https://a.example' }, 'not "https://a.example"'],
    [{ signaling: undefined }, 'not undefined'],
    [{ signaling: [] }, 'not a list of 0'],
    [{ iceServers: [{ urls: 'stun:a' }, { urls: 'http://b' }] }, 'config.iceServers[1] has urls'],
    [{ apps: 'x' }, 'there are app, signaling'],
  ] as const) {
    expect(refused({ ...good, ...config }).message).toContain(said);
  }
});

test('ROOM-5: settings, link counts and rules that cannot be used are bad-config and say why', () => {
  expect(refused({ ...good, maxLinks: 1 })).toMatchObject({
    code: 'bad-config',
    message: expect.stringContaining('maxLinks'),
  });
  expect(refused({ ...good, maxLinks: 65 }).code).toBe('bad-config');
  expect(refused({ ...good, limits: { 'no.such': 1 } }).message).toContain('no.such');
  const rule = { key: '**/x', write: 'anyone' } satisfies Rule;
  expect(refused({ ...good, policy: [rule] }).message).toContain('**/x');
});

test('ROOM-5: a presence that cannot be carried is refused before anything is opened', () => {
  expect(refused({ ...good, presence: { f: () => 1 } })).toMatchObject({
    code: 'value-unsupported',
    message: expect.stringContaining('$.f'),
  });
  expect(refused({ ...good, presence: 'Ada' }).code).toBe('value-unsupported');
  expect(refused({ ...good, presence: null }).code).toBe('value-unsupported');
  expect(refused({ ...good, presence: { text: 'x'.repeat(12_289) } }).code).toBe('value-too-large');
});

test('ROOM-6: without WebRTC joining throws no-webrtc, and keeps no timer or socket', () => {
  const WebSocket = vi.fn();
  const clock = { now: platform().clock.now, timer: vi.fn(() => () => undefined) };
  const none = platform({ openRtc: () => undefined, WebSocket: WebSocket as never, clock });
  const { code, message } = thrown(() => createRoom(none, good, 'room'));
  expect(code).toBe('no-webrtc');
  expect(message).toContain('WebRTC');
  expect(WebSocket).not.toHaveBeenCalled();
  expect(clock.timer).not.toHaveBeenCalled();
});
