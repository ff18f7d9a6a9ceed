/** What users of the engine may import; no logic. */
export type { Estimates } from './aggregate/counts.ts';
export type { Estimate } from './aggregate/estimate.ts';
export {
  type BroadcastMode,
  broadcastModes,
  type Config,
  type ConfigOverrides,
  makeConfig,
  type Tunable,
  type TunableName,
  tunables,
} from './config.ts';
export type { Effect } from './effect.ts';
export { createEngine, type Engine, type EngineOptions } from './engine.ts';
export { type ErrorCode, HearsayError } from './errors.ts';
export { wallMsOf } from './identity/hlc.ts';
export { isRegion } from './identity/presence-value.ts';
export { isPeerId, networkIdOf, readRecord, type SignedRecord } from './identity/record.ts';
export { isSignalText, signalText, splitSignal } from './identity/signed-signal.ts';
export type { Delivery, Input, PageActivity, PublishKind } from './input.ts';
export { concatBytes, equalBytes, fromHex, toHex, utf8, utf8Length } from './lib/bytes.ts';
export type { Result } from './lib/result.ts';
export { createRng, type Rng, seedFrom } from './lib/rng.ts';
export { createPolicy, defaultPolicy, type Rule } from './policy/policy.ts';
export type { EngineStats } from './stats.ts';
export type { Hlc, Job, MonoMs, Now, PeerId, RecordId, RoomStatus, Via, WallMs, Wire } from './types.ts';
