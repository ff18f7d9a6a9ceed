/** The figures of a run. Their names are a contract: scenarios expect them, and scripts read them. */
import type { EngineStats } from '@hearsay/core';
import type { Broken } from './invariants.ts';
import type { MembershipReport } from './membership.ts';
import type { Spread } from './messages.ts';
import type { RelayReport } from './relay.ts';

export interface Report {
  readonly name: string;
  readonly seed: number;
  readonly convergence: Spread & {
    readonly loads: readonly (Spread & {
      readonly kind: string;
      readonly sent: number;
      readonly refused: number;
      readonly redundancy: number | null;
      /** Bytes of spreading per node, from the beginning of this entry until that of the next, or the end. */
      readonly bytes: number;
      /**
       * Pairs of a message said since the last `crash` and a survivor that were not served although links joined them
       * right after it; `null`: nothing was said since a crash.
       */
      readonly missedInReach: number | null;
      /** `t99Ms` over the pairs that no partition separated when the message was published. */
      readonly t99UncutMs: number | null;
    })[];
  };
  /** Copies of load records received beyond the first, per delivery (RMR). */
  readonly redundancy: number | null;
  /** Bytes of frames; a byte counts when it is sent, and when it arrives. */
  readonly bytes: {
    readonly perNodePerSecond: {
      readonly in: Distribution;
      readonly out: Distribution;
      /** Sent per running node in the worst second of the run. */
      readonly peak: number;
      /** The most that any one node sent within one second. */
      readonly peakOfOne: number;
    };
    /** Sent in all, by type of frame. */
    readonly byFrame: { readonly [type: string]: number };
    /** The most that ever waited at one end of one link for a narrow uplink. */
    readonly backlogMax: number;
  };
  readonly membership: MembershipReport;
  /** At the end: keys that some running node's app still or again shows although the last that was said was a deletion. */
  readonly state: { readonly resurrected: number };
  readonly overlay: {
    readonly degree: { readonly min: number; readonly mean: number; readonly max: number };
    readonly components: number;
    /** Nodes in the largest one. */
    readonly largestComponent: number;
    /** Links dialled or agreed to, over all nodes. */
    readonly dials: number;
    readonly dialBudgetMax: number;
    /** Share of the pairs of survivors that links still joined right after the last `crash`; `null`: there was none. */
    readonly reachAfterCrash: number | null;
    /** At the end: share of the links whose two ends are in one region; `null`: no link. */
    readonly withinRegion: number | null;
  };
  /** What running nodes think at the end, on average. */
  readonly aggregates: {
    /** Peers in the room. */
    readonly size: number;
    /** By which share of the nodes that run they are wrong about that. */
    readonly offBy: number;
    /** Share of the neighbours who see others than they do. */
    readonly divergence: number;
  };
  readonly relay: RelayReport;
  /** Peers that somebody cut off for misconduct; all are honest here. */
  readonly guard: { readonly honestPenalised: number };
  readonly sync: {
    readonly sessions: number;
    readonly bytes: number;
    /** Bytes for each record that a sync carried. */
    readonly perDifference: number | null;
  };
  readonly verify: { readonly perNodePerSecond: { readonly mean: number; readonly max: number } };
  readonly run: { readonly events: number; readonly cpuMs: number | null; readonly memoryMb: number | null };
  readonly traceHash: string;
  readonly broken: readonly Broken[];
}

export interface Distribution {
  readonly mean: number;
  readonly p99: number;
  readonly max: number;
}

/** What one life of one node added up to. */
export interface LifeTotals {
  readonly seconds: number;
  readonly stats: EngineStats;
}

const SPREAD = String.raw`(t50Ms|t90Ms|t99Ms|t100Ms|delivered|toAllMs\.(mean|max))`;
const PATHS: readonly RegExp[] = [
  new RegExp(String.raw`^convergence\.(loads\.\d+\.)?${SPREAD}$`),
  /^convergence\.loads\.\d+\.(sent|refused|redundancy|bytes|missedInReach|t99UncutMs)$/,
  /^redundancy$/,
  /^bytes\.backlogMax$/,
  /^bytes\.perNodePerSecond\.((in|out)\.(mean|p99|max)|peak|peakOfOne)$/,
  /^bytes\.byFrame\.(push|ihave|graft|prune|pull|sync|grow|delta|want|done|heartbeat|ping|pong|shuffle|shuffle-reply|disconnect|relay)$/,
  /^membership\.(falseSuspicions|falseDeaths|accusations|deaths|healthySuspicions|healthyDeaths|ghosts|divergence)$/,
  /^membership\.(refutations|statusFlips|fullViewsMs|equalViewsMs|(detectionMs|backAliveMs)\.(p50|p99|max))$/,
  /^state\.resurrected$/,
  /^overlay\.(degree\.(min|mean|max)|components|largestComponent|dials|dialBudgetMax|reachAfterCrash|withinRegion)$/,
  /^aggregates\.(size|offBy|divergence)$/,
  /^relay\.(alone\.)?(attempts|success|bytesPerSignal|hops\.(mean|max))$/,
  /^guard\.honestPenalised$/,
  /^sync\.(sessions|bytes|perDifference)$/,
  /^verify\.perNodePerSecond\.(mean|max)$/,
  /^run\.(events|cpuMs|memoryMb)$/,
  /^traceHash$/,
];

/** Is there such a figure in every report? `convergence.loads.3.delivered` exists when there are four loads. */
export function isReportPath(path: string): boolean {
  return PATHS.some(pattern => pattern.test(path));
}

export function figureAt(report: Report, path: string): unknown {
  let found: unknown = report;
  for (const key of path.split('.')) found = (found as { readonly [key: string]: unknown } | null | undefined)?.[key];
  return found;
}
