import { expect, test } from 'vitest';
import { makeConfig } from '../../src/config.ts';
import { degreeFor } from '../../src/overlay/degree.ts';

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
