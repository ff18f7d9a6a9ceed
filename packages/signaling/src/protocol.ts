/**
 * What travels between a client and the signaling server: JSON text messages over one WebSocket.
 * Types and validators only; this file imports nothing, so that clients can share it.
 */

/** Path of the WebSocket endpoint. */
export const SIGNALING_PATH = '/v1/signal';

/** Peer id: 64 lower-case hex characters, an Ed25519 public key. */
export type PeerIdText = string;

export type ClientMessage =
  /** Answer to the challenge. `signature` (128 hex) is the peer key's signature over `joinProof(...)`. */
  | {
      readonly t: 'join';
      readonly app: string;
      readonly room: string;
      readonly network: string;
      readonly peer: PeerIdText;
      readonly signature: string;
      readonly token?: string;
    }
  /** More members of the room, please. */
  | { readonly t: 'introduce' }
  /** Carry an opaque payload to a member that is registered now. */
  | { readonly t: 'signal'; readonly to: PeerIdText; readonly payload: string };

export type ServerMessage =
  /** First message on every socket. `nonce`: 64 hex characters, fresh. */
  | { readonly t: 'challenge'; readonly nonce: string }
  /** Admitted. `peers`: a random sample of members. `entry`: please keep this socket as an entry point. */
  | {
      readonly t: 'joined';
      readonly peers: readonly PeerIdText[];
      readonly entry: boolean;
      readonly iceServers: readonly IceServer[];
    }
  | { readonly t: 'peers'; readonly peers: readonly PeerIdText[] }
  | { readonly t: 'entry'; readonly entry: boolean }
  | { readonly t: 'signal'; readonly from: PeerIdText; readonly payload: string }
  | { readonly t: 'unreachable'; readonly to: PeerIdText }
  /** Why the socket is about to close, or why a message was dropped. */
  | {
      readonly t: 'error';
      readonly code: SignalingErrorCode;
      readonly message: string;
      readonly retryAfterMs?: number;
    };

export interface IceServer {
  readonly urls: string | readonly string[];
  readonly username?: string;
  readonly credential?: string;
}

export type SignalingErrorCode =
  | 'bad-message'
  | 'bad-proof'
  | 'not-joined'
  | 'forbidden'
  | 'rate-limited'
  | 'room-full'
  | 'replaced'
  | 'too-slow'
  | 'shutting-down';

/** The text a joining peer signs: possession of its key, for this room, on this socket, and nothing else. */
export function joinProof(nonce: string, app: string, room: string, network: string, peer: string): string {
  return `hearsay signaling join 1\n${nonce}\n${network}\n${peer}\n${JSON.stringify([app, room])}`;
}
