/** Frames: what one neighbour says to another over a link. A CBOR array whose first item is the type. */
import { fail, ok, type Result } from '../lib/result.ts';
import type { PeerId, RecordId, Wire } from '../types.ts';
import { decodeCbor, encodeCbor } from './cbor.ts';
import {
  asBytes,
  asIds,
  asList,
  asPeer,
  asPeers,
  asShortIds,
  asUint32,
  idsToWire,
  peerToWire,
  shortIdsToWire,
} from './fields.ts';
import type { GateCode } from './gate.ts';
import { wireLimits } from './limits.ts';

export type Frame =
  /** Fresh records, pushed eagerly. */
  | { readonly type: 'push'; readonly records: readonly Uint8Array[] }
  /** Announcement of records that were not pushed: the first 8 bytes of each id. */
  | { readonly type: 'ihave'; readonly ids: readonly ShortId[] }
  /** Please send these, and push eagerly to me from now on. */
  | { readonly type: 'graft'; readonly ids: readonly ShortId[] }
  /** Please announce to me instead of pushing. */
  | { readonly type: 'prune' }
  /** What I have of late; please push what I lack. */
  | { readonly type: 'pull'; readonly ids: readonly ShortId[] }
  /** One step of reconciliation. Answered by exactly one `sync` or `done`. */
  | { readonly type: 'sync'; readonly session: number; readonly ranges: readonly SyncRange[] }
  /** Records that the other side was found to lack. */
  | { readonly type: 'delta'; readonly session: number; readonly records: readonly Uint8Array[] }
  /** Records that this side was found to lack. Answered by deltas and one `done`. */
  | { readonly type: 'want'; readonly session: number; readonly ids: readonly RecordId[] }
  | { readonly type: 'done'; readonly session: number }
  /** Proof of life on an idle link. */
  | { readonly type: 'heartbeat' }
  | { readonly type: 'ping'; readonly nonce: number }
  | { readonly type: 'pong'; readonly nonce: number }
  | { readonly type: 'shuffle'; readonly peers: readonly PeerId[] }
  | { readonly type: 'shuffle-reply'; readonly peers: readonly PeerId[] }
  /** A goodbye with its reason; `alternatives` need a neighbour as well. */
  | {
      readonly type: 'disconnect';
      readonly reason: DisconnectReason;
      readonly retryAfterMs: number;
      readonly alternatives: readonly PeerId[];
    }
  /** A signal for a peer that is not a neighbour, handed from link to link. */
  | {
      readonly type: 'relay';
      readonly id: number;
      readonly to: PeerId;
      readonly from: PeerId;
      readonly ttl: number;
      readonly payload: Uint8Array;
    };

export type FrameType = Frame['type'];
export type DisconnectReason = 'full' | 'banned' | 'leaving' | 'surplus' | 'silent';

/** First 8 bytes of a record id, 16 hex characters: enough to tell records apart, too many to forge a second one. */
export type ShortId = string;

/** A range ends before `upper` (20 bytes: time bucket and id; empty: the end) and begins where the last one ended. */
export type SyncRange =
  | { readonly mode: 'equal'; readonly upper: Uint8Array }
  | { readonly mode: 'fingerprint'; readonly upper: Uint8Array; readonly fingerprint: Uint8Array }
  | { readonly mode: 'ids'; readonly upper: Uint8Array; readonly ids: readonly RecordId[] };

export type FrameCode = GateCode | 'decode' | 'frame-size' | 'frame-type' | 'frame-shape';

const REASONS: readonly DisconnectReason[] = ['full', 'banned', 'leaving', 'surplus', 'silent'];

interface FrameCodec<F extends Frame> {
  readonly code: number;
  readonly write: (frame: F) => readonly Wire[];
  readonly read: (fields: readonly Wire[]) => F | undefined;
}

const codecs: { readonly [T in FrameType]: FrameCodec<Extract<Frame, { type: T }>> } = {
  push: {
    code: 1,
    write: frame => [frame.records],
    read: ([records]) => whole({ type: 'push', records: asRecords(records) }),
  },
  ihave: {
    code: 13,
    write: frame => [shortIdsToWire(frame.ids)],
    read: ([ids]) => whole({ type: 'ihave', ids: asShortIds(ids) }),
  },
  graft: {
    code: 14,
    write: frame => [shortIdsToWire(frame.ids)],
    read: ([ids]) => whole({ type: 'graft', ids: asShortIds(ids) }),
  },
  prune: { code: 15, write: () => [], read: () => ({ type: 'prune' }) },
  pull: {
    code: 16,
    write: frame => [shortIdsToWire(frame.ids)],
    read: ([ids]) => whole({ type: 'pull', ids: asShortIds(ids) }),
  },
  sync: {
    code: 2,
    write: frame => [frame.session, frame.ranges.map(rangeToWire)],
    read: ([session, ranges]) =>
      whole({
        type: 'sync',
        session: asUint32(session),
        ranges: rising(asList(ranges, wireLimits.rangesPerSync, asRange)),
      }),
  },
  delta: {
    code: 3,
    write: frame => [frame.session, frame.records],
    read: ([session, records]) => whole({ type: 'delta', session: asUint32(session), records: asRecords(records) }),
  },
  want: {
    code: 4,
    write: frame => [frame.session, idsToWire(frame.ids)],
    read: ([session, ids]) => whole({ type: 'want', session: asUint32(session), ids: asIds(ids) }),
  },
  done: {
    code: 5,
    write: frame => [frame.session],
    read: ([session]) => whole({ type: 'done', session: asUint32(session) }),
  },
  heartbeat: { code: 6, write: () => [], read: () => ({ type: 'heartbeat' }) },
  ping: {
    code: 7,
    write: frame => [frame.nonce],
    read: ([nonce]) => whole({ type: 'ping', nonce: asUint32(nonce) }),
  },
  pong: {
    code: 8,
    write: frame => [frame.nonce],
    read: ([nonce]) => whole({ type: 'pong', nonce: asUint32(nonce) }),
  },
  shuffle: {
    code: 9,
    write: frame => [frame.peers.map(peerToWire)],
    read: ([peers]) => whole({ type: 'shuffle', peers: asPeers(peers) }),
  },
  'shuffle-reply': {
    code: 10,
    write: frame => [frame.peers.map(peerToWire)],
    read: ([peers]) => whole({ type: 'shuffle-reply', peers: asPeers(peers) }),
  },
  disconnect: {
    code: 11,
    write: frame => [REASONS.indexOf(frame.reason), frame.retryAfterMs, frame.alternatives.map(peerToWire)],
    read: ([reason, retryAfterMs, alternatives]) =>
      whole({
        type: 'disconnect',
        reason: REASONS[asUint32(reason) ?? -1],
        retryAfterMs: asUint32(retryAfterMs),
        alternatives: asPeers(alternatives),
      }),
  },
  relay: {
    code: 12,
    write: frame => [frame.id, peerToWire(frame.to), peerToWire(frame.from), frame.ttl, frame.payload],
    read: ([id, to, from, ttl, payload]) =>
      whole({
        type: 'relay',
        id: asUint32(id),
        to: asPeer(to),
        from: asPeer(from),
        ttl: asUint32(ttl),
        payload: asBytes(payload, 1, wireLimits.signalBytes),
      }),
  },
};

const readers: ReadonlyMap<Wire, (fields: readonly Wire[]) => Frame | undefined> = new Map(
  Object.values(codecs).map(codec => [codec.code, codec.read]),
);

export function encodeFrame(frame: Frame): Uint8Array {
  const codec = codecs[frame.type] as FrameCodec<Frame>;
  return encodeCbor([codec.code, ...codec.write(frame)]);
}

/** Bytes of a stranger to a frame, or the first reason why not. Never throws. */
export function decodeFrame(bytes: Uint8Array): Result<Frame, FrameCode> {
  if (bytes.length > wireLimits.frameBytes) return fail('frame-size');
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return decoded;
  if (!Array.isArray(decoded.value)) return fail('frame-shape');
  const [type, ...fields] = decoded.value as readonly Wire[];
  const read = readers.get(type ?? null);
  if (read === undefined) return fail('frame-type');
  const frame = read(fields);
  return frame === undefined ? fail('frame-shape') : ok(frame);
}

/** The frame when every field was readable. */
function whole<F extends object>(fields: { [K in keyof F]: F[K] | undefined }): F | undefined {
  for (const value of Object.values(fields)) if (value === undefined) return undefined;
  return fields as F;
}

function asRecords(value: Wire | undefined): readonly Uint8Array[] | undefined {
  return asList(value, wireLimits.recordsPerFrame, item => asBytes(item, 1, wireLimits.frameBytes));
}

function rangeToWire(range: SyncRange): Wire {
  switch (range.mode) {
    case 'equal':
      return [range.upper, 0];
    case 'fingerprint':
      return [range.upper, 1, range.fingerprint];
    case 'ids':
      return [range.upper, 2, idsToWire(range.ids)];
  }
}

/** Ranges in order: bounds that go back and forth would have the same records compared many times over. */
function rising(ranges: readonly SyncRange[] | undefined): readonly SyncRange[] | undefined {
  for (let i = 1; i < (ranges?.length ?? 0); i++)
    if (!isBelow(ranges![i - 1]!.upper, ranges![i]!.upper)) return undefined;
  return ranges;
}

/** Byte order; the empty bound is above all others. */
function isBelow(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length === 0 || b.length === 0) return a.length > 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! < b[i]!;
  return false;
}

function asRange(value: Wire): SyncRange | undefined {
  if (!Array.isArray(value)) return undefined;
  const [bound, mode, payload] = value as readonly Wire[];
  const upper = asBytes(bound, 0, 20);
  if (upper === undefined || (upper.length !== 0 && upper.length !== 20)) return undefined;
  if (mode === 0) return { mode: 'equal', upper };
  if (mode === 1) return whole({ mode: 'fingerprint', upper, fingerprint: asBytes(payload, 16, 16) });
  return mode === 2 ? whole({ mode: 'ids', upper, ids: asIds(payload) }) : undefined;
}
