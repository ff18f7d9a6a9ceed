import { expect, test } from 'vitest';
import { peer } from '../support/peers.ts';
import { createWorld, type World } from '../support/world.ts';

const allSeeAll = (world: World): boolean =>
  world.ids.every(id => world.engine(id).stats().peers === world.ids.length - 1);
const hashes = (world: World): number => new Set(world.ids.map(id => world.engine(id).stats().stateHash)).size;
const keys = (world: World): readonly number[] => world.ids.map(id => world.engine(id).stats().stateKeys);
const banned = (world: World): number => world.ids.reduce((sum, id) => sum + world.engine(id).stats().banned, 0);

function settled(size: number, config = {}, seed = 1): World {
  const world = createWorld(size, config, seed);
  const took = world.runUntil(() => allSeeAll(world), 30_000);
  if (took === undefined) throw new Error('not everybody sees everybody after 30 s');
  return world;
}

test('ENGINE-5: six see each other and share one state, each linked to all', () => {
  const world = settled(6);
  world.run(3_000);
  for (const id of world.ids) expect(world.linkCount(id)).toBe(5);
  for (const [n, id] of world.ids.entries()) world.publish(id, 'state', `k${n % 3}`, n);
  world.run(500);
  expect(hashes(world)).toBe(1);
  expect(new Set(keys(world))).toEqual(new Set([3]));
  for (const id of world.ids) expect(world.deliveries(id).filter(({ what }) => what === 'ready')).toHaveLength(1);
});

test('OVER-2: in a larger room degrees stay bounded at every moment', () => {
  const config = { 'overlay.maxLinks': 6 } as const;
  const world = settled(20, config);
  world.run(30_000);
  expect(world.mostLinks).toBeLessThanOrEqual(6);
  for (const id of world.ids) expect(world.linkCount(id)).toBeGreaterThanOrEqual(3);
  world.publish(world.ids[0]!, 'state', 'k', 'far');
  expect(world.runUntil(() => keys(world).every(count => count === 1), 5_000)).toBeLessThan(1_000);
  expect(banned(world)).toBe(0);
});

test('ENGINE-5: an update reaches everybody once, and an event is shown once', () => {
  const world = settled(10);
  world.publish(world.ids[3]!, 'event', 'wave', 1);
  world.publish(world.ids[3]!, 'state', 'k', 1);
  world.run(1_000);
  for (const id of world.ids) {
    const seen = world.deliveries(id);
    expect(seen.filter(({ what }) => what === 'event')).toHaveLength(id === world.ids[3] ? 0 : 1);
    expect(seen.filter(delivery => delivery.what === 'state' && delivery.key === 'k')).toHaveLength(1);
  }
});

test('ENGINE-6: a killed peer is gone everywhere within 15 s, one that leaves within 1 s', () => {
  const world = settled(10);
  const [dead, leaver] = [world.ids[2]!, world.ids[5]!];
  world.kill(dead);
  expect(world.runUntil(() => allSeeAll(world), 15_000)).toBeDefined();
  for (const id of world.ids) {
    const goodbyes = world.deliveries(id).filter(delivery => delivery.what === 'presence-gone');
    expect(goodbyes).toEqual([{ what: 'presence-gone', peer: dead, reason: 'failed' }]);
  }
  world.input(leaver, { type: 'leave' });
  world.run(200);
  world.kill(leaver);
  expect(world.runUntil(() => allSeeAll(world), 800)).toBeDefined();
});

test('ENGINE-6: nobody who lives is taken for dead, over minutes', () => {
  const world = settled(9);
  world.run(200_000);
  expect(allSeeAll(world)).toBe(true);
  for (const id of world.ids) {
    const { failures, selfSuspected } = world.engine(id).stats();
    expect([failures, selfSuspected]).toEqual([0, 0]);
    expect(world.deliveries(id).filter(({ what }) => what === 'presence-gone')).toEqual([]);
  }
});

test('ENGINE-8: without the server changes still reach everyone, and lost links are replaced through the mesh', () => {
  const world = settled(12, { 'overlay.maxLinks': 6 });
  world.run(15_000);
  world.serverUp(false);
  for (const id of world.ids.slice(0, 2)) world.kill(id);
  world.publish(world.ids[0]!, 'state', 'k', 'still here');
  world.run(30_000);
  expect(allSeeAll(world)).toBe(true);
  expect(hashes(world)).toBe(1);
  expect(new Set(keys(world))).toEqual(new Set([1]));
  for (const id of world.ids) expect(world.linkCount(id)).toBeGreaterThanOrEqual(3);
});

test('ENGINE-10: a late joiner gets the whole state and presence from its neighbours', () => {
  const world = settled(6);
  for (let n = 0; n < 100; n++) world.publish(world.ids[n % 6]!, 'state', `k${n}`, n);
  world.run(5_000);
  // Nobody says anything for a while; what the newcomer learns is what the others keep.
  world.run(20_000);
  const late = peer(50);
  world.add(late);
  expect(world.runUntil(() => allSeeAll(world), 5_000)).toBeDefined();
  expect(world.runUntil(() => hashes(world) === 1, 5_000)).toBeDefined();
  expect(world.engine(late).stats().stateKeys).toBe(100);
  expect(world.deliveries(late).filter(({ what }) => what === 'ready')).toHaveLength(1);
});

test('ENGINE-11: two halves that were apart become one again', () => {
  const world = settled(10, { 'overlay.beaconMs': 5_000 });
  const half = new Set(world.ids.slice(0, 5));
  world.partition(id => half.has(id));
  world.publish(world.ids[0]!, 'state', 'a', 1);
  world.publish(world.ids[9]!, 'state', 'b', 2);
  world.run(40_000);
  expect(hashes(world)).toBe(2);
  world.partition(undefined);
  expect(world.runUntil(() => allSeeAll(world) && hashes(world) === 1, 120_000)).toBeDefined();
  expect(new Set(keys(world))).toEqual(new Set([2]));
  expect(banned(world)).toBe(0);
});
