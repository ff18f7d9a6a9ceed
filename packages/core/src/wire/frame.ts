/** Frames: what one neighbour says to another over a link. A CBOR array whose first item is the type. */
import { fail, ok, type Result } from '../lib/result.ts';
import type { PeerId, RecordId, ShortId, Wire } from '../types.ts';
import { decodeCbor, encodeCbor } from './cbor.ts';
import {
  asBytes,
  asFlag,
  asList,
  asPeer,
  asPeers,
  asRecordId,
  asShortId,
  asShortIds,
  asUint32,
  asWhole,
  peerToWire,
  recordIdToWire,
  shortIdsToWire,
  whole,
} from './fields.ts';
import type { GateCode } from './gate.ts';
import { wireLimits } from './limits.ts';
import { asTopics, type SyncTopic, topicToWire } from './sync-topic.ts';

export type Frame =
  /** Fresh records, pushed eagerly. */
  | { readonly type: 'push'; readonly records: readonly Uint8Array[] }
  /** Announcement of records that were not pushed: the first 8 bytes of each id. */
  | { readonly type: 'ihave'; readonly ids: readonly ShortId[] }
  /**
   * Please send `ids`; and push to me from now on what their authors and `authors` say; none named: anybody. An
   * author is the first 8 bytes of its key.
   */
  | { readonly type: 'graft'; readonly ids: readonly ShortId[]; readonly authors: readonly ShortId[] }
  /** I had these already: please announce to me what their authors say instead of pushing it. */
  | { readonly type: 'prune'; readonly ids: readonly ShortId[] }
  /** The tree of `author` grows by this: to be passed on once for each `round`, over every other link. */
  | { readonly type: 'grow'; readonly author: ShortId; readonly round: number }
  /** What I have of late; please push what I lack. */
  | { readonly type: 'pull'; readonly ids: readonly ShortId[] }
  /** One step of reconciliation. Answered by deltas, if any, and exactly one `sync` or `done`. */
  | { readonly type: 'sync'; readonly session: number; readonly topics: readonly SyncTopic[] }
  /** Records that the other side was found to lack. */
  | { readonly type: 'delta'; readonly session: number; readonly records: readonly Uint8Array[] }
  | { readonly type: 'done'; readonly session: number }
  /** I have this large record; fetch it if you lack it. `fresh`: it is worth passing on at once, as a push is. */
  | { readonly type: 'offer'; readonly id: RecordId; readonly size: number; readonly fresh: boolean }
  /** Send me so many bytes of it, from there on. */
  | { readonly type: 'fetch'; readonly id: RecordId; readonly from: number; readonly length: number }
  /** A piece of it, in order. Empty: I do not have it. */
  | { readonly type: 'chunk'; readonly id: RecordId; readonly from: number; readonly bytes: Uint8Array }
  /** Proof of life on an idle link. */
  | { readonly type: 'heartbeat' }
  | { readonly type: 'ping'; readonly nonce: number }
  /** `view`: what the members that the sender sees add up to. */
  | { readonly type: 'pong'; readonly nonce: number; readonly view: number }
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
export type DisconnectReason = 'full' | 'banned' | 'leaving' | 'surplus' | 'silent' | 'overflow';

export type FrameCode = GateCode | 'decode' | 'frame-size' | 'frame-type' | 'frame-shape';

const REASONS: readonly DisconnectReason[] = ['full', 'banned', 'leaving', 'surplus', 'silent', 'overflow'];

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
    write: frame => [shortIdsToWire(frame.ids), shortIdsToWire(frame.authors)],
    read: ([ids, authors]) => whole({ type: 'graft', ids: asShortIds(ids), authors: asShortIds(authors) }),
  },
  prune: {
    code: 15,
    write: frame => [shortIdsToWire(frame.ids)],
    read: ([ids]) => whole({ type: 'prune', ids: asShortIds(ids) }),
  },
  grow: {
    code: 17,
    write: frame => [shortIdsToWire([frame.author]), frame.round],
    read: ([author, round]) => whole({ type: 'grow', author: asShortId(author), round: asUint32(round) }),
  },
  pull: {
    code: 16,
    write: frame => [shortIdsToWire(frame.ids)],
    read: ([ids]) => whole({ type: 'pull', ids: asShortIds(ids) }),
  },
  sync: {
    code: 2,
    write: frame => [frame.session, frame.topics.map(topicToWire)],
    read: ([session, topics]) => whole({ type: 'sync', session: asUint32(session), topics: asTopics(topics) }),
  },
  delta: {
    code: 3,
    write: frame => [frame.session, frame.records],
    read: ([session, records]) => whole({ type: 'delta', session: asUint32(session), records: asRecords(records) }),
  },
  offer: {
    code: 18,
    write: frame => [recordIdToWire(frame.id), frame.size, frame.fresh ? 1 : 0],
    read: ([id, size, fresh]) =>
      whole({
        type: 'offer',
        id: asRecordId(id),
        size: asWhole(size, wireLimits.inlineBytes + 1, wireLimits.recordBytes),
        fresh: asFlag(fresh),
      }),
  },
  fetch: {
    code: 19,
    write: frame => [recordIdToWire(frame.id), frame.from, frame.length],
    read: ([id, from, length]) =>
      whole({
        type: 'fetch',
        id: asRecordId(id),
        from: asWhole(from, 0, wireLimits.recordBytes),
        length: asWhole(length, 1, wireLimits.fetchBytes),
      }),
  },
  chunk: {
    code: 20,
    write: frame => [recordIdToWire(frame.id), frame.from, frame.bytes],
    read: ([id, from, bytes]) =>
      whole({
        type: 'chunk',
        id: asRecordId(id),
        from: asWhole(from, 0, wireLimits.recordBytes),
        bytes: asBytes(bytes, 0, wireLimits.chunkBytes),
      }),
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
    write: frame => [frame.nonce, frame.view],
    read: ([nonce, view]) => whole({ type: 'pong', nonce: asUint32(nonce), view: asUint32(view) }),
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
  const items = decoded.value as Wire[];
  const read = readers.get(items.shift() ?? null);
  if (read === undefined) return fail('frame-type');
  const frame = read(items);
  return frame === undefined ? fail('frame-shape') : ok(frame);
}

function asRecords(value: Wire | undefined): readonly Uint8Array[] | undefined {
  return asList(value, wireLimits.recordsPerFrame, item => asBytes(item, 1, wireLimits.frameBytes));
}
