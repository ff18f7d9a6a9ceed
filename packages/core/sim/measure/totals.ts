/** Adds up what the engines of a world counted, the dead ones included, and draws the overlay's figures. */
import type { Engine } from '@hearsay/core';
import { isUp, type SimNode } from '../world/node.ts';
import type { World } from '../world/world.ts';
import { meanOf, quantile, sortedOf } from './quantiles.ts';
import { piecesOf } from './reach.ts';
import type { Distribution, LifeTotals, Report } from './report.ts';

export function totalsOf(node: SimNode, engine: Engine, now: number): LifeTotals {
  return { seconds: Math.max(0.001, (now - node.bornAt) / 1000), stats: engine.stats() };
}

type Peaks = Pick<Report['bytes']['perNodePerSecond'], 'peak' | 'peakOfOne'>;

export function bytesOf(lives: readonly LifeTotals[], peaks: Peaks, backlogMax: number): Report['bytes'] {
  const byFrame: { [type: string]: number } = {};
  for (const { stats } of lives) {
    for (const [type, bytes] of Object.entries(stats.bytesOutByFrame)) byFrame[type] = (byFrame[type] ?? 0) + bytes;
  }
  return {
    perNodePerSecond: {
      in: distributionOf(lives.map(({ stats, seconds }) => stats.bytesIn / seconds)),
      out: distributionOf(lives.map(({ stats, seconds }) => stats.bytesOut / seconds)),
      peak: peaks.peak,
      peakOfOne: peaks.peakOfOne,
    },
    byFrame,
    backlogMax,
  };
}

export function verifyOf(lives: readonly LifeTotals[]): Report['verify'] {
  const { mean, max } = distributionOf(lives.map(({ stats, seconds }) => stats.verifications / seconds));
  return { perNodePerSecond: { mean, max } };
}

/** `copies`: records that travelled in deltas. */
export function syncOf(lives: readonly LifeTotals[], bytes: Report['bytes'], copies: number): Report['sync'] {
  const { sync = 0, delta = 0, done = 0 } = bytes.byFrame;
  const all = sync + delta + done;
  const sessions = lives.reduce((sum, { stats }) => sum + stats.syncSessions, 0);
  return { sessions, bytes: all, perDifference: copies === 0 ? null : all / copies };
}

export function overlayOf(
  world: World,
  lives: readonly LifeTotals[],
  reachAfterCrash: number | null,
): Report['overlay'] {
  const alive = world.nodes.filter(isUp);
  const degrees = alive.map(node => node.engine.neighbours().length);
  const sizes = piecesOf(world).map(({ length }) => length);
  const dials = lives.map(({ stats }) => stats.dialled);
  return {
    degree: { min: least(degrees), mean: meanOf(degrees), max: most(degrees) },
    components: sizes.length,
    largestComponent: most(sizes),
    dials: dials.reduce((sum, count) => sum + count, 0),
    dialBudgetMax: most(dials),
    reachAfterCrash,
    withinRegion: withinRegionOf(world),
  };
}

export function aggregatesOf(world: World): Report['aggregates'] {
  const said = world.nodes.filter(isUp).map(node => node.engine.stats());
  return {
    size: meanOf(said.map(({ size }) => size)),
    offBy: meanOf(said.map(({ size }) => Math.abs(size / said.length - 1))),
    divergence: meanOf(said.map(({ divergence }) => divergence)),
  };
}

function withinRegionOf(world: World): number | null {
  let all = 0;
  let within = 0;
  for (const node of world.nodes.filter(isUp)) {
    for (const { peer } of node.engine.neighbours()) {
      all += 1;
      if (world.nodeOf(peer)?.region === node.region) within += 1;
    }
  }
  return all === 0 ? null : within / all;
}

function distributionOf(values: readonly number[]): Distribution {
  const sorted = sortedOf(values);
  return { mean: meanOf(sorted), p99: quantile(sorted, 0.99) ?? 0, max: quantile(sorted, 1) ?? 0 };
}

function least(values: readonly number[]): number {
  return values.reduce((low, value) => Math.min(low, value), values[0] ?? 0);
}

function most(values: readonly number[]): number {
  return values.reduce((high, value) => Math.max(high, value), 0);
}
