/** The signaling server's client: the `Rendezvous` port of a host, for browsers and (with an injected socket) for Node. */
export {
  createSignalingClient,
  MAX_PAYLOAD_BYTES,
  type SignalingClient,
  type SignalingClientOptions,
  type SignalingState,
} from './client.ts';
export type { SignalingSocket, SignalingSocketConstructor } from './socket.ts';
