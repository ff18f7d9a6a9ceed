/** Node's side of the host's ports: clock, WebRTC stack, WebSocket, storage. */
export { systemClock } from '@hearsay/browser/clock';
export { type FolderStorage, folderStorage } from './folder-storage.ts';
export { type NodeWebRtc, type NodeWebRtcOptions, nodeWebRtc } from './node-webrtc.ts';
export { nodeSocket } from './socket.ts';
