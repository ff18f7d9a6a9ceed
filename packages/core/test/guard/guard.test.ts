import { expect, test } from 'vitest';
import { type ConfigOverrides, makeConfig } from '../../src/config.ts';
import type { Offence } from '../../src/fact.ts';
import { createGuard, type Guard } from '../../src/guard/guard.ts';
import type { PeerId } from '../../src/types.ts';
import { at, peer } from '../support/peers.ts';
import { createRecorder, ofType, type Recorder } from '../support/recorder.ts';

const liar = peer(1);
const friend = peer(2);

interface Bench extends Recorder {
  readonly guard: Guard;
  offend(offence: Offence, times: number, mono?: number, who?: PeerId): void;
  banned(): readonly PeerId[];
}

function bench(config: ConfigOverrides = {}): Bench {
  const recorder = createRecorder();
  const guard = createGuard(makeConfig(config), recorder.outbox);
  return {
    ...recorder,
    guard,
    offend(offence, times, mono = 0, who = liar) {
      for (let i = 0; i < times; i++)
        guard.onMisbehaved({ type: 'misbehaved', peer: who, offence, detail: 'x' }, at(mono));
    },
    banned: () => ofType(recorder.facts(), 'peer-banned').map(fact => fact.peer),
  };
}

const admitted = (guard: Guard, frames: number, bytes: number, mono: number, who = liar): number => {
  let count = 0;
  for (let i = 0; i < frames; i++) if (guard.admit(who, bytes, at(mono))) count += 1;
  return count;
};

test('GUARD-1: a link may send two seconds’ worth of frames at once, empty ones counted as one', () => {
  const { guard } = bench({ 'guard.linkFramesPerSecond': 100 });
  expect(admitted(guard, 199, 0, 0)).toBe(199);
  expect(admitted(guard, 1, 0, 0)).toBe(1);
  expect(admitted(guard, 1, 0, 0)).toBe(0);
  expect(admitted(guard, 1, 0, 0, friend)).toBe(1);
});

test('GUARD-1: a link may send two seconds’ worth of bytes at once', () => {
  const { guard } = bench({ 'guard.linkBytesPerSecond': 50_000 });
  expect(guard.admit(liar, 60_000, at(0))).toBe(true);
  expect(guard.admit(liar, 39_999, at(0))).toBe(true);
  expect(guard.admit(liar, 2, at(0))).toBe(false);
  expect(guard.admit(liar, 1, at(0))).toBe(true);
  expect(guard.admit(liar, 1, at(0))).toBe(false);
});

test('GUARD-2: what was used comes back at the rate of the link', () => {
  const { guard } = bench({ 'guard.linkFramesPerSecond': 100 });
  admitted(guard, 200, 0, 0);
  expect(admitted(guard, 100, 0, 1_000)).toBe(100);
  expect(admitted(guard, 1, 0, 1_000)).toBe(0);
  expect(admitted(guard, 300, 0, 60_000)).toBe(200);
});

test('GUARD-3: an author has its share through all links together', () => {
  const { guard } = bench({ 'guard.authorPerSecond': 10, 'guard.authorBurst': 20 });
  const taken = (mono: number): number =>
    Array.from({ length: 30 }, () => guard.admitAuthor(liar, at(mono))).filter(Boolean).length;
  expect(taken(0)).toBe(20);
  expect(taken(500)).toBe(5);
  expect(guard.admitAuthor(friend, at(500))).toBe(true);
});

test.each([1, 7, 20, 300, 999])('GUARD-3: a burst is admitted whole, whatever fractions its times are: %d/s', rate => {
  const { guard } = bench({ 'guard.authorPerSecond': rate, 'guard.authorBurst': 300 });
  for (const mono of [0.1, 1_234.567, 86_400_000 / 7]) {
    const taken = Array.from({ length: 301 }, () => guard.admitAuthor(peer(Math.ceil(mono)), at(mono)));
    expect(taken.indexOf(false)).toBe(300);
  }
});

test('GUARD-3: the table of authors is bounded', () => {
  const { guard } = bench({ 'presence.maxAuthors': 8, 'guard.authorBurst': 1, 'guard.authorPerSecond': 1 });
  for (let n = 1; n <= 8; n++) expect(guard.admitAuthor(peer(n), at(0))).toBe(true);
  expect(guard.admitAuthor(peer(1), at(0))).toBe(false);
  for (let n = 9; n <= 16; n++) expect(guard.admitAuthor(peer(n), at(0))).toBe(true);
  // Forgotten, so it begins anew: the price of a bound.
  expect(guard.admitAuthor(peer(1), at(0))).toBe(true);
});

test('GUARD-3: an author is not forgotten before its share would be whole again', () => {
  const { guard } = bench({ 'guard.authorPerSecond': 10, 'guard.authorBurst': 20 });
  const taken = (mono: number): number => {
    guard.admitAuthor(friend, at(mono));
    return Array.from({ length: 30 }, () => guard.admitAuthor(liar, at(mono))).filter(Boolean).length;
  };
  expect([taken(0), taken(1_999), taken(4_000)]).toEqual([20, 19, 20]);
});

test('GUARD-4: the tenth offence of one kind cuts the link, not the ninth', () => {
  const { offend, banned } = bench();
  offend('bad-frame', 9);
  expect(banned()).toEqual([]);
  offend('bad-frame', 1);
  expect(banned()).toEqual([liar]);
});

test('GUARD-4: kinds are counted apart: nine of each cut nothing', () => {
  const { offend, banned } = bench();
  for (const offence of ['bad-frame', 'bad-record', 'bad-signature', 'forbidden', 'bad-signal'] as const) {
    offend(offence, 9);
  }
  expect(banned()).toEqual([]);
});

test('GUARD-5: one offence is forgiven per half minute, and good conduct buys no more', () => {
  const { offend, banned } = bench();
  offend('bad-signature', 9, 0);
  offend('bad-signature', 1, 30_000);
  expect(banned()).toEqual([]);
  offend('bad-signature', 1, 59_999);
  expect(banned()).toEqual([liar]);
  // A long quiet time gives back nine, never more.
  offend('bad-signature', 10, 10_000_000, friend);
  expect(banned()).toEqual([friend]);
});

test('GUARD-6: being too fast is forgiven a hundred times more easily', () => {
  const { offend, banned } = bench();
  offend('over-rate', 999);
  expect(banned()).toEqual([]);
  offend('over-rate', 1);
  expect(banned()).toEqual([liar]);
});

test('GUARD-7: a ban is said once, with its reason, to the app too', () => {
  const { offend, facts, deliveries } = bench();
  offend('bad-record', 25);
  expect(facts()).toEqual([{ type: 'peer-banned', peer: liar, offence: 'bad-record' }]);
  expect(deliveries()).toEqual([
    { what: 'warning', code: 'bad-record', peer: liar, message: expect.stringContaining('bad-record (x)') },
  ]);
});

test('GUARD-8: offences and bans outlive the link, a ban for exactly its time', () => {
  const { guard, offend, banned } = bench({ 'guard.banMs': 5_000 });
  offend('bad-frame', 9);
  guard.onNeighbourDown(liar);
  offend('bad-frame', 1, 1);
  expect(banned()).toEqual([liar]);
  guard.onNeighbourDown(liar);
  expect(guard.isBanned(liar, at(5_000))).toBe(true);
  expect(guard.isBanned(liar, at(5_001))).toBe(false);
  expect(guard.isBanned(friend, at(1))).toBe(false);
});

test('GUARD-9: bans and offences are remembered of a bounded number of peers', () => {
  const { guard, offend } = bench({ 'guard.peers': 16 });
  for (let n = 1; n <= 16; n++) offend('bad-frame', 10, 0, peer(n));
  expect(guard.bans()).toBe(16);
  offend('bad-frame', 10, 0, peer(17));
  expect(guard.bans()).toBe(16);
  expect(guard.isBanned(peer(17), at(0))).toBe(true);
  expect(guard.isBanned(peer(1), at(0))).toBe(false);
});
