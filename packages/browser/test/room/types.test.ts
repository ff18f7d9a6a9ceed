/** What the compiler promises an app: checked when the tests are type-checked, the body never runs. */
import { expectTypeOf, test } from 'vitest';
import { createIdentity, exportIdentity, type Identity, importIdentity, joinRoom, type Room } from '../../src/index.ts';
import type { Other, PresenceChange } from '../../src/room/api.ts';

interface Shown {
  name: string;
  cursor: { x: number; y: number } | null;
}

interface Shared {
  title: string;
  due: Date;
  [note: `note/${string}`]: { text: string };
}

type Heard = {
  reaction: { emoji: string };
  cleared: null;
};

const config = { app: 'a', signaling: 'ws://a.example', presence: { name: 'Ada', cursor: null } as Shown };

function typedRoom(): Room<Shown, Shared, Heard> {
  return joinRoom<Shown, Shared, Heard>(config, 'lobby');
}

test('ROOM-32: the three nouns carry the app’s types', () => {
  expectTypeOf(typedRoom).returns.toEqualTypeOf<Room<Shown, Shared, Heard>>();
  expectTypeOf<Room<Shown>['presence']['self']>().toEqualTypeOf<Shown>();
  expectTypeOf<Room<Shown>['presence']['update']>().parameter(0).toEqualTypeOf<Partial<Shown>>();
  expectTypeOf<Room<Shown>['presence']['others']>().toExtend<ReadonlyMap<string, Other<Shown>>>();
  expectTypeOf<Other<Shown>['status']>().toEqualTypeOf<'alive' | 'suspect' | 'away'>();
  expectTypeOf<PresenceChange['type']>().toEqualTypeOf<'join' | 'update' | 'leave'>();
  expectTypeOf<Room['status']>().toEqualTypeOf<'connecting' | 'connected' | 'isolated' | 'reconnecting' | 'left'>();
  expectTypeOf<Room['ready']>().toEqualTypeOf<Promise<void>>();
  expectTypeOf<ReturnType<Room['leave']>>().toEqualTypeOf<Promise<void>>();
});

/** Never called: every line must compile, or must not where it says so. */
export function uses(room: Room<Shown, Shared, Heard>, untyped: Room): void {
  expectTypeOf(room.state.get('title')).toEqualTypeOf<string | undefined>();
  expectTypeOf(room.state.get('due')).toEqualTypeOf<Date | undefined>();
  expectTypeOf(room.state.get('note/1')).toEqualTypeOf<{ text: string } | undefined>();
  room.state.set('note/1', { text: 'x' });
  // @ts-expect-error: a title is text
  room.state.set('title', 5);
  // @ts-expect-error: no such key
  room.state.get('subtitle');
  // @ts-expect-error: no such field
  room.presence.update({ colour: 'red' });
  room.events.on('reaction', (payload, { from }) => {
    expectTypeOf(payload).toEqualTypeOf<{ emoji: string }>();
    expectTypeOf(from).toExtend<string>();
  });
  room.events.send('cleared', null);
  // @ts-expect-error: a reaction has an emoji
  room.events.send('reaction', {});
  // @ts-expect-error: no such event
  room.events.on('explosion', () => undefined);
  room.on('peer-leave', ({ peer, reason }) => {
    expectTypeOf(peer).toExtend<string>();
    expectTypeOf(reason).toEqualTypeOf<'left' | 'failed' | 'expired'>();
  });
  // @ts-expect-error: no such signal
  room.on('explosion', () => undefined);
  expectTypeOf(untyped.state.get('anything')).toEqualTypeOf<unknown>();
  untyped.state.set('anything', new Date());
  untyped.events.send('anything', 5n);
  joinRoom({ app: 'a', signaling: ['ws://a.example'], signal: new AbortController().signal }, 'lobby');
  joinRoom({ app: 'a', signaling: 'ws://a.example', iceServers: async () => [{ urls: 'stun:a.example' }] }, 'lobby');
  // @ts-expect-error: the presence must fit
  joinRoom<Shown>({ app: 'a', signaling: 'ws://a.example', presence: { name: 5, cursor: null } }, 'lobby');
  // @ts-expect-error: an app is needed
  joinRoom({ signaling: 'ws://a.example' }, 'lobby');
}

test('ROOM-32: identities are typed', () => {
  expectTypeOf(createIdentity).returns.resolves.toEqualTypeOf<Identity>();
  expectTypeOf(importIdentity).returns.resolves.toEqualTypeOf<Identity>();
  expectTypeOf(exportIdentity).returns.resolves.toEqualTypeOf<string>();
});
