import { expect, test } from 'vitest';
import { createViews } from '../../src/aggregate/views.ts';
import { peer } from '../support/peers.ts';

test('AGGR-9: divergence is the share of neighbours whose last answer was of other members', () => {
  const views = createViews();
  expect(views.divergence()).toBe(0);
  views.onPong(peer(1), 7, 7);
  expect(views.divergence()).toBe(0);
  views.onPong(peer(2), 8, 7);
  expect(views.divergence()).toBe(0.5);
  views.onPong(peer(2), 9, 9);
  expect(views.divergence()).toBe(0);
  views.onPong(peer(2), 8, 7);
  views.onNeighbourDown(peer(1));
  expect(views.divergence()).toBe(1);
  views.onNeighbourDown(peer(2));
  expect(views.divergence()).toBe(0);
});
