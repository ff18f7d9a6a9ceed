/** The room without a platform: what `@hearsay/browser` and `@hearsay/node-peer` build theirs from. */
export { createJoinRoom, type JoinRoom } from './join.ts';
export type { Platform, RtcStack } from './platform.ts';
export type { Option } from './terms.ts';
