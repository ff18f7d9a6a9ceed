import type { SignedRecord, Statement } from './identity/record.ts';
import type { PeerId, RecordId, Via, Wire } from './types.ts';

/**
 * Where a record came from: a neighbour's link, this node's own app or storage, or inside of something else: then
 * nobody here can be blamed for it.
 */
export type Source = PeerId | 'self' | 'storage' | 'carried';

/** How it came: `push` asks to be passed on at once; `sync` repaired a gap. */
export type Path = 'push' | 'sync' | 'self';

/** Everything one module may tell the others. `engine.ts` says who hears what. */
export type Fact =
  | { readonly type: 'neighbour-up'; readonly peer: PeerId; readonly outbound: boolean }
  | { readonly type: 'neighbour-down'; readonly peer: PeerId; readonly reason: NeighbourLoss }
  /** Somebody's signature says that `peer` has gone silent. */
  | { readonly type: 'peer-suspected'; readonly peer: PeerId }
  /** They themselves, or others of their region, said something newer than all that is said against them. */
  | { readonly type: 'peers-cleared'; readonly peers: readonly PeerId[] }
  /** Suspected and not refuted in time. Everything it said up to `hlc` is void. */
  | { readonly type: 'peer-failed'; readonly peer: PeerId; readonly hlc: number }
  /**
   * The same, but so many are silent, or so few say so, that it is too early to call them dead. `isCut`: the way to
   * all of their region is cut, and nobody is dead for that.
   */
  | { readonly type: 'peers-unreachable'; readonly peers: readonly PeerId[]; readonly isCut: boolean }
  /** `by` hears nothing from this node over their link. */
  | { readonly type: 'probed'; readonly by: PeerId; readonly session: number }
  /** Somebody accuses this very node. */
  | { readonly type: 'self-suspected' }
  /** A link has been silent for too long: the peer behind it may be dead. */
  | { readonly type: 'neighbour-silent'; readonly peer: PeerId }
  /** A record is on its way here, in chunks: it need not be asked for. */
  | { readonly type: 'record-coming'; readonly id: RecordId }
  /** More waits for this link than it will ever take. */
  | { readonly type: 'link-overflowed'; readonly peer: PeerId }
  | { readonly type: 'record-offered'; readonly bytes: Uint8Array; readonly from: Source; readonly path: Path }
  /** A local write, effective here at once; its signature is still to be made. */
  | { readonly type: 'record-drafted'; readonly draft: Omit<Statement, 'seq' | 'exp'> }
  /** A module wants this stated under the node's own key. */
  | {
      readonly type: 'statement-wanted';
      readonly kind: Statement['kind'];
      readonly key: string;
      readonly value: Statement['value'];
      /** For a presence: how long it counts unless renewed, ms. */
      readonly validMs?: number;
    }
  /** A presence that says that this node sleeps, to be signed now and said when there is no time for it. */
  | { readonly type: 'nap-wanted'; readonly value: Wire; readonly validMs: number }
  | { readonly type: 'record-accepted'; readonly record: SignedRecord; readonly from: Source; readonly path: Path }
  /** One more copy of what is known, or being verified. */
  | { readonly type: 'record-duplicate'; readonly record: SignedRecord; readonly from: Source; readonly path: Path }
  /** Neither accepted nor anybody's fault. Heard by metrics alone. */
  | { readonly type: 'record-ignored'; readonly reason: Ignored }
  /** Kept, or shown to the app, for the first time: worth passing on. */
  | {
      readonly type: 'record-stored';
      readonly record: SignedRecord;
      readonly from: Source;
      readonly path: Path;
      readonly kept: boolean;
      /** It says again what all know: nobody waits for it. */
      readonly isRenewal?: boolean;
    }
  /** No longer kept: superseded, expired, or its author failed. */
  | { readonly type: 'record-dropped'; readonly record: SignedRecord }
  /** Presence says who is in the room and can answer: one that slept joins when it wakes. */
  | { readonly type: 'member-joined'; readonly peer: PeerId; readonly region: string | undefined }
  /** Still in the room, but stopped: no link can be made with it. */
  | { readonly type: 'member-asleep'; readonly peer: PeerId }
  | { readonly type: 'member-gone'; readonly peer: PeerId; readonly reason: 'left' | 'failed' | 'expired' }
  /** Its neighbours may have failed, or others take it for alive and this node does not: it is to answer for itself. */
  | { readonly type: 'peer-doubted'; readonly peer: PeerId }
  /** A good part of the members failed within a minute. */
  | { readonly type: 'many-failed' }
  /** A sync session with `peer` came to its end; what it brought is still being verified. */
  | { readonly type: 'sync-ended'; readonly peer: PeerId }
  /** Everything brought by the first finished sync session has been judged. */
  | { readonly type: 'caught-up' }
  /** `by` says that `peer` is in the room. */
  | { readonly type: 'peer-named'; readonly peer: PeerId; readonly by: PeerId }
  /** This node let go of its socket to the signaling server. */
  | { readonly type: 'server-left' }
  /** Carry this to a peer that is not a neighbour; `detour`: by other ways than a link with it. */
  | { readonly type: 'signal-out'; readonly to: PeerId; readonly payload: Uint8Array; readonly detour?: true }
  | { readonly type: 'signal-in'; readonly from: PeerId; readonly payload: Uint8Array; readonly via: Via }
  | { readonly type: 'misbehaved'; readonly peer: PeerId; readonly offence: Offence; readonly detail: string }
  | { readonly type: 'peer-banned'; readonly peer: PeerId; readonly offence: Offence };

/** `hung-up`: the other side's stack ended the link, which a living peer does not do without a word. */
export type NeighbourLoss = 'goodbye' | 'hung-up' | 'closed' | 'silent' | 'banned';

export type Ignored =
  | 'superseded'
  | 'future'
  | 'expired'
  | 'author-rate'
  | 'busy'
  | 'quota'
  | 'stale-accusation'
  /** What an accusation shows is no vouch of the accused for the accuser; or who calls a region out of reach is nobody outside of it. */
  | 'no-proof'
  | 'unasked'
  /** A neighbour wants the same records again and again, or has this node search too much. */
  | 'asked-too-much'
  /** Not sent: a link takes less than there is to say. */
  | 'slow-link'
  /** Offered, and not given by any of those who did. */
  | 'not-given'
  /** Older than a deletion that was forgotten: it may be what was deleted. */
  | 'stale'
  | 'bad-signal';

/** What a neighbour can be blamed for: only what it must have checked itself. */
export type Offence = 'bad-frame' | 'bad-record' | 'bad-signature' | 'over-rate' | 'forbidden' | 'bad-signal';
