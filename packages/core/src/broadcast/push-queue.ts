/**
 * What waits to be pushed over one link, the urgent first: who is here no longer, state, presence, events. A newer
 * record of the same author, kind and key takes the place, and the turn, of the one that waits. Bounded in bytes:
 * beyond the bound the least urgent go, and anti-entropy repairs what that costs.
 */
import type { PeerId } from '../types.ts';
import { wireLimits } from '../wire/limits.ts';
import type { Parcel } from './recent.ts';

export interface PushQueue {
  add(record: Parcel): void;
  /** Takes up to one frame's worth, the most urgent first, and of those the oldest. */
  takeFrame(): readonly Uint8Array[];
  /** Methods, as getters would make every queue a hash table. */
  size(): number;
  bytes(): number;
}

type Lane = Map<string, Parcel>;

/** Records in a frame stay below this together, so that one frame never delays a heartbeat for long. */
const FRAME_TARGET_BYTES = 16_384;
/** By urgency: membership, state, presence, events. */
const LANES = 4;

/** `onDrop`: a record went unsent. `hard`: one that a sync would repair too late. */
export function createPushQueue(maxBytes: number, onDrop: (hard: boolean) => void): PushQueue {
  const lanes: readonly Lane[] = Array.from({ length: LANES }, () => new Map());
  let size = 0;
  let bytes = 0;

  const remove = (lane: Lane, slot: string, record: Parcel): void => {
    lane.delete(slot);
    size -= 1;
    bytes -= record.bytes.length;
  };

  const dropSoftest = (): void => {
    const lane = lanes.findLast(({ size }) => size > 0)!;
    const [slot, oldest] = lane.entries().next().value!;
    remove(lane, slot, oldest);
    onDrop(laneOf(oldest) === 0);
  };

  /** In the place of an old one: what changes faster than the link takes it would never have its turn. */
  const put = (lane: Lane, slot: string, record: Parcel): void => {
    const old = lane.get(slot);
    lane.set(slot, record);
    size += old === undefined ? 1 : 0;
    bytes += record.bytes.length - (old?.bytes.length ?? 0);
  };

  /** Last words come before the goodbye; the presence that it ends does not come at all. */
  const bringForward = (author: PeerId): void => {
    for (const lane of lanes) {
      for (const [slot, record] of [...lane]) {
        if (record.author !== author || record.kind === 'accuse') continue;
        remove(lane, slot, record);
        if (slot !== author) put(lanes[0]!, slot, record);
      }
    }
  };

  return {
    size: () => size,
    bytes: () => bytes,
    add(record) {
      if (record.kind === 'leave') bringForward(record.author);
      put(lanes[laneOf(record)]!, slotOf(record), record);
      while (bytes > maxBytes) dropSoftest();
    },
    takeFrame() {
      const records: Uint8Array[] = [];
      let taken = 0;
      for (const lane of lanes) {
        for (const [slot, record] of lane) {
          if (records.length > 0 && taken + record.bytes.length > FRAME_TARGET_BYTES) return records;
          if (records.length >= wireLimits.recordsPerFrame) return records;
          records.push(record.bytes);
          taken += record.bytes.length;
          remove(lane, slot, record);
        }
      }
      return records;
    },
  };
}

function laneOf({ kind }: Parcel): number {
  switch (kind) {
    case 'leave':
    case 'accuse':
      return 0;
    case 'state':
    case 'state-delete':
      return 1;
    case 'presence':
      return 2;
    case 'event':
      return 3;
  }
}

function slotOf(record: Parcel): string {
  switch (record.kind) {
    case 'presence':
    case 'leave':
      return record.author;
    case 'state':
    case 'state-delete':
      // By author as well: which author wins is for the receiver's store to decide.
      return `${record.author} ${record.key}`;
    default:
      return record.id;
  }
}
