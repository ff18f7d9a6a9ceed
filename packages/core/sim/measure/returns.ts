/**
 * How long who is back takes to be shown as alive again: after a restart, counted from the start, the new life and
 * not the old one; after a stop that was long enough to be missed, counted from its end.
 */
import type { PeerId } from '@hearsay/core';
import { isUp, type SimNode } from '../world/node.ts';
import type { World } from '../world/world.ts';
import { quantile, sortedOf } from './quantiles.ts';

export interface Returns {
  /** The node states a presence; `incarnationMs` is what apps are told of it as the time of its joining. */
  onStated(node: SimNode, incarnationMs: number): void;
  onStarted(node: SimNode): void;
  /** It was stopped for long; `showsAlive`: does the app of an observer show it as alive all the same? */
  onResumed(node: SimNode, showsAlive: (observer: SimNode) => boolean): void;
  /** An app shows `peer` as alive. */
  onShown(observer: SimNode, peer: PeerId, joinedAtMs: number): void;
  onStopped(node: SimNode): void;
  report(): ReturnsReport;
}

export interface ReturnsReport {
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

interface Return {
  readonly at: number;
  /** The observers that do not show it yet, each in the life in which it was there when the return began. */
  readonly missing: Map<SimNode, number>;
}

export function createReturns(world: () => World): Returns {
  const returns = new Map<PeerId, Return>();
  /** Of the present life of each. */
  const incarnations = new Map<PeerId, Set<number>>();
  const took: number[] = [];

  const begin = (node: SimNode, waitsFor: (observer: SimNode) => boolean): void => {
    const observers = world().nodes.filter(other => isUp(other) && other !== node && waitsFor(other));
    if (observers.length === 0) return;
    returns.set(node.id, { at: world().now, missing: new Map(observers.map(other => [other, other.life])) });
  };

  return {
    onStated({ id }, incarnationMs) {
      incarnations.set(id, (incarnations.get(id) ?? new Set()).add(incarnationMs));
    },
    onStarted(node) {
      if (node.life > 0) begin(node, () => true);
    },
    onResumed: (node, showsAlive) => begin(node, observer => !showsAlive(observer)),
    onShown(observer, peer, joinedAtMs) {
      const one = returns.get(peer);
      if (one === undefined || incarnations.get(peer)?.has(joinedAtMs) !== true) return;
      if (one.missing.delete(observer)) took.push(world().now - one.at);
      if (one.missing.size === 0) returns.delete(peer);
    },
    onStopped(node) {
      returns.delete(node.id);
      incarnations.delete(node.id);
    },
    report() {
      const never = [...returns.values()].flatMap(({ missing }) =>
        [...missing].filter(([{ engine, life }, since]) => engine !== undefined && life === since),
      );
      const sorted = sortedOf([...took, ...never.map(() => Number.POSITIVE_INFINITY)]);
      return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), max: quantile(sorted, 1) };
    },
  };
}
