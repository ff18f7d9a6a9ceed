/** `ws` as the signaling client's socket: small messages only, no compression, no redirects, no slow goodbye. */
import type { SignalingSocketConstructor } from '@hearsay/browser/signaling-client';
import { type ClientOptions, WebSocket } from 'ws';

const SOCKET_OPTIONS: ClientOptions & { readonly closeTimeout: number } = {
  // A server's longest message by protocol, with room for UTF-8.
  maxPayload: 256 * 1024,
  perMessageDeflate: false,
  followRedirects: false,
  handshakeTimeout: 5_000,
  // By default a server that does not answer our close keeps the process alive for 30 s.
  closeTimeout: 1_000,
};

class Socket extends WebSocket {
  constructor(url: string) {
    super(url, SOCKET_OPTIONS);
  }
}

export const nodeSocket: SignalingSocketConstructor = Socket;
