/** Signaling for Hearsay: a thin WebSocket server that introduces peers to one another. */

export { SignalingServerError, type SignalingServerErrorCode } from './errors.ts';
export { DEFAULT_LIMITS, type Limits } from './limits.ts';
export type { Authorize, AuthorizeRequest, Log, SignalingOptions } from './options.ts';
export {
  type AttachedSignaling,
  attachSignaling,
  createSignalingServer,
  type SignalingServer,
  type SignalingStats,
} from './server.ts';
export type { Verdict } from './tally.ts';
