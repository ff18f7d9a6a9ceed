import { expect, test } from 'vitest';
import type { ConfigOverrides } from '../../src/config.ts';
import { ada, type Bench, bench, link, QUIET, self } from '../support/liveness.ts';
import { at, peer } from '../support/peers.ts';
import { ofType } from '../support/recorder.ts';

const HOLD = { ...QUIET, 'liveness.partitionMs': 100_000 } as const;

/** A room of forty. */
function room(config: ConfigOverrides = HOLD): Bench {
  const b = bench(config, 2);
  b.member(self);
  for (let n = 1; n < 40; n++) b.member(peer(n));
  b.facts();
  return b;
}

const accuse = (b: Bench, mono: number, ...numbers: readonly number[]): void => {
  for (const n of numbers) for (const by of [60, 61]) b.accuse(peer(by), peer(n), mono);
};

/** When the first failed, and how many did by then. */
function failures(b: Bench, from: number): readonly [mono: number, count: number] {
  for (let mono = from; mono < from + 200_000; mono += 100) {
    b.until(mono);
    const { length } = ofType(b.facts(), 'peer-failed');
    if (length > 0) return [mono, length];
  }
  return [Number.POSITIVE_INFINITY, 0];
}

test('LIVE-26: when a tenth of the members fall silent within 10 s, at least three, nobody has failed before the hold is over', () => {
  const few = room();
  accuse(few, 100, 1, 2, 3);
  expect(failures(few, 200)).toEqual([4_100, 3]);
  const many = room();
  accuse(many, 100, 1, 2, 3, 4);
  many.facts();
  expect(failures(many, 200)).toEqual([104_100, 4]);
});

test('LIVE-26: it is told until when, and those who are silent are unreachable meanwhile', () => {
  const b = room();
  accuse(b, 100, 1, 2, 3, 4);
  expect(b.liveness.heldUntil()).toBe(Number.NEGATIVE_INFINITY);
  b.until(4_100);
  expect(b.liveness.heldUntil()).toBe(104_100);
  expect(ofType(b.facts(), 'peer-failed')).toEqual([]);
  b.until(6_100);
  expect(ofType(b.facts(), 'peers-unreachable')).toHaveLength(4);
});

test('LIVE-26: those who fall silent one after the other are no partition', () => {
  const b = room();
  for (let n = 1; n < 20; n++) {
    accuse(b, 5_000 * n, n);
    b.until(5_000 * n + 4_900);
  }
  expect(b.liveness.heldUntil()).toBe(Number.NEGATIVE_INFINITY);
});

test('LIVE-26: whoever hung up has failed whatever else is silent, and is no sign of a cut', () => {
  const b = room();
  for (const n of [1, 2, 3, 4, 5]) for (const by of [60, 61]) b.accuse(peer(by), peer(n), 100, 'hung-up');
  expect(failures(b, 100)).toEqual([600, 5]);
  accuse(b, 1_000, 11, 12, 13, 14);
  b.until(5_000);
  for (const by of [60, 61]) b.accuse(peer(by), peer(6), 5_000, 'hung-up');
  b.facts();
  expect(failures(b, 5_100)).toEqual([5_500, 1]);
});

test('LIVE-26: who answers in time is no sign of a cut', () => {
  const b = room();
  accuse(b, 100, 1, 2, 3, 4);
  b.member(ada, 200);
  b.facts();
  expect(failures(b, 200)).toEqual([4_100, 3]);
});

test('LIVE-26: 0 holds nothing', () => {
  const b = room({ ...HOLD, 'liveness.partitionMs': 0 });
  accuse(b, 100, 1, 2, 3, 4);
  const [mono, count] = failures(b, 200);
  expect([mono, count]).toEqual([4_100, 4]);
});

/** So many of its links fall silent at once. */
function loses(lost: number, links: number): number {
  const b = room();
  for (let n = 1; n <= links; n++) b.up(peer(n));
  for (let n = 1; n <= lost; n++) b.liveness.onNeighbourDown(peer(n), 'silent', at(8_000));
  return b.liveness.heldUntil();
}

test.each([
  [2, 4, Number.NEGATIVE_INFINITY],
  [3, 16, Number.NEGATIVE_INFINITY],
  // Worth half a minute, in which the room must show it as well.
  [3, 12, 38_000],
  [3, 6, 108_000],
])('LIVE-26: %i of %i own links silent within 10 s hold verdicts until %d', (lost, links, expected) => {
  expect(loses(lost, links)).toBe(expected);
});

test('LIVE-26: links that were lost one after the other are no sign', () => {
  const b = room();
  for (let n = 1; n <= 7; n++) b.up(peer(n));
  for (let n = 1; n <= 6; n++) b.liveness.onNeighbourDown(peer(n), 'silent', at(5_000 * n));
  expect(b.liveness.heldUntil()).toBe(Number.NEGATIVE_INFINITY);
});

/** All others, so many, are neighbours and fall silent: when the first has failed. */
function failsWithout(links: number): number {
  const b = bench(HOLD, 2);
  b.member(self);
  for (let n = 1; n <= links; n++) {
    b.member(peer(n));
    b.up(peer(n));
  }
  for (let n = 1; n <= links; n++) {
    b.liveness.onNeighbourDown(peer(n), 'silent', at(8_000));
    b.accuse(self, peer(n), 8_000);
  }
  return failures(b, 8_000)[0];
}

test('LIVE-30: who has lost all links says of nobody for 30 s that it has failed, unless there was only one', () => {
  expect([failsWithout(1), failsWithout(2)]).toEqual([14_000, 38_000]);
});

test('LIVE-30: without a link nobody ends for not being heard, nor in the 10 s after; with one all is as ever', () => {
  const b = room();
  expect(b.liveness.heldUntil()).toBe(Number.NEGATIVE_INFINITY);
  b.up(peer(1));
  b.up(peer(2));
  b.liveness.onNeighbourDown(peer(1), 'goodbye', at(8_000));
  expect(b.liveness.heldUntil()).toBe(Number.NEGATIVE_INFINITY);
  b.liveness.onNeighbourDown(peer(2), 'goodbye', at(9_000));
  expect(b.liveness.heldUntil()).toBe(109_000);
  b.up(peer(1), 20_000);
  expect(b.liveness.heldUntil()).toBe(30_000);
  b.up(peer(2), 25_000);
  expect(b.liveness.heldUntil()).toBe(30_000);
  // Also when a link comes at the last moment.
  for (const n of [1, 2]) b.liveness.onNeighbourDown(peer(n), 'goodbye', at(40_000));
  b.up(peer(1), 139_999);
  expect(b.liveness.heldUntil()).toBe(149_999);
});

test('LIVE-30: a hold that is over stays over', () => {
  const b = room();
  b.up(ada);
  b.liveness.onNeighbourDown(ada, 'goodbye', at(8_000));
  b.up(ada, 200_000);
  expect(b.liveness.heldUntil()).toBe(108_000);
});

test('LIVE-30: with a link again there are 10 s for an answer', () => {
  const b = bench(HOLD, 2);
  for (const who of [self, ada, link]) b.member(who);
  b.up(ada);
  b.up(link);
  b.liveness.onNeighbourDown(ada, 'silent', at(8_000));
  b.accuse(self, ada, 8_000);
  // However the last one was lost.
  b.liveness.onNeighbourDown(link, 'goodbye', at(9_000));
  b.up(link, 15_000);
  b.facts();
  for (const mono of [18_000, 21_000, 24_000]) {
    b.until(mono);
    b.liveness.onHeard(link, at(mono));
  }
  expect(ofType(b.facts(), 'peer-failed')).toEqual([]);
  expect(failures(b, 24_000)).toEqual([28_000, 1]);
});

test('LIVE-27: during a hold a quorum is enough', () => {
  const b = room();
  for (let n = 1; n <= 6; n++) b.up(peer(n));
  for (let n = 1; n <= 5; n++) b.liveness.onNeighbourDown(peer(n), 'silent', at(8_000));
  accuse(b, 8_010, 6);
  b.facts();
  b.liveness.onNeighbourDown(peer(6), 'silent', at(8_100));
  expect(ofType(b.facts(), 'statement-wanted')).toEqual([]);
});

/** After how long a silent neighbour is given up. */
function patienceOf(b: Bench, who: typeof ada, from: number): number {
  for (let mono = from; mono < from + 60_000; mono += 100) {
    b.until(mono);
    if (ofType(b.facts(), 'neighbour-silent').some(({ peer: one }) => one === who)) return mono - from;
  }
  return Number.POSITIVE_INFINITY;
}

test('LIVE-25: who was stopped, or accused somebody who lives, is more patient with others for 10 s', () => {
  const well = bench();
  well.up(ada);
  expect(patienceOf(well, ada, 0)).toBe(6_500);
  const wrong = bench();
  wrong.member(peer(2));
  wrong.accuse(self, peer(2), 10);
  wrong.member(peer(2), 20);
  wrong.up(ada, 20);
  expect(patienceOf(wrong, ada, 20)).toBe(8_000);
  const stopped = bench();
  stopped.up(ada);
  stopped.liveness.onStall(2_000, at(0));
  expect(patienceOf(stopped, ada, 0)).toBe(8_000);
});

test('LIVE-25: a sign is forgotten after 10 s, and four are the most', () => {
  const b = bench();
  for (let n = 0; n < 9; n++) b.liveness.onStall(2_000, at(0));
  b.up(ada);
  // Five times as long; after 10 s four times.
  expect(patienceOf(b, ada, 0)).toBe(5_000 + 4 * 1_500);
  const later = bench();
  later.liveness.onStall(2_000, at(0));
  later.until(10_000);
  later.up(ada, 10_000);
  expect(patienceOf(later, ada, 10_000)).toBe(6_500);
});

test('LIVE-25: three links that do not answer, and half of all, put the own line in doubt', () => {
  const lost = (silent: number, links: number): number => {
    const b = bench();
    for (let n = 1; n <= links; n++) b.up(peer(n));
    for (let mono = 0; mono < 20_000; mono += 100) {
      for (let n = silent + 1; n <= links; n++) b.liveness.onHeard(peer(n), at(mono));
      b.until(mono);
      if (ofType(b.facts(), 'neighbour-silent').length > 0) return mono;
    }
    return Number.POSITIVE_INFINITY;
  };
  expect([lost(2, 2), lost(3, 7), lost(3, 6)]).toEqual([6_500, 6_500, 8_000]);
});
