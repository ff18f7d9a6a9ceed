/**
 * Decoding shared by all nodes of a world: the same bytes are decoded once and held once. What a thousand
 * nodes keep of one record is then one object; without this, memory grows with the square of the room.
 * Each table is direct-mapped, so it is bounded, and every hit is compared byte by byte.
 */
import { equalBytes, type Result, readRecord, type SignedRecord } from '@hearsay/core';
import { decodeFrame, type Frame, type FrameCode } from '@hearsay/core/wire';

export interface SharedCodec {
  readonly decode: (bytes: Uint8Array) => Result<Frame, FrameCode>;
  readonly read: (bytes: Uint8Array, networkId: Uint8Array) => Result<SignedRecord>;
}

const FRAME_SLOTS = 1 << 12;
const RECORD_SLOTS = 1 << 17;

/** `onFrame` and `onRecord` see every good frame and record as it is read, with nothing decoded twice. */
export function createSharedCodec(
  onFrame: (frame: Frame, bytes: Uint8Array) => void,
  onRecord: (record: SignedRecord) => void,
): SharedCodec {
  const frames = createTable<Result<Frame, FrameCode>>(FRAME_SLOTS);
  const records = createTable<Result<SignedRecord>>(RECORD_SLOTS);
  return {
    decode(bytes) {
      const decoded = frames.get(bytes, () => decodeFrame(bytes));
      if (decoded.ok) onFrame(decoded.value, bytes);
      return decoded;
    },
    // One world is one room: the network id is the same for all its nodes.
    read(bytes, networkId) {
      const read = records.get(bytes, () => readRecord(bytes, networkId));
      if (read.ok) onRecord(read.value);
      return read;
    },
  };
}

interface Table<T> {
  get(bytes: Uint8Array, make: () => T): T;
}

function createTable<T>(slots: number): Table<T> {
  const keys: (Uint8Array | undefined)[] = new Array(slots).fill(undefined);
  const values: (T | undefined)[] = new Array(slots).fill(undefined);
  return {
    get(bytes, make) {
      const slot = hashOf(bytes) & (slots - 1);
      const key = keys[slot];
      if (key !== undefined && (key === bytes || equalBytes(key, bytes))) return values[slot]!;
      const value = make();
      keys[slot] = bytes;
      values[slot] = value;
      return value;
    },
  };
}

/** FNV-1a over the length and the beginning, where signatures, nonces and session numbers stand. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5 ^ bytes.length;
  const end = Math.min(bytes.length, 24);
  for (let i = 0; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
