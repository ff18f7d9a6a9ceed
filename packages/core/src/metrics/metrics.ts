/** Counts what goes in and out of an engine. It watches; no module knows it. */
import type { Effect } from '../effect.ts';
import type { Fact, Source } from '../fact.ts';
import { wallMsOf } from '../identity/hlc.ts';
import type { SignedRecord } from '../identity/record.ts';
import type { Input } from '../input.ts';
import { createExpiringMap } from '../lib/expiring-map.ts';
import type { Now, PeerId } from '../types.ts';
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
  /** Accusations that this node signed. */
  readonly suspicionsTold: number;
  /** Times that a peer was shown as suspect. */
  readonly suspicions: number;
  /** Those of them that the peer answered: it was alive. */
  readonly falseSuspicions: number;
  readonly selfSuspected: number;
  readonly failures: number;
  readonly linksMade: number;
  readonly linksLost: number;
  /**
   * Convergence lag: from the author's clock to acceptance here, ms, over the last 256 records that were pushed, with
   * `skewMs` taken out. An author whose clock alone is behind still seems late, at `p99` before `p50`.
   */
  readonly lagMs: { readonly p50: number; readonly p99: number };
  /**
   * How far this clock is ahead of the record clocks of its neighbours, ms, negative when it is behind: the median of
   * arrival − clock − half a round trip over their own last words. One fast clock in the room moves all record clocks
   * ahead together, and is taken out as well.
   */
  readonly skewMs: number;
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
/** More than there are neighbours at once; and a clock may be corrected. */
const MAX_OFFSETS = 64;
const OFFSET_MS = 600_000;

export function createMetrics(startedAt: Now, rttMs: (peer: PeerId) => number | undefined): Metrics {
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
    suspicions: 0,
    falseSuspicions: 0,
    selfSuspected: 0,
    failures: 0,
    linksMade: 0,
    linksLost: 0,
  };
  const byFrame: { [type in FrameType]?: number } = {};
  const refused: { [reason: string]: number } = {};
  const lags = new Float32Array(LAGS);
  let lagCount = 0;

  /** Of neighbours, by what they said themselves: nothing but the link lies between. */
  const offsets = createExpiringMap<PeerId, number>(MAX_OFFSETS, OFFSET_MS);

  const noteLag = ({ author, hlc }: SignedRecord, from: Source, now: Now): void => {
    const lag = now.wall - wallMsOf(hlc);
    if (from === author) {
      offsets.expire(now.mono);
      offsets.set(author, lag - (rttMs(author) ?? 0) / 2, now.mono);
    }
    // What was said before this node began was late for no fault of the mesh.
    if (wallMsOf(hlc) >= startedAt.wall) lags[lagCount++ % LAGS] = lag;
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
          if (fact.path === 'push') noteLag(fact.record, fact.from, now);
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
        case 'peer-suspected':
          count.suspicions += 1;
          return;
        case 'peers-cleared':
          count.falseSuspicions += fact.peers.length;
          return;
        case 'peers-unreachable':
          if (fact.isCut) count.suspicions += fact.peers.length;
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
      const skewMs = quantileOf(Float32Array.from(offsets.entries(), ([, offset]) => offset).sort(), 0.5);
      const recent = lags.slice(0, Math.min(lagCount, LAGS)).sort();
      const lagAt = (q: number): number => Math.max(0, quantileOf(recent, q) - skewMs);
      return {
        ...count,
        bytesOutByFrame: { ...byFrame },
        droppedSoft: refused['slow-link'] ?? 0,
        refused: { ...refused },
        lagMs: { p50: lagAt(0.5), p99: lagAt(0.99) },
        skewMs,
      };
    },
  };
}

/** Of ascending numbers; 0 of none. */
function quantileOf(sorted: Float32Array, q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}
