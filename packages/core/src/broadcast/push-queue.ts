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
  return new Queue(maxBytes, onDrop);
}

/** A class, because a node keeps one for every link. */
class Queue implements PushQueue {
  readonly #maxBytes: number;
  readonly #onDrop: (hard: boolean) => void;
  /** There while they are needed: on most links nothing ever waits. */
  #lanes: readonly Lane[] = [];
  #size = 0;
  #bytes = 0;

  constructor(maxBytes: number, onDrop: (hard: boolean) => void) {
    this.#maxBytes = maxBytes;
    this.#onDrop = onDrop;
  }

  size(): number {
    return this.#size;
  }

  bytes(): number {
    return this.#bytes;
  }

  add(record: Parcel): void {
    if (this.#lanes.length === 0) this.#lanes = Array.from({ length: LANES }, () => new Map());
    if (record.kind === 'leave') this.#bringForward(record.author);
    this.#put(this.#lanes[laneOf(record)]!, slotOf(record), record);
    while (this.#bytes > this.#maxBytes) this.#dropSoftest();
  }

  takeFrame(): readonly Uint8Array[] {
    const records: Uint8Array[] = [];
    let taken = 0;
    for (const lane of this.#lanes) {
      for (const [slot, record] of lane) {
        if (records.length > 0 && taken + record.size > FRAME_TARGET_BYTES) return records;
        if (records.length >= wireLimits.recordsPerFrame) return records;
        records.push(record.bytes);
        taken += record.size;
        this.#remove(lane, slot, record);
      }
    }
    this.#lanes = [];
    return records;
  }

  #remove(lane: Lane, slot: string, record: Parcel): void {
    lane.delete(slot);
    this.#size -= 1;
    this.#bytes -= record.size;
  }

  #dropSoftest(): void {
    const lane = this.#lanes.findLast(({ size }) => size > 0)!;
    const [slot, oldest] = lane.entries().next().value!;
    this.#remove(lane, slot, oldest);
    this.#onDrop(laneOf(oldest) === 0);
  }

  /** In the place of an old one: what changes faster than the link takes it would never have its turn. */
  #put(lane: Lane, slot: string, record: Parcel): void {
    const old = lane.get(slot);
    lane.set(slot, record);
    this.#size += old === undefined ? 1 : 0;
    this.#bytes += record.size - (old?.size ?? 0);
  }

  /** Last words come before the goodbye; the presence that it ends does not come at all. */
  #bringForward(author: PeerId): void {
    for (const lane of this.#lanes) {
      for (const [slot, record] of [...lane]) {
        if (record.author !== author || record.kind === 'accuse') continue;
        this.#remove(lane, slot, record);
        if (slot !== author) this.#put(this.#lanes[0]!, slot, record);
      }
    }
  }
}

function laneOf({ kind }: Parcel): number {
  switch (kind) {
    case 'leave':
    case 'accuse':
    case 'unreach':
    case 'vouch':
      return 0;
    case 'state':
    case 'state-delete':
      return 1;
    case 'presence':
    case 'here':
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
