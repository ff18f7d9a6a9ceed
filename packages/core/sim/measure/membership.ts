/**
 * Who sees whom, against who is there. A suspicion or a death is *false* when its subject is alive, unless in
 * the last minute the subject was stopped, or cut off from the node that says so, for `missedAfterMs` or more:
 * then nobody could have known better.
 */
import type { Config, Delivery, PeerId } from '@hearsay/core';
import { separates } from '../world/network.ts';
import { isUp, type SimNode } from '../world/node.ts';
import type { World } from '../world/world.ts';
import { quantile, sortedOf } from './quantiles.ts';

export interface MembershipReport {
  readonly falseSuspicions: number;
  readonly falseDeaths: number;
  readonly detectionMs: { readonly p50: number | null; readonly p99: number | null; readonly max: number | null };
  readonly ghosts: number;
  readonly divergence: number;
  readonly statusFlips: number;
}

export interface Membership {
  onAccusation(accuser: SimNode, subject: PeerId): void;
  onDelivery(node: SimNode, delivery: Delivery): void;
  onStopped(node: SimNode): void;
  report(): MembershipReport;
}

const ABSENT = 0;
const ALIVE = 1;
const SUSPECT = 2;
const EXCUSED_MS = 60_000;

/** A link may have been idle for a heartbeat when the stop begins: after so long silence is taken for death. */
export function missedAfterMs(config: Config): number {
  return config['liveness.silenceMs'] + config['liveness.pingMs'] - config['liveness.heartbeatMs'];
}

export function createMembership(world: () => World, config: Config, hasPresence: boolean): Membership {
  /** By observer: what it shows of each node. */
  const views: Uint8Array[] = [];
  const detections: number[] = [];
  const limitMs = missedAfterMs(config);
  let falseSuspicions = 0;
  let falseDeaths = 0;
  let statusFlips = 0;

  const viewOf = (observer: SimNode, index: number): Uint8Array => {
    const old = views[observer.index] ?? new Uint8Array(0);
    if (index < old.length) return old;
    const grown = new Uint8Array(Math.max(index + 1, world().nodes.length));
    grown.set(old);
    views[observer.index] = grown;
    return grown;
  };

  const wasCutOff = (observer: SimNode, subject: SimNode, now: number): boolean =>
    world().network.partitions.some(cut => {
      const end = Math.min(cut.until, now);
      const isLong = end - cut.since >= limitMs && now - end <= EXCUSED_MS;
      return isLong && (separates(cut, subject, observer) || separates(cut, observer, subject));
    });

  const isFalse = (observer: SimNode, subject: SimNode): boolean => {
    if (!isUp(subject)) return false;
    const { now } = world();
    const isStopped = subject.pausedUntil > now && now - subject.pausedSince >= limitMs;
    return !isStopped && now - subject.lastStop[1] > EXCUSED_MS && !wasCutOff(observer, subject, now);
  };

  const onPresence = (observer: SimNode, subject: SimNode, status: number): void => {
    const view = viewOf(observer, subject.index);
    const old = view[subject.index]!;
    view[subject.index] = status;
    if (old !== ABSENT && old !== status && isUp(subject)) statusFlips += 1;
  };

  const onGone = (observer: SimNode, subject: SimNode, reason: string): void => {
    viewOf(observer, subject.index)[subject.index] = ABSENT;
    if (reason === 'left') return;
    if (isFalse(observer, subject)) falseDeaths += 1;
    if (!isUp(subject) && !subject.left) detections.push(world().now - subject.goneAt);
  };

  return {
    onAccusation(accuser, peer) {
      const subject = world().nodeOf(peer);
      if (subject !== undefined && isFalse(accuser, subject)) falseSuspicions += 1;
    },
    onDelivery(observer, delivery) {
      if (delivery.what !== 'presence' && delivery.what !== 'presence-gone') return;
      const subject = world().nodeOf(delivery.peer);
      if (subject === undefined || subject === observer) return;
      if (delivery.what === 'presence') onPresence(observer, subject, delivery.status === 'alive' ? ALIVE : SUSPECT);
      else onGone(observer, subject, delivery.reason);
    },
    onStopped: node => void delete views[node.index],
    report() {
      const nodes = world().nodes;
      const sorted = sortedOf(detections);
      const alive = nodes.filter(isUp);
      return {
        falseSuspicions,
        falseDeaths,
        detectionMs: { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), max: quantile(sorted, 1) },
        ghosts: ghostsOf(alive, views, nodes),
        divergence: hasPresence ? divergenceOf(alive, views) : 0,
        statusFlips,
      };
    },
  };
}

/** Share of the entries in the views of living nodes that stand for somebody who is not there. */
function ghostsOf(alive: readonly SimNode[], views: readonly Uint8Array[], nodes: readonly SimNode[]): number {
  let shown = 0;
  let ghosts = 0;
  for (const { index } of alive) {
    const view = views[index] ?? new Uint8Array(0);
    for (let i = 0; i < view.length; i++) {
      if (view[i] === ABSENT) continue;
      shown += 1;
      if (!isUp(nodes[i]!)) ghosts += 1;
    }
  }
  return shown === 0 ? 0 : ghosts / shown;
}

/** Share of living nodes whose view, themselves included, is not the one that most have. */
function divergenceOf(alive: readonly SimNode[], views: readonly Uint8Array[]): number {
  const votes = new Map<string, number>();
  for (const { index } of alive) {
    const view = views[index] ?? new Uint8Array(0);
    let a = 0;
    let b = 0;
    for (let i = 0; i < Math.max(view.length, index + 1); i++) {
      if ((view[i] ?? ABSENT) === ABSENT && i !== index) continue;
      // A sum of mixed numbers: two sets of nodes with equal sums in both would be a coincidence of 2^-64.
      a = (a + Math.imul(i + 1, 0x9e3779b1)) | 0;
      b = (b + Math.imul((i + 1) ^ (i << 16), 0x85ebca6b) + (Math.imul(i + 7, i + 13) ^ (i << 9))) | 0;
    }
    const hash = `${a} ${b}`;
    votes.set(hash, (votes.get(hash) ?? 0) + 1);
  }
  return alive.length === 0 ? 0 : 1 - Math.max(...votes.values()) / alive.length;
}
