/**
 * Who sees whom, against who is there. A suspicion or a death is *false* when its subject is alive, unless in
 * the last minute the subject was stopped, or cut off from the node that says so, for `missedAfterMs` or more:
 * then nobody could have known better.
 */
import { type Config, type Delivery, type Hlc, type PeerId, wallMsOf } from '@hearsay/core';
import { separates } from '../world/network.ts';
import { isUp, type SimNode } from '../world/node.ts';
import type { World } from '../world/world.ts';
import type { Rule } from './invariants.ts';
import { quantile, sortedOf } from './quantiles.ts';
import { createReturns, type ReturnsReport } from './returns.ts';

export interface MembershipReport {
  readonly falseSuspicions: number;
  readonly falseDeaths: number;
  /** Accusations signed, true and false ones. */
  readonly accusations: number;
  /** Apps told that a running node failed or expired, whatever its excuse. */
  readonly deaths: number;
  /** Accusations of running nodes that the timeline has done nothing to, and apps told that such a node failed or expired. */
  readonly healthySuspicions: number;
  readonly healthyDeaths: number;
  readonly detectionMs: { readonly p50: number | null; readonly p99: number | null; readonly max: number | null };
  readonly ghosts: number;
  readonly divergence: number;
  /** Accusations against running nodes that the accused answered by a newer record of its own. */
  readonly refutations: number;
  readonly statusFlips: number;
  /** Since when, to the second and until the end, all running nodes have shown as many peers as run; `null`: they do not. */
  readonly fullViewsMs: number | null;
  /** From the end of the last partition until all running nodes show exactly all that run, and go on to; `null`: never, or none ended. */
  readonly equalViewsMs: number | null;
  /** From a restart, or the end of a stop that was long enough to be missed, until an app shows who is back as alive. */
  readonly backAliveMs: ReturnsReport;
}

export interface Membership {
  onAccusation(accuser: SimNode, subject: PeerId): void;
  /** The node says something newer than every accusation that stands against it. */
  onSpoke(node: SimNode): void;
  /** The node is about to state a presence of this incarnation. */
  onStated(node: SimNode, incarnation: Hlc): void;
  /** What is wrong with this delivery, if anything. */
  onDelivery(node: SimNode, delivery: Delivery): Rule | undefined;
  onStarted(node: SimNode): void;
  /** A stop of the node that was long enough to be missed is over. */
  onResumed(node: SimNode): void;
  onStopped(node: SimNode): void;
  /** Once in every second: are all views full? */
  onSecond(): void;
  /** A sentence for each running node whose app does not see exactly the other running nodes, all of them alive. */
  disagreements(): readonly string[];
  report(): MembershipReport;
}

const ABSENT = 0;
const ALIVE = 1;
const SUSPECT = 2;
/** Said goodbye: it must never be shown again. */
const LEFT = 3;
const AWAY = 4;
const STATUSES = { alive: ALIVE, suspect: SUSPECT, away: AWAY } as const;
const EXCUSED_MS = 60_000;

/** A link may have been idle for a heartbeat when the stop begins: after so long silence is taken for death. */
export function missedAfterMs(config: Config): number {
  return config['liveness.silenceMs'] + config['liveness.pingMs'] - config['liveness.heartbeatMs'];
}

export function createMembership(world: () => World, config: Config, hasPresence: boolean): Membership {
  /** By observer: what it shows of each node. */
  const views: Uint8Array[] = [];
  /** By observer: how many it shows. */
  const shown: number[] = [];
  /** By observer: the sum of the marks of those. */
  const sums: number[] = [];
  const detections: number[] = [];
  /** Accused at any time, and with an accusation that is not answered yet. */
  const everAccused = new Set<PeerId>();
  const unanswered = new Set<PeerId>();
  const returns = createReturns(world);
  const limitMs = missedAfterMs(config);
  let falseSuspicions = 0;
  let falseDeaths = 0;
  let statusFlips = 0;
  let refutations = 0;
  let accusations = 0;
  let deaths = 0;
  let healthySuspicions = 0;
  let healthyDeaths = 0;
  let fullSince: number | null = null;
  let equalSince: number | null = null;

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
      if (cut.isOneLink) return false;
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

  const count = (observer: SimNode, subject: SimNode, by: 1 | -1): void => {
    shown[observer.index] = (shown[observer.index] ?? 0) + by;
    sums[observer.index] = ((sums[observer.index] ?? 0) + by * markOf(subject)) | 0;
  };

  const onPresence = (observer: SimNode, subject: SimNode, status: number): Rule | undefined => {
    const view = viewOf(observer, subject.index);
    const old = view[subject.index]!;
    view[subject.index] = status;
    if (!isShown(old)) count(observer, subject, 1);
    // That it is away it says itself.
    if (isShown(old) && (old === SUSPECT) !== (status === SUSPECT) && isUp(subject)) statusFlips += 1;
    return old === LEFT && subject.left ? 'resurrected' : undefined;
  };

  const onGone = (observer: SimNode, subject: SimNode, reason: string): Rule | undefined => {
    const view = viewOf(observer, subject.index);
    if (isShown(view[subject.index]!)) count(observer, subject, -1);
    view[subject.index] = reason === 'left' ? LEFT : ABSENT;
    if (reason === 'left') return subject.left ? undefined : 'left-unsaid';
    if (isFalse(observer, subject)) falseDeaths += 1;
    if (isUp(subject)) deaths += 1;
    if (isHealthy(subject)) healthyDeaths += 1;
    if (!isUp(subject) && !subject.left) detections.push(world().now - subject.goneAt);
    return reason === 'failed' && !everAccused.has(subject.id) ? 'death-unaccused' : undefined;
  };

  /** Itself included. */
  const viewSumOf = (node: SimNode): number => ((sums[node.index] ?? 0) + markOf(node)) | 0;

  const equalViewsMs = (): number | null => {
    const healedAt = world()
      .network.partitions.filter(({ isOneLink, until }) => !isOneLink && until <= world().now)
      .reduce((last, { until }) => Math.max(last, until), Number.NEGATIVE_INFINITY);
    if (equalSince === null || healedAt === Number.NEGATIVE_INFINITY) return null;
    return Math.max(0, equalSince - healedAt);
  };

  return {
    onAccusation(accuser, peer) {
      const subject = world().nodeOf(peer);
      if (subject === undefined || subject === accuser) return;
      accusations += 1;
      everAccused.add(peer);
      if (isUp(subject)) unanswered.add(peer);
      if (isFalse(accuser, subject)) falseSuspicions += 1;
      if (isHealthy(subject)) healthySuspicions += 1;
    },
    onSpoke(node) {
      if (unanswered.delete(node.id)) refutations += 1;
    },
    onStated: (node, incarnation) => returns.onStated(node, wallMsOf(incarnation)),
    onDelivery(observer, delivery) {
      if (delivery.what !== 'presence' && delivery.what !== 'presence-gone') return undefined;
      const subject = world().nodeOf(delivery.peer);
      if (subject === undefined || subject === observer) return undefined;
      if (delivery.what === 'presence-gone') return onGone(observer, subject, delivery.reason);
      if (delivery.status === 'alive') returns.onShown(observer, subject.id, delivery.joinedAtMs);
      return onPresence(observer, subject, STATUSES[delivery.status]);
    },
    onStarted: returns.onStarted,
    onResumed: node => returns.onResumed(node, observer => viewOf(observer, node.index)[node.index] === ALIVE),
    onStopped(node) {
      returns.onStopped(node);
      delete views[node.index];
      delete shown[node.index];
      delete sums[node.index];
      unanswered.delete(node.id);
    },
    onSecond() {
      const { nodes, now } = world();
      const running = nodes.reduce((count, node) => count + (isUp(node) ? 1 : 0), 0);
      const areFull = nodes.every(node => !isUp(node) || (shown[node.index] ?? 0) === running - 1);
      fullSince = areFull ? (fullSince ?? now) : null;
      const all = nodes.reduce((sum, node) => (isUp(node) ? (sum + markOf(node)) | 0 : sum), 0);
      const areEqual = areFull && nodes.every(node => !isUp(node) || viewSumOf(node) === all);
      equalSince = areEqual ? (equalSince ?? now) : null;
    },
    disagreements: () => (hasPresence ? disagreementsOf(world().nodes, views) : []),
    report() {
      const nodes = world().nodes;
      const sorted = sortedOf(detections);
      const alive = nodes.filter(isUp);
      return {
        falseSuspicions,
        falseDeaths,
        accusations,
        deaths,
        healthySuspicions,
        healthyDeaths,
        detectionMs: { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), max: quantile(sorted, 1) },
        ghosts: ghostsOf(alive, views, nodes),
        divergence: hasPresence ? divergenceOf(alive, views) : 0,
        refutations,
        statusFlips,
        fullViewsMs: fullSince,
        equalViewsMs: equalViewsMs(),
        backAliveMs: returns.report(),
      };
    },
  };
}

/** Nothing was done to it, so nobody has a reason to miss it. */
function isHealthy(node: SimNode): boolean {
  return isUp(node) && !node.troubled;
}

/** Two sets of nodes of one size whose marks have one sum: a coincidence of 2^-32. */
function markOf({ index }: SimNode): number {
  const mixed = Math.imul(index + 1, 0x9e3779b1);
  return Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b);
}

function isShown(status: number): boolean {
  return status === ALIVE || status === SUSPECT || status === AWAY;
}

function disagreementsOf(nodes: readonly SimNode[], views: readonly Uint8Array[]): readonly string[] {
  const found: string[] = [];
  for (const observer of nodes) {
    if (!isUp(observer)) continue;
    const view = views[observer.index] ?? new Uint8Array(0);
    for (const subject of nodes) {
      if (subject === observer) continue;
      const status = view[subject.index] ?? ABSENT;
      if (isUp(subject) === isShown(status) && status !== SUSPECT) continue;
      const truth = isUp(subject) ? 'runs' : subject.left ? 'has left' : 'has crashed';
      const shown = status === SUSPECT ? 'as suspect' : isShown(status) ? 'as alive' : 'not at all';
      found.push(`node ${observer.index} shows node ${subject.index}, which ${truth}, ${shown}`);
    }
  }
  return found;
}

/** Share of the entries in the views of living nodes that stand for somebody who is not there. */
function ghostsOf(alive: readonly SimNode[], views: readonly Uint8Array[], nodes: readonly SimNode[]): number {
  let shown = 0;
  let ghosts = 0;
  for (const { index } of alive) {
    const view = views[index] ?? new Uint8Array(0);
    for (let i = 0; i < view.length; i++) {
      if (!isShown(view[i]!)) continue;
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
      if (!isShown(view[i] ?? ABSENT) && i !== index) continue;
      // A sum of mixed numbers: two sets of nodes with equal sums in both would be a coincidence of 2^-64.
      a = (a + Math.imul(i + 1, 0x9e3779b1)) | 0;
      b = (b + Math.imul((i + 1) ^ (i << 16), 0x85ebca6b) + (Math.imul(i + 7, i + 13) ^ (i << 9))) | 0;
    }
    const hash = `${a} ${b}`;
    votes.set(hash, (votes.get(hash) ?? 0) + 1);
  }
  return alive.length === 0 ? 0 : 1 - Math.max(...votes.values()) / alive.length;
}
