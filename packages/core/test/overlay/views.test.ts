import { expect, test } from 'vitest';
import { makeConfig } from '../../src/config.ts';
import { createBackOffs } from '../../src/overlay/back-offs.ts';
import type { Introducer } from '../../src/overlay/links.ts';
import { createPassiveView, NAMES_PER_INTRODUCER, type PassiveView } from '../../src/overlay/passive.ts';
import { createViews, type Views, type Wish } from '../../src/overlay/views.ts';
import type { PeerId } from '../../src/types.ts';
import { at, peer } from '../support/peers.ts';
import { rngOf } from '../support/seed.ts';

const WISH: Wish = {
  lonely: false,
  anchor: false,
  near: false,
  isFree: () => true,
  isSure: () => true,
  mayName: () => true,
};
const viewsOf = (): Views => createViews(peer(1), makeConfig(), rngOf(0, 1), at(0));

test('OVER-7: a back-off doubles with each failure, up to 16 times, and success forgets it', () => {
  const backOffs = createBackOffs(rngOf(0, 1));
  const waits = Array.from({ length: 8 }, () => {
    backOffs.add(peer(2), 1_000, at(0));
    return backOffs.nextEndAt(at(0));
  });
  for (const [n, wait] of waits.entries()) {
    expect(Math.abs(wait / (1_000 * 2 ** Math.min(n, 4)) - 1)).toBeLessThanOrEqual(0.2);
  }
  backOffs.forgive(peer(2));
  expect(backOffs.nextEndAt(at(0))).toBe(Number.POSITIVE_INFINITY);
});

test('OVER-7: an eased back-off is as long as a first one, and the next failure counts on', () => {
  const backOffs = createBackOffs(rngOf(0, 1));
  const fail = (mono: number): number => {
    backOffs.add(peer(2), 1_000, at(mono));
    return backOffs.nextEndAt(at(mono)) - mono;
  };
  for (let n = 0; n < 4; n++) fail(0);
  backOffs.ease(peer(2), at(0));
  expect(backOffs.nextEndAt(at(0))).toBeLessThanOrEqual(1_200);
  expect(fail(2_000)).toBeGreaterThanOrEqual(12_800);
  backOffs.ease(peer(3), at(2_000));
  expect(backOffs.covers(peer(3), at(2_000))).toBe(false);
});

test('OVER-7: a back-off ends when its time is over, and the last 512 are kept', () => {
  const backOffs = createBackOffs(rngOf(0, 1));
  backOffs.addExactly(peer(2), 5_000, at(0));
  expect([4_999, 5_000].map(ms => backOffs.covers(peer(2), at(ms)))).toEqual([true, false]);
  for (let n = 3; n < 514; n++) backOffs.addExactly(peer(n), 5_000, at(0));
  expect(backOffs.covers(peer(2), at(1))).toBe(true);
  backOffs.addExactly(peer(514), 5_000, at(0));
  expect(backOffs.covers(peer(2), at(1))).toBe(false);
});

test('OVER-10: what is heard of peers is bounded and fades', () => {
  const views = viewsOf();
  for (let n = 2; n < 1_000; n++) {
    views.introduced.add(peer(n), 0);
    views.passive.offer(peer(n), peer(2_000 + (n % 50)), at(0));
  }
  expect([views.introduced.size, views.passive.size()]).toEqual([64, 48]);
  views.candidate(WISH, at(119_999));
  expect([views.introduced.size, views.passive.size()]).toEqual([64, 48]);
  views.candidate(WISH, at(299_999));
  expect([views.introduced.size, views.passive.size()]).toEqual([0, 48]);
  views.candidate(WISH, at(300_000));
  expect(views.passive.size()).toBe(0);
});

/** Names kept after `rounds` of 100 honest names by 50 introducers and 100 of one liar, said `repeats` times. */
function liesKept(repeats: number): number {
  const view = createPassiveView(48, rngOf(3, 1), at(0));
  for (let n = 0; n < 100; n++) view.offer(peer(1_000 + n), peer(500 + (n % 50)), at(0));
  for (let r = 0; r < repeats; r++) for (let n = 0; n < 100; n++) view.offer(peer(3_000 + n), peer(400), at(r));
  return [...view.entries()].filter(([, introducer]) => introducer === peer(400)).length;
}

test('OVER-27: of the names that one peer says at most 8 are kept, however many it says and how often', () => {
  expect(liesKept(1)).toBeGreaterThan(0);
  expect(liesKept(1)).toBeLessThanOrEqual(NAMES_PER_INTRODUCER);
  expect(liesKept(50)).toBe(liesKept(1));
});

test('OVER-27: which names stay is a matter of rank, not of order, and the rank changes with the seed', () => {
  const names = Array.from({ length: 200 }, (_, n) => peer(1_000 + n));
  const kept = (order: readonly PeerId[], seed: number, introducers: number): string => {
    const view = createPassiveView(48, rngOf(seed, 1), at(0));
    for (const [n, name] of order.entries()) view.offer(name, peer(5_000 + (n % introducers)), at(0));
    return [...view.entries()]
      .map(([name]) => name)
      .sort()
      .join();
  };
  expect(kept(names, 1, 200)).toBe(kept([...names].reverse(), 1, 200));
  expect(kept(names, 1, 200)).not.toBe(kept(names, 2, 200));
});

test('OVER-27: at most two links come from the names of one peer', () => {
  const views = viewsOf();
  for (let n = 0; n < 5; n++) views.passive.offer(peer(10 + n), peer(2), at(0));
  views.passive.offer(peer(20), peer(3), at(0));
  const mayName = (introducer: Introducer): boolean => introducer !== peer(2);
  for (let n = 0; n < 20; n++) {
    expect(views.candidate({ ...WISH, mayName }, at(0))).toEqual({ peer: peer(20), introducer: peer(3) });
  }
});

test('OVER-28: an anchor is looked for among those whom the server named, any other link among the members', () => {
  const views = viewsOf();
  views.introduced.add(peer(2), 0);
  for (let n = 0; n < 2_000; n++) views.members.add(peer(100 + n));
  expect(views.candidate({ ...WISH, anchor: true }, at(0))).toEqual({ peer: peer(2), introducer: 'server' });
  expect(views.candidate(WISH, at(0))?.introducer).toBe('itself');
});

test('OVER-30: one of the own region is found when it is wanted, after the anchors, and forgotten with its membership', () => {
  const views = viewsOf();
  for (let n = 0; n < 2_000; n++) views.members.add(peer(100 + n));
  views.near.add(peer(150));
  expect(views.candidate({ ...WISH, near: true }, at(0))?.peer).toBe(peer(150));
  views.introduced.add(peer(2), 0);
  expect(views.candidate({ ...WISH, near: true, anchor: true }, at(0))?.peer).toBe(peer(2));
  const isFree = (who: PeerId): boolean => who !== peer(150);
  expect(views.candidate({ ...WISH, near: true, isFree }, at(0))?.introducer).toBe('itself');
  views.forget(peer(150));
  expect(views.near.size).toBe(0);
});

test('OVER-28: in a large room a candidate is drawn, not searched for', () => {
  const views = viewsOf();
  for (let n = 0; n < 2_000; n++) views.members.add(peer(100 + n));
  let asked = 0;
  const isFree = (): boolean => {
    asked += 1;
    return false;
  };
  expect(views.candidate({ ...WISH, isFree }, at(0))).toBeUndefined();
  expect(asked).toBeLessThanOrEqual(64);
});

test('OVER-29: without any presence the room is as large as the names that were heard', () => {
  const views = viewsOf();
  expect(views.roomSize(() => [])).toBe(1);
  views.introduced.add(peer(2), 0);
  views.passive.offer(peer(3), peer(2), at(0));
  expect(views.roomSize(() => [peer(2), peer(4)])).toBe(4);
  views.members.add(peer(5));
  expect(views.roomSize(() => [peer(2), peer(4)])).toBe(3);
});

test('OVER-29: the room is its members and whom the server named besides, however they come and go', () => {
  const views = viewsOf();
  const rng = rngOf(29, 1);
  const [members, introduced] = [new Set<number>(), new Set<number>()];
  for (let i = 0; i < 2_000; i++) {
    const n = 2 + rng.int(40);
    if (rng.int(4) === 0) {
      views.introduced.add(peer(n), 0);
      introduced.add(n);
    } else if (rng.int(3) === 0) {
      views.forget(peer(n));
      members.delete(n);
      introduced.delete(n);
    } else {
      views.addMember(peer(n));
      members.add(n);
    }
    if (rng.int(2) === 0 && members.size > 0)
      expect(views.roomSize(() => [])).toBe(1 + new Set([...members, ...introduced]).size);
  }
});

test('OVER-10: under a fresh seed the names kept before are ranked anew, like all others', () => {
  const names = Array.from({ length: 200 }, (_, n) => peer(2_000 + n));
  const known = (view: PassiveView): string[] => [...view.entries()].map(([name]) => name).sort();
  const rng = rngOf(0, 1);
  const old = createPassiveView(48, rng, at(0));
  for (const name of names) old.offer(name, peer(1), at(0));
  const before = known(old);
  for (const name of names) old.offer(name, peer(1), at(300_000));

  const sameSeed = rngOf(0, 1);
  sameSeed.uint32();
  const fresh = createPassiveView(48, sameSeed, at(300_000));
  for (const name of names) fresh.offer(name, peer(1), at(300_000));
  expect(known(old)).toEqual(known(fresh));
  expect(known(old)).not.toEqual(before);
});
