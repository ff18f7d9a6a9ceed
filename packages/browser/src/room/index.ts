/** The room without a platform: what `@hearsay/browser` and `@hearsay/node-peer` build theirs from. */
export type {
  AbortSignalLike,
  IceServer,
  Other,
  PresenceChange,
  Room,
  RoomConfig,
  RoomEvents,
  RoomLink,
  RoomPresence,
  RoomSignals,
  RoomState,
  RoomStats,
  StateChange,
} from './api.ts';
export { createJoinRoom, type JoinRoom } from './join.ts';
export type { Platform, RtcStack } from './platform.ts';
export type { Option } from './terms.ts';
