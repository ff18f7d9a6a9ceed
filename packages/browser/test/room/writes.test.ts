import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRoom } from '../../src/room/room.ts';
import { type AnyRoom, DEAD_URL, join, pair, platform, thrown, until } from './rig.ts';

let room: AnyRoom;

beforeAll(() => {
  room = createRoom(platform(), { app: 'test', signaling: DEAD_URL }, 'room');
});

afterAll(() => room.leave());

describe('keys', () => {
  test('ROOM-18: a key has 1 to 256 bytes of UTF-8', () => {
    for (const key of ['k', 'k'.repeat(256), 'é'.repeat(128)]) {
      room.state.set(key, 1);
      expect(room.state.get(key)).toBe(1);
    }
    for (const key of ['', 'k'.repeat(257), `${'é'.repeat(128)}k`]) {
      const { code, message } = thrown(() => room.state.set(key, 1));
      expect(code).toBe('key-invalid');
      expect(message).toContain('256');
    }
    expect(thrown(() => room.state.set('k'.repeat(257), 1)).message).toContain('257');
  });

  test.each([5, undefined, null, Symbol('s'), {}, 'half \uD800', '\uFEFFbom'])('ROOM-18: a key is text: %s', key => {
    for (const use of [
      () => room.state.set(key as never, 1),
      () => room.state.delete(key as never),
      () => room.events.send(key as never, 1),
    ]) {
      expect(thrown(use).code).toBe('key-invalid');
    }
  });

  test('ROOM-18: what is not there is undefined, whatever is asked for', () => {
    expect(room.state.get('never')).toBeUndefined();
    expect(room.state.author('never')).toBeUndefined();
    expect(room.state.get('__proto__')).toBeUndefined();
    room.state.delete('never');
  });
});

describe('values', () => {
  test('ROOM-18: what cannot be carried is named by its path', () => {
    const cases: readonly (readonly [unknown, string])[] = [
      [() => 1, '$'],
      [undefined, '$'],
      [{ a: [1, { b: Symbol('s') }] }, '$.a[1].b'],
      [{ m: new Map() }, '$.m'],
      [{ n: Number.NaN }, '$.n'],
      [[Number.POSITIVE_INFINITY], '$[0]'],
      [new Date(Number.NaN), '$'],
    ];
    for (const [value, path] of cases) {
      const { code, message } = thrown(() => room.state.set('value', value));
      expect(code).toBe('value-unsupported');
      expect(message).toContain(`at ${path} `);
    }
    expect(thrown(() => room.events.send('event', { f: () => 1 })).message).toContain('$.f');
    expect(room.state.get('value')).toBeUndefined();
  });

  test('ROOM-18: an event takes at most 12,288 bytes encoded, a value of the state 262,144', () => {
    // A byte string of this length has a head of 3 bytes, or of 5.
    room.events.send('large', new Uint8Array(12_285));
    room.state.set('large', new Uint8Array(262_139));
    for (const [use, sizes] of [
      [() => room.events.send('large', new Uint8Array(12_286)), /12289 bytes.*12288/],
      [() => room.presence.update({ large: new Uint8Array(12_286) }), /12296 bytes.*12288/],
      [() => room.state.set('large', new Uint8Array(262_140)), /262145 bytes.*262144/],
    ] as const) {
      const { code, message } = thrown(use);
      expect(code).toBe('value-too-large');
      expect(message).toMatch(sizes);
    }
    expect(room.state.get('large')).toHaveLength(262_139);
  });

  test('ROOM-36: what is read is frozen to its depth, all but bytes and dates', () => {
    room.state.set('frozen', { list: [{ n: 1 }], bytes: new Uint8Array(1), when: new Date(5) });
    const value = room.state.get('frozen') as { list: { n: number }[]; bytes: Uint8Array };
    for (const change of [
      () => {
        value.list[0]!.n = 2;
      },
      () => value.list.push({ n: 3 }),
      () => {
        value.bytes = new Uint8Array(2);
      },
    ]) {
      expect(change).toThrow(TypeError);
    }
    expect(room.state.get('frozen')).toEqual({ list: [{ n: 1 }], bytes: new Uint8Array(1), when: new Date(5) });
    room.state.set('frozen', { ...value, list: [...value.list, { n: 3 }] });
    expect((room.state.get('frozen') as typeof value).list).toEqual([{ n: 1 }, { n: 3 }]);
  });

  test('ROOM-20: an event without a payload carries null, and its name is no key', () => {
    room.events.send('wave');
    const { code, message } = thrown(() => room.events.send('', 1));
    expect(code).toBe('key-invalid');
    expect(message).toMatch(/^An event name is text of 1 to 256 bytes/);
  });

  test('ROOM-13: what was set is a copy', () => {
    const value = { list: [1] };
    room.state.set('copy', value);
    value.list.push(2);
    expect(room.state.get('copy')).toEqual({ list: [1] });
  });
});

describe('shares', () => {
  test('ROOM-18: the share of one author is full at its limit, and an own key may still be replaced', () => {
    const small = join(DEAD_URL, { limits: { 'store.keysPerAuthor': 2 } });
    small.state.set('a', 1);
    small.state.set('b', 1);
    const { code, message } = thrown(() => small.state.set('c', 1));
    expect(code).toBe('quota-exceeded');
    expect(message).toContain('store.keysPerAuthor');
    small.state.set('b', 2);
    small.state.delete('a');
    small.state.set('c', 1);
    expect(Object.fromEntries(small.state.entries())).toEqual({ b: 2, c: 1 });
  });

  test('ROOM-18: more writes than wait are refused, and nothing of them is seen', () => {
    const small = join(DEAD_URL, {
      limits: { 'intake.unsigned': 16, 'guard.authorBurst': 1, 'guard.authorPerSecond': 1 },
    });
    // The initial presence took the burst.
    for (let i = 0; i < 16; i += 1) small.state.set(`k${i}`, i);
    expect(thrown(() => small.state.set('more', 1))).toMatchObject({
      code: 'too-many-pending',
      message: expect.stringContaining('room.drained()'),
    });
    expect(thrown(() => small.events.send('more', 1)).code).toBe('too-many-pending');
    small.state.set('k3', 'newer');
    expect(small.state.get('k3')).toBe('newer');
    expect(small.state.get('more')).toBeUndefined();
  });

  test('ROOM-18: what the policy forbids is refused here already', () => {
    const policy = [
      { key: 'mine/{self}', write: 'author' as const },
      { key: 'fixed', write: [] },
    ];
    const strict = join(DEAD_URL, { policy });
    strict.state.set(`mine/${strict.self.id}`, 1);
    for (const key of ['fixed', 'unnamed', `mine/${'0'.repeat(64)}`]) {
      const { code, message } = thrown(() => strict.state.set(key, 1));
      expect(code).toBe('forbidden-by-policy');
      expect(message).toContain(key);
    }
    // Events are nobody's keys.
    strict.events.send('anything', 1);
  });

  test('ROOM-18: by default what lies under user/<id>/ is its owner’s', () => {
    room.state.set(`user/${room.self.id}/x`, 1);
    expect(thrown(() => room.state.set(`user/${'0'.repeat(64)}/x`, 1)).code).toBe('forbidden-by-policy');
  });
});

test('ROOM-17: what is no handler, and a signal that there is not, is refused when it is subscribed', () => {
  for (const handler of [undefined, null, 5, {}]) {
    for (const subscribe of [
      () => room.on('status', handler as never),
      () => room.state.subscribe(handler as never),
      () => room.presence.subscribe(handler as never),
      () => room.events.on('name', handler as never),
      () => room.events.onAny(handler as never),
    ]) {
      expect(thrown(subscribe)).toMatchObject({ code: 'bad-config', message: expect.stringContaining('function') });
    }
  }
  for (const name of ['explosion', '__proto__', 'toString']) {
    const { code, message } = thrown(() => room.on(name as never, () => undefined));
    expect(code).toBe('bad-config');
    expect(message).toContain('peer-join');
  }
});

test('ROOM-18: after leaving every write is refused, a presence too, and reading goes on', async () => {
  const gone = join(DEAD_URL);
  gone.state.set('kept', 1);
  await gone.leave();
  for (const use of [
    () => gone.state.set('a', 1),
    () => gone.state.delete('kept'),
    () => gone.events.send('a', 1),
    () => gone.presence.update({ x: 1 }),
  ]) {
    expect(thrown(use)).toMatchObject({ code: 'room-left', message: expect.stringContaining('left') });
  }
  expect(gone.state.get('kept')).toBe(1);
});

describe('room.drained()', () => {
  const config = { limits: { 'guard.authorBurst': 5, 'guard.authorPerSecond': 50 } };

  test('ROOM-40: it resolves at once while writes go out as they are made, and later when they wait', async () => {
    const slow = join(DEAD_URL, config);
    // The initial presence is the first of the burst.
    for (let i = 0; i < 4; i += 1) slow.state.set(`k${i}`, i);
    await slow.drained();
    for (let i = 4; i < 14; i += 1) slow.state.set(`k${i}`, i);
    let drained = false;
    const waiting = slow.drained().then(() => {
      drained = true;
    });
    await new Promise(resolve => setTimeout(resolve, 20));
    expect(drained).toBe(false);
    await waiting;
    await slow.drained();
  });

  test('ROOM-40: awaited after each write it keeps a loop from being refused, and nothing is lost', async () => {
    const [a, b] = await pair({ limits: { ...config.limits, 'intake.unsigned': 16 } });
    for (let i = 0; i < 60; i += 1) {
      a.events.send('tick', i);
      a.state.set(`k${i}`, i);
      await a.drained();
    }
    await until(() => b.state.size === 60);
    expect(a.stats()).toMatchObject({ queuedBytes: 0, droppedSoft: 0 });
  });

  test('ROOM-40: a room that is left rejects it', async () => {
    const gone = join(DEAD_URL, config);
    for (let i = 0; i < 10; i += 1) gone.state.set(`k${i}`, i);
    const waiting = gone.drained();
    const left = gone.leave();
    await expect(waiting).rejects.toMatchObject({ code: 'room-left' });
    await left;
    await expect(gone.drained()).rejects.toMatchObject({ code: 'room-left' });
  });
});
