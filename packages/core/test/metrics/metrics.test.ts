import { expect, test } from 'vitest';
import { hlcAt } from '../../src/identity/hlc.ts';
import { createMetrics } from '../../src/metrics/metrics.ts';
import type { PeerId } from '../../src/types.ts';
import { at, peer, WALL } from '../support/peers.ts';
import { record } from '../support/records.ts';

const RTT_MS = 40;

function bench(rttMs: (peer: PeerId) => number | undefined = () => RTT_MS) {
  const metrics = createMetrics(at(0), rttMs);
  /** Said when its author's record clock showed `clock`, heard at `mono`. */
  const hear = (author: PeerId, from: PeerId, clock: number, mono: number, path: 'push' | 'sync' = 'push'): void =>
    metrics.onFact(
      { type: 'record-accepted', record: record({ author, hlc: hlcAt(WALL + clock) }), from, path },
      at(mono),
    );
  return { metrics, hear, read: () => metrics.read() };
}

test('ENGINE-26: lag is taken by clocks as they are while no neighbour has spoken', () => {
  const { hear, read } = bench();
  for (let n = 1; n <= 100; n++) hear(peer(n), peer(500), 1_000, 1_000 + n);
  expect(read()).toMatchObject({ lagMs: { p50: 51, p99: 100 }, skewMs: 0 });
});

test('ENGINE-26: an own clock that is wrong is taken out, whichever way and however wrong', () => {
  for (const wrong of [-30_000, 0, 30_000]) {
    const { hear, read } = bench();
    for (let n = 1; n <= 5; n++) hear(peer(n), peer(n), 40_000, 40_000 + RTT_MS / 2 + wrong);
    for (let n = 10; n < 110; n++) hear(peer(n), peer(1), 40_000, 40_000 + 300 + wrong);
    expect(read()).toMatchObject({ lagMs: { p50: 300, p99: 300 }, skewMs: wrong });
  }
});

test('ENGINE-26: one neighbour whose clock is wrong moves nothing', () => {
  const { hear, read } = bench();
  for (let n = 1; n <= 4; n++) hear(peer(n), peer(n), 1_000, 1_020);
  hear(peer(5), peer(5), 60_000, 1_020);
  expect(read().skewMs).toBe(0);
});

test('ENGINE-26: what a sync brings, or was said before this node began, is no lag', () => {
  const { hear, read } = bench();
  hear(peer(1), peer(2), 1_000, 90_000, 'sync');
  hear(peer(1), peer(2), -5_000, 90_000);
  expect(read().lagMs).toEqual({ p50: 0, p99: 0 });
});

test('ENGINE-26: of neighbours at most 64 are remembered, for ten minutes', () => {
  const { hear, read } = bench(() => undefined);
  for (let n = 1; n <= 64; n++) hear(peer(n), peer(n), 1_000, 1_500);
  for (let n = 101; n <= 165; n++) hear(peer(n), peer(n), 1_000, 1_100);
  expect(read().skewMs).toBe(100);
  hear(peer(1), peer(1), 601_200, 601_200);
  expect(read().skewMs).toBe(0);
});

test('ENGINE-27: who is shown as suspect is counted, and who answers is a false suspicion', () => {
  const { metrics, read } = bench();
  for (const one of [peer(1), peer(2)]) metrics.onFact({ type: 'peer-suspected', peer: one }, at(0));
  metrics.onFact({ type: 'peers-cleared', peers: [peer(1)] }, at(0));
  expect(read()).toMatchObject({ suspicions: 2, falseSuspicions: 1, suspicionsTold: 0 });
});
