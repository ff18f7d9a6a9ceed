import { expect, test } from 'vitest';
import { makeConfig } from '../../src/config.ts';
import { degreeFor } from '../../src/overlay/degree.ts';
import { createViews } from '../../src/overlay/views.ts';
import { at, peer } from '../support/peers.ts';
import { rngOf } from '../support/seed.ts';

const config = makeConfig();

test.each([
  [1, 0],
  [2, 1],
  [7, 6],
  [8, 7],
  [9, 5],
  [32, 5],
  [33, 6],
  [200, 6],
  [201, 8],
  [10_000, 8],
])('OVER-1: in a room of %i a node wants %i neighbours', (size, wanted) => {
  expect(degreeFor(size, config).wanted).toBe(wanted);
});

test.each([
  [2, 1, 0],
  [8, 7, 0],
  [9, 3, 2],
  [32, 3, 2],
  [33, 4, 3],
  [200, 4, 3],
  [201, 5, 4],
])('OVER-25: in a room of %i a node dials until it has %i neighbours, %i by itself', (size, enough, own) => {
  expect(degreeFor(size, config)).toMatchObject({ enough, own });
});

test('OVER-1: no size and no setting asks for more than the cap', () => {
  for (const cap of [2, 3, 12, 64]) {
    for (const degree of [0, 1, 5, 64]) {
      const limited = makeConfig({ 'overlay.maxLinks': cap, 'overlay.degree': degree });
      for (const size of [1, 2, 3, 8, 9, 100, 5_000]) {
        const { low, enough, wanted, accepted, acceptedUrgent } = degreeFor(size, limited);
        expect(wanted).toBeLessThanOrEqual(Math.min(cap, size - 1));
        expect(accepted).toBeLessThanOrEqual(cap);
        expect(accepted).toBeGreaterThanOrEqual(wanted);
        expect(acceptedUrgent).toBeLessThanOrEqual(cap);
        expect(acceptedUrgent).toBeGreaterThanOrEqual(accepted);
        expect(low).toBeLessThanOrEqual(Math.max(1, wanted));
        expect(enough).toBeLessThanOrEqual(Math.max(1, wanted));
      }
    }
  }
});

test.each([
  [8, 7],
  [9, 6],
  [32, 6],
  [33, 12],
])('OVER-1: in a room of %i a node has %i neighbours at most', (size, most) => {
  expect(degreeFor(size, config).accepted).toBeLessThanOrEqual(most);
  expect(degreeFor(size, config).acceptedUrgent).toBe(most);
});

test('OVER-7: a back-off doubles with each failure, up to 16 times, and success forgets it', () => {
  const views = createViews(peer(1), config, rngOf(0, 1));
  const waits = Array.from({ length: 8 }, () => {
    views.backOff(peer(2), 1_000, at(0));
    return views.nextForgivenAt(at(0));
  });
  for (const [n, wait] of waits.entries()) {
    expect(Math.abs(wait / (1_000 * 2 ** Math.min(n, 4)) - 1)).toBeLessThanOrEqual(0.2);
  }
  views.forgive(peer(2));
  expect(views.nextForgivenAt(at(0))).toBe(Number.POSITIVE_INFINITY);
});

test('OVER-7: nobody is asked during its back-off', () => {
  const views = createViews(peer(1), config, rngOf(0, 1));
  views.introduced.set(peer(2), true, 0);
  const candidate = (mono: number): unknown => views.candidate(true, () => false, at(mono));
  expect(candidate(0)).toBe(peer(2));
  views.backOffFor(peer(2), 5_000, at(0));
  expect(candidate(4_999)).toBeUndefined();
  expect(candidate(5_000)).toBe(peer(2));
});

test('OVER-10: what is heard of peers is bounded and fades', () => {
  const views = createViews(peer(1), config, rngOf(0, 1));
  for (let n = 2; n < 1_000; n++) {
    views.introduced.set(peer(n), true, 0);
    views.passive.set(peer(n), true, 0);
    views.backOff(peer(n), 1_000, at(0));
  }
  expect(views.introduced.size).toBe(64);
  expect(views.passive.size).toBe(48);
  expect(views.roomSize()).toBe(65);
  views.candidate(true, () => true, at(300_000));
  expect([views.introduced.size, views.passive.size]).toEqual([0, 0]);
});
