import type { Wire } from '@hearsay/core';
import type { Delivery, PeerId } from '@hearsay/core/host';
import { expect, test } from 'vitest';
import type { PresenceChange } from '../../src/room/api.ts';
import { createPresenceMirror } from '../../src/room/presence.ts';
import { fakeClock } from './fake-clock.ts';
import { thrown } from './rig.ts';

interface Shown {
  name?: string;
  x?: number;
  nested?: { deep: number } | undefined;
}

const ADA = 'a'.repeat(64) as PeerId;

function mirror(initial: { [field: string]: Wire } = { name: 'me' }) {
  const clock = fakeClock();
  const published: unknown[] = [];
  const members: unknown[] = [];
  const presence = createPresenceMirror<Shown>(
    initial,
    clock,
    value => published.push(value),
    change => members.push(change),
  );
  return { clock, published, members, presence };
}

function present(presence: Shown, status: 'alive' | 'suspect' = 'alive'): Extract<Delivery, { what: 'presence' }> {
  return { what: 'presence', peer: ADA, presence: presence as never, joinedAtMs: 5, status };
}

test('ROOM-8: update() merges shallowly, at once here', () => {
  const { presence } = mirror({ name: 'me', nested: { deep: 1 } });
  presence.update({ x: 1 });
  presence.update({ nested: { deep: 2 } });
  expect(presence.self).toEqual({ name: 'me', x: 1, nested: { deep: 2 } });
});

test('ROOM-8: an undefined field is left out of what others see', () => {
  const { clock, presence, published } = mirror({ name: 'me', nested: { deep: 1 } });
  presence.update({ nested: undefined });
  clock.advance(100);
  expect(published).toEqual([{ name: 'me' }]);
});

test('ROOM-9: many updates leave as the newest, once in 60 ms and a last time', () => {
  const { clock, presence, published } = mirror();
  for (let x = 1; x <= 600; x += 1) {
    clock.advance(1);
    presence.update({ x });
  }
  clock.advance(1_000);
  expect(published).toHaveLength(11);
  expect(published.at(-1)).toEqual({ name: 'me', x: 600 });
  expect(clock.timers()).toBe(0);
});

test('ROOM-9: an update after a pause leaves at once', () => {
  const { clock, presence, published } = mirror();
  clock.advance(60);
  presence.update({ x: 1 });
  expect(published).toEqual([{ name: 'me', x: 1 }]);
});

test('ROOM-9: what waits is what was passed, whatever the app does to its objects afterwards', () => {
  const { clock, presence, published } = mirror();
  const nested = { deep: 1 };
  presence.update({ nested });
  nested.deep = 2;
  clock.advance(100);
  expect(published).toEqual([{ name: 'me', nested: { deep: 1 } }]);
});

test('ROOM-9: after the end nothing leaves', () => {
  const { clock, presence, published } = mirror();
  presence.update({ x: 1 });
  presence.stop();
  expect(thrown(() => presence.update({ x: 2 })).code).toBe('room-left');
  clock.advance(1_000);
  expect(published).toEqual([]);
  expect(clock.timers()).toBe(0);
});

test('ROOM-10: a refused update throws, and the presence stays as it was', () => {
  const { clock, presence, published } = mirror();
  expect(thrown(() => presence.update({ name: 'x'.repeat(20_000) })).code).toBe('value-too-large');
  const refused = thrown(() => presence.update({ nested: { deep: () => 1 } as never }));
  expect(refused.code).toBe('value-unsupported');
  expect(refused.message).toContain('$.nested.deep');
  for (const patch of [null, undefined, 'text', 5, [1], new Uint8Array(1)]) {
    expect(thrown(() => presence.update(patch as never)).code).toBe('value-unsupported');
  }
  clock.advance(1_000);
  expect(presence.self).toEqual({ name: 'me' });
  expect(published).toEqual([]);
});

test('ROOM-36: the own presence and those of others are frozen copies', () => {
  const initial = { name: 'me', nested: { deep: 1 } };
  const { presence } = mirror(initial);
  initial.nested.deep = 2;
  const shown = presence.self as { nested: { deep: number } };
  expect(() => {
    shown.nested.deep = 3;
  }).toThrow(TypeError);
  const patch = { nested: { deep: 4 } };
  presence.update(patch);
  patch.nested.deep = 5;
  expect(presence.self).toEqual({ name: 'me', nested: { deep: 4 } });
  presence.apply(present({ nested: { deep: 1 } }))();
  const ada = presence.others.get(ADA)!;
  expect([Object.isFrozen(ada), Object.isFrozen(ada.presence), Object.isFrozen(ada.presence.nested)]).toEqual([
    true,
    true,
    true,
  ]);
});

test('ROOM-11: a new handler is told at once who is present, with no change', () => {
  const { presence } = mirror();
  presence.apply(present({ name: 'ada' }))();
  const heard: unknown[] = [];
  presence.subscribe((others, change) => heard.push([[...others], change]));
  expect(heard).toEqual([[[[ADA, { presence: { name: 'ada' }, joinedAt: 5, status: 'alive' }]], undefined]]);
});

test('ROOM-12: a first sight is a join, every further one an update, the end a leave', () => {
  const { presence, members } = mirror();
  const changes: (PresenceChange | undefined)[] = [];
  presence.subscribe((_, change) => changes.push(change));
  presence.apply(present({ x: 1 }))();
  presence.apply(present({ x: 2 }))();
  presence.apply(present({ x: 2 }, 'suspect'))();
  expect(presence.others.get(ADA)?.status).toBe('suspect');
  presence.apply({ what: 'presence-gone', peer: ADA, reason: 'failed' })();
  expect(changes.map(change => change?.type)).toEqual([undefined, 'join', 'update', 'update', 'leave']);
  expect(members).toEqual([{ peer: ADA }, { peer: ADA, reason: 'failed' }]);
  expect(presence.others.size).toBe(0);
});

test('ROOM-12: two deliveries that are told together are still one join and one update', () => {
  const { presence } = mirror();
  const changes: (PresenceChange | undefined)[] = [];
  presence.subscribe((_, change) => changes.push(change));
  const news = [presence.apply(present({ x: 1 })), presence.apply(present({ x: 2 }))];
  for (const tell of news) tell();
  expect(changes.map(change => change?.type)).toEqual([undefined, 'join', 'update']);
});
