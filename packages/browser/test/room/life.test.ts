/** Beginning and end: ready, refusals, aborting, leaving, and a process that may exit. */
import { expect, test, vi } from 'vitest';
import { createIdentity, type Identity } from '../../src/index.ts';
import { fakeClock } from './fake-clock.ts';
import { type AnyRoom, DEAD_URL, join, joinOn, pair, platform, signaling, until } from './rig.ts';

test('ROOM-22: ready alone', async () => {
  const room = join(await signaling());
  await room.ready;
  expect(room.status).toBe('connected');
});

test('ROOM-22: ready with others means that their state and presence are there', async () => {
  const url = await signaling();
  const a = join(url, { presence: { name: 'a' } });
  await a.ready;
  for (let i = 0; i < 50; i += 1) a.state.set(`key ${i}`, i);
  await until(() => a.stats().unsigned === 0);
  const b = join(url);
  await b.ready;
  // Nothing is waited for here: this is what ready promises.
  expect(b.state.size).toBe(50);
  expect(b.presence.others.get(a.self.id)?.presence).toEqual({ name: 'a' });
  expect(b.status).toBe('connected');
});

test('ROOM-23: a server that refuses rejects ready, with its reason, and is an error signal', async () => {
  const url = await signaling({ authorize: ({ token }) => token === 'let me in' });
  const errors: unknown[] = [];
  const refused = join(url, { joinToken: 'wrong' });
  refused.on('error', error => errors.push(error.code));
  await expect(refused.ready).rejects.toMatchObject({
    name: 'HearsayError',
    code: 'signaling-refused',
    message: expect.stringContaining('forbidden'),
  });
  expect(errors).toEqual(['signaling-refused']);
  const admitted = join(url, { joinToken: 'let me in' });
  await admitted.ready;
});

test('ROOM-24: an unreachable server rejects ready after 20 s, and the room goes on trying', async () => {
  const clock = fakeClock();
  const sockets: { onclose: (() => void) | null }[] = [];
  class DeadSocket {
    onopen = null;
    onmessage = null;
    onclose: (() => void) | null = null;
    onerror = null;
    bufferedAmount = 0;
    constructor() {
      sockets.push(this);
      queueMicrotask(() => this.onclose?.());
    }
    send(): void {}
    close(): void {}
  }
  const room = joinOn(platform({ clock, WebSocket: DeadSocket }), { app: 'test', signaling: DEAD_URL });
  const errors: unknown[] = [];
  room.on('error', error => errors.push(error.code));
  let outcome: unknown = 'open';
  room.ready.catch(error => {
    outcome = error;
  });
  const turn = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await new Promise(resolve => setTimeout(resolve, 0));
  };
  for (let s = 0; s < 19; s += 1) await turn(1_000);
  expect(outcome).toBe('open');
  await turn(1_000);
  expect(outcome).toMatchObject({ code: 'signaling-unreachable', message: expect.stringContaining('URL') });
  expect(errors).toEqual(['signaling-unreachable']);
  expect(room.status).toBe('connecting');
  const tried = sockets.length;
  for (let s = 0; s < 60; s += 1) await turn(1_000);
  expect(sockets.length).toBeGreaterThan(tried);
  await room.leave();
  expect(clock.timers()).toBe(0);
});

test('ROOM-24: nobody has to look at ready', async () => {
  const room = join(DEAD_URL);
  await room.leave();
  await expect(room.ready).rejects.toMatchObject({ code: 'room-left' });
});

test('ROOM-25: aborting leaves the room, and ready says so', async () => {
  const aborting = new AbortController();
  const room = join(DEAD_URL, { signal: aborting.signal });
  aborting.abort();
  expect(room.status).toBe('left');
  await expect(room.ready).rejects.toMatchObject({ code: 'aborted' });
  await room.leave();
});

test('ROOM-25: aborting a room that is in use says goodbye', async () => {
  const aborting = new AbortController();
  const [a, b] = await pair({ signal: aborting.signal });
  const told: string[] = [];
  a.on('status', status => told.push(status));
  aborting.abort();
  expect([a.status, b.status]).toEqual(['left', 'left']);
  expect(told).toEqual(['left']);
  await a.ready;
});

test('ROOM-25: a signal that outlives its rooms does not keep them', async () => {
  const { signal } = new AbortController();
  const added = vi.spyOn(signal, 'addEventListener');
  const removed = vi.spyOn(signal, 'removeEventListener');
  const room = join(DEAD_URL, { signal });
  await room.leave();
  expect(removed.mock.calls).toEqual(added.mock.calls);
});

test('ROOM-26: leaving resolves soon, says goodbye, and may be repeated', async () => {
  const [a, b] = await pair();
  const started = performance.now();
  await Promise.all([a.leave(), a.leave()]);
  await a.leave();
  // Far below the 2 s that are given to stacks that do not answer.
  expect(performance.now() - started).toBeLessThan(1_800);
  expect(a.status).toBe('left');
  expect(a.links).toEqual([]);
  await until(() => b.presence.others.size === 0);
});

test('ROOM-26: a handler that leaves again, or writes, while the room is being left does no harm', async () => {
  const [a] = await pair();
  const seen: unknown[] = [];
  a.on('status', () => {
    void a.leave().then(() => seen.push('left'));
    try {
      a.state.set('late', 1);
    } catch (error) {
      seen.push((error as { code: unknown }).code);
    }
  });
  const started = performance.now();
  await a.leave();
  expect(performance.now() - started).toBeLessThan(1_800);
  expect(seen).toEqual(['room-left', 'left']);
});

test('ROOM-26: what was written just before leaving arrives, and before the goodbye', async () => {
  const [a, b] = await pair();
  const heard: unknown[] = [];
  b.state.subscribe(({ key }) => heard.push(key));
  b.events.on('bye', payload => heard.push(payload));
  b.on('peer-leave', ({ reason }) => heard.push(reason));
  a.state.set('last', 1);
  a.events.send('bye', 'words');
  const leaving = a.leave();
  expect(a.status).toBe('left');
  await leaving;
  await until(() => heard.length === 3);
  expect(heard).toEqual(['last', 'words', 'left']);
});

test('ROOM-26: a signature that is never made keeps nobody, and a page that goes waits for none', async () => {
  for (const goes of [false, true]) {
    let going: () => void = () => undefined;
    const onGoing = (leave: () => void): (() => void) => {
      going = leave;
      return () => undefined;
    };
    const real = await createIdentity();
    let silent = false;
    const identity: Identity = { ...real, sign: bytes => (silent ? new Promise(() => undefined) : real.sign(bytes)) };
    const room = joinOn(platform({ onGoing }), { app: 'test', signaling: await signaling(), identity });
    await room.ready;
    const told: string[] = [];
    room.on('status', status => told.push(status));
    silent = true;
    room.state.set('last', 1);
    if (goes) {
      going();
      expect(told).toEqual(['left']);
    }
    const started = performance.now();
    await room.leave();
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(told).toEqual(['left']);
  }
});

test('ROOM-26: leaving never rejects, even when a port fails', async () => {
  const failing = platform();
  const room = joinOn(
    {
      ...failing,
      openRtc: () => {
        const rtc = failing.openRtc()!;
        return {
          wrtc: rtc.wrtc,
          release: async () => {
            await rtc.release();
            throw new Error('no');
          },
        };
      },
    },
    { app: 'test', signaling: DEAD_URL },
  );
  await expect(room.leave()).resolves.toBeUndefined();
});

test('ROOM-26: a page or process that goes takes the room with it, and is not watched afterwards', async () => {
  let going: (() => void) | undefined;
  const stop = vi.fn();
  const onGoing = (leave: () => void): (() => void) => {
    going = leave;
    return stop;
  };
  const room: AnyRoom = joinOn(platform({ onGoing }), { app: 'test', signaling: DEAD_URL });
  expect(stop).not.toHaveBeenCalled();
  going?.();
  expect(room.status).toBe('left');
  expect(stop).toHaveBeenCalledTimes(1);
});
