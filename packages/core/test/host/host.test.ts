import { expect, test } from 'vitest';
import type { Effect } from '../../src/effect.ts';
import type { Engine } from '../../src/engine.ts';
import { createHost, type Host } from '../../src/host/index.ts';
import type { Delivery, Input } from '../../src/input.ts';
import type { Job, MonoMs, RecordId } from '../../src/types.ts';
import { at, peer } from '../support/peers.ts';

interface Timer {
  readonly delayMs: number;
  readonly fire: () => void;
  cancelled: boolean;
}

interface Bench {
  readonly host: Host;
  readonly log: string[];
  readonly inputs: Input[];
  readonly timers: Timer[];
  readonly troubles: string[];
  /** Effects that the next input causes. */
  next(...effects: readonly Effect[]): void;
  wakeAt: number | undefined;
  mono: number;
}

let hold: Promise<void> | undefined;
const crypto = {
  sign: async (bytes: Uint8Array): Promise<Uint8Array> => {
    if (bytes.length === 0) throw new Error('no key');
    return new Uint8Array([9]);
  },
  verify: async (_key: string, signature: Uint8Array): Promise<boolean> => {
    if (signature.length === 0) throw new Error('broken');
    if (signature[0] === 1) await hold;
    return true;
  },
};

function bench(onSend: (bench: Bench) => void = () => {}): Bench {
  const pending: (readonly Effect[])[] = [];
  const log: string[] = [];
  const note =
    (what: string) =>
    (...args: readonly unknown[]): void =>
      void log.push([what, ...args.map(String)].join(' '));
  const engine = {
    handle(input: Input): readonly Effect[] {
      b.inputs.push(input);
      log.push(`> ${input.type}`);
      return pending.shift() ?? [];
    },
    nextWakeAt: () => b.wakeAt as MonoMs | undefined,
  } as unknown as Engine;
  const b: Bench = {
    host: createHost({
      engine,
      clock: {
        now: () => at(b.mono),
        timer(delayMs, fire) {
          const timer: Timer = { delayMs, fire, cancelled: false };
          b.timers.push(timer);
          return () => {
            timer.cancelled = true;
          };
        },
      },
      crypto,
      links: {
        dial: note('dial'),
        signal: note('signal'),
        send(to, bytes) {
          note('send')(to.slice(0, 8), bytes.length);
          onSend(b);
        },
        bufferedBytes: () => 0,
        watch: note('watch'),
        close: note('close'),
        shutdown: async () => {},
      },
      rendezvous: { open: note('open'), close: note('shut'), introduce: note('introduce'), signal: note('relay') },
      storage: {
        load: async () => [],
        keep: async () => {
          throw new Error('disk full');
        },
        forget: async () => {},
      },
      onDelivery: (delivery: Delivery) => note('deliver')(delivery.what),
      onTrouble: code => void b.troubles.push(code),
    }),
    log,
    inputs: [],
    timers: [],
    troubles: [],
    next: (...effects) => void pending.push(effects),
    wakeAt: undefined,
    mono: 0,
  };
  return b;
}

const settle = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 0));

test('HOST-1: effects are obeyed in order, each by its port', () => {
  const b = bench();
  b.next(
    { type: 'rendezvous', open: true },
    { type: 'introduce' },
    { type: 'dial', peer: peer(1), session: 5, initiator: true, key: new Uint8Array([4]) },
    { type: 'rtc-signal', peer: peer(1), session: 5, data: 'offer' },
    { type: 'send', to: peer(1), bytes: new Uint8Array(3) },
    { type: 'watch-link', peer: peer(1), below: 4_096 },
    { type: 'server-signal', to: peer(1), payload: new Uint8Array([7]) },
    { type: 'deliver', delivery: { what: 'ready' } },
    { type: 'close-link', peer: peer(1), reason: 'full' },
    { type: 'rendezvous', open: false },
  );
  b.host.push({ type: 'start' });
  const one = peer(1);
  expect(b.log).toEqual([
    '> start',
    'open',
    'introduce',
    `dial ${one} 5 true 4`,
    `signal ${one} 5 offer`,
    'send 00000001 3',
    `watch ${one} 4096`,
    `relay ${one} 7`,
    'deliver ready',
    `close ${one} full`,
    'shut',
  ]);
});

test('HOST-1: an input that comes while effects are obeyed waits for its turn', () => {
  const b = bench(({ host }) => host.push({ type: 'link-down', peer: peer(1), reason: 'gone' }));
  b.next({ type: 'send', to: peer(1), bytes: new Uint8Array(1) }, { type: 'introduce' });
  b.host.push({ type: 'start' });
  expect(b.log).toEqual(['> start', 'send 00000001 1', 'introduce', '> link-down']);
});

test('HOST-2: one timer stands for the one deadline, and moves only when that moves', () => {
  const b = bench();
  b.wakeAt = 500;
  b.host.push({ type: 'start' });
  b.host.push({ type: 'wake' });
  expect(b.timers.map(({ delayMs }) => delayMs)).toEqual([500]);
  b.mono = 100;
  b.wakeAt = 300;
  b.host.push({ type: 'wake' });
  expect(b.timers.map(({ delayMs, cancelled }) => [delayMs, cancelled])).toEqual([
    [500, true],
    [200, false],
  ]);
  b.mono = 900;
  b.wakeAt = 800;
  b.timers[1]!.fire();
  expect(b.inputs.at(-1)).toEqual({ type: 'wake' });
  expect(b.timers[2]?.delayMs).toBe(0);
  b.wakeAt = undefined;
  b.timers[2]!.fire();
  expect(b.timers).toHaveLength(3);
});

test('HOST-2: a deadline further than any platform’s timer is waited for in pieces', () => {
  const b = bench();
  b.wakeAt = 2 ** 40;
  b.host.push({ type: 'start' });
  expect(b.timers[0]?.delayMs).toBe(2 ** 31 - 1);
  b.mono = 2 ** 31 - 1;
  b.timers[0]!.fire();
  expect(b.timers[1]?.delayMs).toBe(2 ** 31 - 1);
});

test('HOST-3: a host that was stopped does nothing more', async () => {
  const b = bench();
  b.wakeAt = 5;
  b.next({ type: 'sign', job: 1 as Job, bytes: new Uint8Array(1) });
  b.host.push({ type: 'start' });
  b.host.stop();
  await settle();
  b.host.push({ type: 'wake' });
  expect(b.inputs).toEqual([{ type: 'start' }]);
  expect(b.timers[0]?.cancelled).toBe(true);
});

test('HOST-4: signatures made and checked come back as inputs', async () => {
  const b = bench();
  b.next(
    { type: 'sign', job: 1 as Job, bytes: new Uint8Array(1) },
    { type: 'verify', job: 2 as Job, key: peer(1), signature: new Uint8Array(1), bytes: new Uint8Array(1) },
  );
  b.host.push({ type: 'start' });
  await settle();
  expect(b.inputs.slice(1)).toEqual([
    { type: 'signed', job: 1, signature: new Uint8Array([9]) },
    { type: 'verified', job: 2, ok: true },
  ]);
});

test('HOST-4: crypto that fails is reported, and a check that failed is no yes', async () => {
  const b = bench();
  b.next(
    { type: 'sign', job: 1 as Job, bytes: new Uint8Array(0) },
    { type: 'verify', job: 2 as Job, key: peer(1), signature: new Uint8Array(0), bytes: new Uint8Array(1) },
  );
  b.host.push({ type: 'start' });
  await settle();
  expect(b.inputs.slice(1)).toEqual([{ type: 'verified', job: 2, ok: false }]);
  expect(b.troubles).toEqual(['no-crypto', 'no-crypto']);
});

test('HOST-6: a check that takes longer is answered before those asked for after it', async () => {
  const b = bench();
  let release: () => void = () => undefined;
  hold = new Promise(resolve => {
    release = resolve;
  });
  const verify = (job: number, first: number): Effect => ({
    type: 'verify',
    job: job as Job,
    key: peer(1),
    signature: new Uint8Array([first]),
    bytes: new Uint8Array(1),
  });
  b.next(verify(1, 1), verify(2, 0));
  b.host.push({ type: 'wake' });
  await new Promise(resolve => setTimeout(resolve, 5));
  expect(b.inputs.filter(input => input.type === 'verified')).toEqual([]);
  release();
  await new Promise(resolve => setTimeout(resolve, 5));
  expect(b.inputs.filter(input => input.type === 'verified').map(input => input.job)).toEqual([1, 2]);
});

test('HOST-5: storage that fails is reported, and the engine goes on', async () => {
  const b = bench();
  b.next(
    { type: 'keep', id: 'a' as RecordId, bytes: new Uint8Array(1) },
    { type: 'forget', id: 'a' as RecordId },
    { type: 'introduce' },
  );
  b.host.push({ type: 'start' });
  await settle();
  expect(b.log).toEqual(['> start', 'introduce']);
  expect(b.troubles).toEqual(['storage-failed']);
});
