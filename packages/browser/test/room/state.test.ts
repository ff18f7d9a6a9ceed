import { expect, test } from 'vitest';
import type { StateChange } from '../../src/room/api.ts';
import { DEAD_URL, join, pair, until } from './rig.ts';

type Change = StateChange<Record<string, unknown>>;

test('ROOM-13: set, get, delete, entries, size and author, alone', () => {
  const { state, self } = join(DEAD_URL);
  state.set('a', { n: 1 });
  state.set('b', null);
  expect(state.get('a')).toEqual({ n: 1 });
  expect(state.get('b')).toBeNull();
  expect(state.size).toBe(2);
  expect([...state.entries()]).toEqual([
    ['a', { n: 1 }],
    ['b', null],
  ]);
  expect(state.author('a')).toBe(self.id);
  state.delete('a');
  state.delete('a');
  expect(state.get('a')).toBeUndefined();
  expect(state.author('a')).toBeUndefined();
  expect(state.size).toBe(1);
});

test('ROOM-14: writes are read at once, inside handlers too, and handlers hear of them in order', () => {
  const { state } = join(DEAD_URL);
  const heard: string[] = [];
  state.subscribe(({ key, value }) => {
    heard.push(`${key}=${value}`);
    if (key !== 'a') return;
    state.set('b', (value as number) + 1);
    expect(state.get('b')).toBe((value as number) + 1);
  });
  state.subscribe(({ key, value }) => heard.push(`second ${key}=${value}`));
  state.set('a', 1);
  expect(state.get('b')).toBe(2);
  expect(heard).toEqual(['a=1', 'second a=1', 'b=2', 'second b=2']);
});

test('ROOM-15: changes say who made them, and whether that was here', async () => {
  const [a, b] = await pair();
  const heardByA: Change[] = [];
  const heardByB: Change[] = [];
  a.state.subscribe(change => heardByA.push(change));
  b.state.subscribe(change => heardByB.push(change));
  a.state.set('key', 'one');
  await until(() => b.state.get('key') === 'one');
  expect(b.state.author('key')).toBe(a.self.id);
  b.state.set('key', 'two');
  await until(() => a.state.get('key') === 'two');
  a.state.delete('key');
  await until(() => b.state.size === 0);
  const expected = [
    { key: 'key', value: 'one', author: a.self.id, local: true },
    { key: 'key', value: 'two', author: b.self.id, local: false },
    { key: 'key', value: undefined, author: a.self.id, local: true },
  ];
  expect(heardByA).toEqual(expected);
  expect(heardByB).toEqual(expected.map(change => ({ ...change, local: !change.local })));
});

test('ROOM-16: a state handler that throws stops neither the others nor the write', async () => {
  const { state } = join(DEAD_URL);
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  const errors: unknown[] = [];
  process.on('uncaughtException', error => errors.push(error));
  const heard: unknown[] = [];
  state.subscribe(() => {
    throw new Error('a bug of the app');
  });
  const stop = state.subscribe(({ value }) => heard.push(value));
  state.set('a', 1);
  state.set('a', 2);
  stop();
  state.set('a', 3);
  await new Promise(resolve => setTimeout(resolve, 5));
  process.removeAllListeners('uncaughtException');
  for (const listener of listeners) process.on('uncaughtException', listener);
  expect(heard).toEqual([1, 2]);
  expect(errors).toHaveLength(3);
  expect(state.get('a')).toBe(3);
});

const VALUES: { readonly [name: string]: unknown } = {
  date: new Date(1_700_000_000_123),
  before1970: new Date(-5),
  big: 2n ** 200n,
  negative: -(2n ** 64n),
  bytes: Uint8Array.from([0, 1, 255]),
  empty: { list: [], map: {}, text: '', bytes: new Uint8Array(0) },
  nested: { when: [{ at: new Date(0), of: [1n, 2n] }], deep: { deeper: { deepest: null } } },
  dollars: { $date: 'not a date', $: 1, plain: { $bigint: '5' } },
  likeDate: { $date: 5 },
  likeMap: { $map: { $map: 1 } },
  numbers: [0, -1, 0.1, 2 ** 53, -(2 ** 53), 1e300, 5e-324, 4_294_967_296],
  text: '🎉 \u0000 ﷽ "quoted"',
  truth: [true, false, null],
};

test('ROOM-19: dates, bigints, bytes, nesting and keys with a dollar arrive as they were sent', async () => {
  const [a, b] = await pair();
  for (const [name, value] of Object.entries(VALUES)) a.state.set(name, value);
  await until(() => b.state.size === Object.keys(VALUES).length);
  expect(Object.fromEntries(b.state.entries())).toEqual(VALUES);
  expect(Object.fromEntries(a.state.entries())).toEqual(VALUES);
  const payloads: unknown[] = [];
  b.events.on('value', payload => payloads.push(payload));
  a.events.send('value', VALUES);
  b.presence.update(VALUES);
  await until(() => payloads.length === 1 && 'date' in (a.presence.others.get(b.self.id)?.presence ?? {}));
  expect(payloads).toEqual([VALUES]);
  expect(a.presence.others.get(b.self.id)?.presence).toEqual({ name: 'b', ...VALUES });
});

test('ROOM-19: the largest key, value and presence arrive', async () => {
  const [a, b] = await pair();
  const value = new Uint8Array(262_139).fill(7);
  const presence = new Uint8Array(12_250).fill(7);
  a.state.set('é'.repeat(128), value);
  a.presence.update({ name: 'a', presence });
  await until(() => b.state.size === 1 && 'presence' in b.presence.others.get(a.self.id)!.presence);
  expect(b.state.get('é'.repeat(128))).toEqual(value);
  expect(b.presence.others.get(a.self.id)!.presence['presence']).toEqual(presence);
});
