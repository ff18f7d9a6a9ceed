/**
 * How does a record come over that is too large for one frame? It is offered by its id and size, and pulled in
 * chunks by whoever lacks it: the puller decides how much is under way, from one neighbour at a time, and turns to
 * another that offered it when the first is silent or lied. Nothing of it is believed before all of it is there
 * and has the hash that was offered; the signature is then for intake to check, as with any other record.
 */
import type { Config } from '../config.ts';
import type { Fact } from '../fact.ts';
import type { SignedRecord } from '../identity/record.ts';
import type { Outbox } from '../outbox.ts';
import type { MonoMs, Now, PeerId, RecordId } from '../types.ts';
import type { Frame } from '../wire/frame.ts';
import { createIncoming } from './incoming.ts';
import { createServing } from './serving.ts';

export type TransferFrame = Extract<Frame, { type: 'offer' | 'fetch' | 'chunk' }>;

export interface Transfer {
  onFrame(from: PeerId, frame: TransferFrame, now: Now): void;
  onNeighbourDown(peer: PeerId, now: Now): void;
  /** The link has room again. */
  onLinkDrained(peer: PeerId, now: Now): void;
  onRecordStored(fact: Extract<Fact, { type: 'record-stored' }>): void;
  onRecordDropped(record: SignedRecord): void;
  onWake(now: Now): void;
  nextWakeAt(): MonoMs | undefined;
  /** Of records under way, bytes that are here. */
  heldBytes(): number;
}

export interface TransferTools {
  readonly config: Config;
  readonly outbox: Outbox;
  /** Judged already, or being judged. */
  readonly isKnown: (id: RecordId) => boolean;
}

export function createTransfer({ config, outbox, isKnown }: TransferTools): Transfer {
  const serving = createServing(outbox);
  const incoming = createIncoming(config, outbox);
  return {
    onFrame(from, frame, now) {
      switch (frame.type) {
        case 'offer':
          if (!isKnown(frame.id) && !serving.has(frame.id)) incoming.onOffer(from, frame, now);
          return;
        case 'fetch':
          return serving.onFetch(from, frame, now);
        case 'chunk':
          return incoming.onChunk(from, frame, now);
      }
    },
    onNeighbourDown(peer, now) {
      serving.onNeighbourDown(peer);
      incoming.onNeighbourDown(peer, now);
    },
    onLinkDrained: (peer, now) => serving.onLinkDrained(peer, now),
    onRecordStored({ record, kept }) {
      if (kept) serving.add(record);
    },
    onRecordDropped: record => serving.delete(record.id),
    onWake: now => incoming.onWake(now),
    nextWakeAt: () => incoming.nextWakeAt(),
    heldBytes: () => incoming.heldBytes(),
  };
}
