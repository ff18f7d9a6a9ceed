/**
 * What waits to be pushed over one link. A newer record of the same author, kind and key replaces the one that
 * waits. Bounded in bytes: beyond the bound the oldest go, and anti-entropy repairs what that costs.
 */
import type { SignedRecord } from '../identity/record.ts';
import { wireLimits } from '../wire/limits.ts';

export interface PushQueue {
  add(record: SignedRecord): void;
  /** Takes up to one frame's worth, oldest first. */
  takeFrame(): readonly Uint8Array[];
  readonly size: number;
}

/** Records in a frame stay below this together, so that one frame never delays a heartbeat for long. */
const FRAME_TARGET_BYTES = 16_384;

export function createPushQueue(maxBytes: number): PushQueue {
  const waiting = new Map<string, SignedRecord>();
  let bytes = 0;

  const remove = (slot: string, record: SignedRecord): void => {
    waiting.delete(slot);
    bytes -= record.bytes.length;
  };

  return {
    get size() {
      return waiting.size;
    },
    add(record) {
      const slot = slotOf(record);
      const old = waiting.get(slot);
      if (old !== undefined) remove(slot, old);
      waiting.set(slot, record);
      bytes += record.bytes.length;
      for (const [oldest, victim] of waiting) {
        if (bytes <= maxBytes) break;
        remove(oldest, victim);
      }
    },
    takeFrame() {
      const records: Uint8Array[] = [];
      let size = 0;
      for (const [slot, record] of waiting) {
        if (records.length > 0 && size + record.bytes.length > FRAME_TARGET_BYTES) break;
        if (records.length >= wireLimits.recordsPerFrame) break;
        records.push(record.bytes);
        size += record.bytes.length;
        remove(slot, record);
      }
      return records;
    },
  };
}

function slotOf(record: SignedRecord): string {
  switch (record.kind) {
    case 'presence':
    case 'leave':
      return `presence ${record.author}`;
    case 'state':
    case 'state-delete':
      // By author as well: which author wins is for the receiver's store to decide.
      return `state ${record.author} ${record.key}`;
    default:
      return record.id;
  }
}
