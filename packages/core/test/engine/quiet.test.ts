import { expect, test } from 'vitest';
import type { PeerId } from '../../src/types.ts';
import { peer } from '../support/peers.ts';
import { createWorld, type World } from '../support/world.ts';

/** Nobody renews its presence while the sessions are watched: what is on its way is a difference too. */
const QUIET = { 'presence.refreshMs': 600_000, 'presence.validMs': 1_800_000, 'sync.periodMs': 3_000 } as const;
/** Both fingerprints and the word that they agree. */
const AGREED_BYTES = 64;

interface Sessions {
  readonly sessions: number;
  readonly bytes: number;
  readonly delta: number;
}

function soFar(world: World): Sessions {
  const stats = world.ids.map(id => world.engine(id).stats());
  const sum = (list: readonly (number | undefined)[]): number => list.reduce<number>((all, one) => all + (one ?? 0), 0);
  const of = (...types: readonly ('sync' | 'delta' | 'done')[]): number =>
    sum(stats.flatMap(({ bytesOutByFrame }) => types.map(type => bytesOutByFrame[type])));
  return { sessions: sum(stats.map(one => one.syncSessions)), bytes: of('sync', 'delta', 'done'), delta: of('delta') };
}

/** Every session of the next `ms` finds two that hold the same. */
function expectAgreement(world: World, ms: number): void {
  const before = soFar(world);
  world.run(ms);
  const after = soFar(world);
  const sessions = after.sessions - before.sessions;
  expect(sessions).toBeGreaterThan(world.ids.length);
  expect(after.delta - before.delta).toBe(0);
  expect((after.bytes - before.bytes) / sessions).toBeLessThanOrEqual(AGREED_BYTES);
}

function settled(config: Parameters<typeof createWorld>[1] = QUIET): World {
  const world = createWorld(4, config, 3);
  world.run(10_000);
  for (const [n, id] of world.ids.entries()) world.publish(id, 'state', `k${n}`, n);
  world.run(10_000);
  return world;
}

function expectAllSeeAll(world: World): void {
  const allSeeAll = (): boolean => world.ids.every(id => world.engine(id).stats().peers === world.ids.length - 1);
  expect(world.runUntil(allSeeAll, 60_000)).toBeDefined();
  world.run(15_000);
  expect(allSeeAll()).toBe(true);
}

const cutOff =
  (one: PeerId) =>
  (id: PeerId): boolean =>
    id === one;

test('SYNC-19: once an accusation is refuted nobody offers it', () => {
  const world = settled();
  world.partition(cutOff(world.ids[0]!));
  world.run(30_000);
  world.partition(undefined);
  expectAllSeeAll(world);
  expectAgreement(world, 40_000);
});

test('SYNC-19: an accusation ends everywhere at once, also for who heard it late', () => {
  const world = settled();
  world.kill(world.ids[0]!);
  world.run(60_000);
  world.add(peer(9));
  world.run(10_000);
  // Of two minutes and a half from the accusation.
  expectAgreement(world, 60_000);
  world.run(30_000);
  expectAgreement(world, 60_000);
});

test('SYNC-19: a goodbye ends everywhere at once, also for who heard it late', () => {
  const world = settled({ ...QUIET, 'presence.refreshMs': 100_000, 'presence.validMs': 150_000 });
  const leaver = world.ids[0]!;
  world.input(leaver, { type: 'leave' });
  world.run(1_000);
  world.kill(leaver);
  world.run(150_000);
  world.add(peer(9));
  world.run(200_000);
  const lives = (): ReadonlySet<number> => new Set(world.ids.map(id => world.engine(id).stats().indexed));
  expect(lives()).toEqual(new Set([9]));
  world.run(300_000);
  expect(lives()).toEqual(new Set([8]));
});

test('SYNC-19: a peer that comes back with what it kept agrees with the others', () => {
  const world = settled();
  const back = world.ids[0]!;
  world.kill(back);
  world.run(5_000);
  for (const id of world.ids) world.publish(id, 'state', 'k0', 'overwritten meanwhile');
  world.publish(world.ids[0]!, 'state-delete', 'k1', null);
  world.run(30_000);
  world.restart(back);
  expectAllSeeAll(world);
  expectAgreement(world, 40_000);
});
