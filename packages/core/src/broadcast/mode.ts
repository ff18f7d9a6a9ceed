/** What every way of spreading a rumour has to offer. */
import type { Config } from '../config.ts';
import type { Path, Source } from '../fact.ts';
import type { SignedRecord } from '../identity/record.ts';
import type { Rng } from '../lib/rng.ts';
import type { Outbox } from '../outbox.ts';
import type { MonoMs, Now, PeerId, RecordId, ShortId } from '../types.ts';
import type { Frame } from '../wire/frame.ts';

export type BroadcastFrame = Extract<Frame, { type: 'ihave' | 'graft' | 'prune' | 'grow' | 'pull' }>;

export interface Broadcast {
  onNeighbourUp(peer: PeerId, outbound: boolean, now: Now): void;
  onNeighbourDown(peer: PeerId, now: Now): void;
  /** The record is genuine; whether it is kept is for others to say. */
  onRecordAccepted(record: SignedRecord, from: Source, now: Now): void;
  /** `isRenewal`: it says again what all know. */
  onRecordStored(record: SignedRecord, from: Source, path: Path, now: Now, isRenewal?: boolean): void;
  /** Replaced, or of no more use: nobody else is to have it from here. */
  onRecordDropped(record: SignedRecord): void;
  /** Somebody offered it, and it is fetched: perhaps it comes. */
  onRecordComing(id: RecordId, now: Now): void;
  onRecordDuplicate(record: SignedRecord, from: Source, path: Path, now: Now): void;
  onFrame(from: PeerId, frame: BroadcastFrame, now: Now): void;
  /** The link has room again. */
  onLinkDrained(peer: PeerId, now: Now): void;
  onWake(now: Now): void;
  nextWakeAt(): MonoMs | undefined;
  /** Sends everything that waits, whatever the tick says: the node is leaving. */
  flush(now: Now): void;
  /** Would our own words only wait for links? */
  isCongested(): boolean;
  /** Bytes that wait for links. */
  waitingBytes(): number;
}

export interface BroadcastTools {
  readonly self: PeerId;
  readonly config: Config;
  readonly outbox: Outbox;
  readonly rng: Rng;
  /** Members besides this node, and how many have ever come. */
  readonly members: () => { readonly others: number; readonly arrivals: number };
  /** Is there a member whose key begins with these 8 bytes? */
  readonly isMember: (author: ShortId) => boolean;
}
