/** What every way of spreading a rumour has to offer. */
import type { Config } from '../config.ts';
import type { Path, Source } from '../fact.ts';
import type { SignedRecord } from '../identity/record.ts';
import type { Rng } from '../lib/rng.ts';
import type { Outbox } from '../outbox.ts';
import type { MonoMs, Now, PeerId } from '../types.ts';

export interface Broadcast {
  onNeighbourUp(peer: PeerId): void;
  onNeighbourDown(peer: PeerId): void;
  onRecordStored(record: SignedRecord, from: Source, path: Path, now: Now): void;
  onWake(now: Now): void;
  nextWakeAt(): MonoMs | undefined;
  /** Sends everything that waits, whatever the tick says: the node is leaving. */
  flush(now: Now): void;
}

export interface BroadcastTools {
  readonly config: Config;
  readonly outbox: Outbox;
  readonly rng: Rng;
}
