export { decodeCbor, encodeCbor } from './cbor.ts';
export { decodeFrame, encodeFrame, type Frame, type FrameCode, type FrameType } from './frame.ts';
export { type GateCode, gate } from './gate.ts';
export { wireLimits } from './limits.ts';
export { decodeSignal, encodeSignal, type Signal } from './signal.ts';
export type { Rung, SyncDomain, SyncTopic, WireRange } from './sync-topic.ts';
export { fromWire, toWire } from './value.ts';
