/** Counts what goes in and out of an engine. It watches; no module knows it. */
import type { Effect } from '../effect.ts';
import type { Fact } from '../fact.ts';
import { wallMsOf } from '../identity/hlc.ts';
import type { Input } from '../input.ts';
import type { Now } from '../types.ts';
import type { FrameType } from '../wire/frame.ts';

/** Totals since the start; rates are for the reader to take. */
export interface Counters {
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly framesIn: number;
  readonly framesOut: number;
  readonly bytesOutByFrame: { readonly [type in FrameType]?: number };
  readonly recordsAccepted: number;
  readonly recordsStored: number;
  readonly duplicates: number;
  readonly verifications: number;
  readonly signatures: number;
  /** Records and frames that were not sent because a link takes less than there is to say. Sync repairs it. */
  readonly droppedSoft: number;
  /** Frames and records that were not taken, by reason. */
  readonly refused: { readonly [reason: string]: number };
  readonly suspicionsTold: number;
  readonly selfSuspected: number;
  readonly failures: number;
  readonly linksMade: number;
  readonly linksLost: number;
  /** Author's clock to acceptance here, ms, over the last 256 fresh records: clock differences included. */
  readonly lagMs: { readonly p50: number; readonly p99: number };
}

export interface Metrics {
  onInput(input: Input): void;
  onFact(fact: Fact, now: Now): void;
  onEffect(effect: Effect): void;
  onFrameOut(type: FrameType, bytes: number): void;
  onRefused(reason: string): void;
  read(): Counters;
}

const LAGS = 256;

export function createMetrics(startedAt: Now): Metrics {
  const count = {
    bytesIn: 0,
    bytesOut: 0,
    framesIn: 0,
    framesOut: 0,
    recordsAccepted: 0,
    recordsStored: 0,
    duplicates: 0,
    verifications: 0,
    signatures: 0,
    suspicionsTold: 0,
    selfSuspected: 0,
    failures: 0,
    linksMade: 0,
    linksLost: 0,
  };
  const byFrame: { [type in FrameType]?: number } = {};
  const refused: { [reason: string]: number } = {};
  const lags = new Float32Array(LAGS);
  let lagCount = 0;

  /** What was said before this node began was late for no fault of the mesh. */
  const noteLag = (said: number, now: Now): void => {
    if (said >= startedAt.wall) lags[lagCount++ % LAGS] = Math.max(0, now.wall - said);
  };

  const refuse = (reason: string): void => {
    refused[reason] = (refused[reason] ?? 0) + 1;
  };

  return {
    onInput(input) {
      if (input.type !== 'frame') return;
      count.framesIn += 1;
      count.bytesIn += input.bytes.length;
    },
    onFact(fact, now) {
      switch (fact.type) {
        case 'record-accepted':
          count.recordsAccepted += 1;
          if (fact.path === 'push') noteLag(wallMsOf(fact.record.hlc), now);
          return;
        case 'record-stored':
          count.recordsStored += 1;
          return;
        case 'record-ignored':
          return refuse(fact.reason);
        case 'record-duplicate':
          count.duplicates += 1;
          return;
        case 'misbehaved':
          return refuse(`${fact.offence}: ${fact.offence === 'forbidden' ? 'policy' : fact.detail}`);
        case 'statement-wanted':
          if (fact.kind === 'accuse') count.suspicionsTold += 1;
          return;
        case 'self-suspected':
          count.selfSuspected += 1;
          return;
        case 'peer-failed':
          count.failures += 1;
          return;
        case 'neighbour-up':
          count.linksMade += 1;
          return;
        case 'neighbour-down':
          count.linksLost += 1;
          return;
        default:
      }
    },
    onEffect(effect) {
      if (effect.type === 'verify') count.verifications += 1;
      else if (effect.type === 'sign') count.signatures += 1;
    },
    onFrameOut(type, bytes) {
      count.framesOut += 1;
      count.bytesOut += bytes;
      byFrame[type] = (byFrame[type] ?? 0) + bytes;
    },
    onRefused: refuse,
    read() {
      const recent = lags.slice(0, Math.min(lagCount, LAGS)).sort();
      const quantile = (q: number): number => recent[Math.min(recent.length - 1, Math.floor(q * recent.length))] ?? 0;
      return {
        ...count,
        bytesOutByFrame: { ...byFrame },
        droppedSoft: refused['slow-link'] ?? 0,
        refused: { ...refused },
        lagMs: { p50: quantile(0.5), p99: quantile(0.99) },
      };
    },
  };
}
