import { expect, test } from 'vitest';
import { createHlcClock, hlcAt, wallMsOf } from '../../src/identity/hlc.ts';
import type { Hlc, WallMs } from '../../src/types.ts';
import { at, WALL } from '../support/peers.ts';

test('HLC-1: a clock value is wall milliseconds × 2048 + counter', () => {
  const clock = createHlcClock();
  expect(clock.next(at(0).wall)).toBe(WALL * 2048);
  expect(clock.next(at(0).wall)).toBe(WALL * 2048 + 1);
  expect(wallMsOf((WALL * 2048 + 2047) as Hlc)).toBe(WALL);
  expect(hlcAt(WALL + 0.9)).toBe(WALL * 2048);
});

test('HLC-1: values stay exact until the year 2109', () => {
  expect(Number.isSafeInteger(hlcAt(4_398_046_511_103))).toBe(true);
  expect(new Date(4_398_046_511_103).getUTCFullYear()).toBe(2109);
});

test('HLC-2: the next value is above everything said and heard', () => {
  const clock = createHlcClock();
  const said = clock.next(at(0).wall);
  clock.observe((said + 5_000_000) as Hlc);
  expect(clock.next(at(1).wall)).toBe(said + 5_000_001);
  clock.observe(1 as Hlc);
  expect(clock.next(at(1).wall)).toBe(said + 5_000_002);
});

test('HLC-3: a wall clock that goes back does not take it back', () => {
  const clock = createHlcClock();
  const said = clock.next(at(60_000).wall);
  expect(clock.next(at(0).wall)).toBe(said + 1);
  expect(clock.next(0 as WallMs)).toBe(said + 2);
});

test('HLC-2: more than 2,048 values in a millisecond run into the next one', () => {
  const clock = createHlcClock();
  let last = 0;
  for (let i = 0; i < 5_000; i++) {
    const next = clock.next(at(0).wall);
    expect(next).toBeGreaterThan(last);
    last = next;
  }
});
