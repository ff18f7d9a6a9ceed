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
  /**
   * Admitted. `peers`: a random sample of members. `entry`: please keep this socket as an entry point. `elsewhere`:
   * others hold the same app and room under another network id (left out when nobody does).
   */
  | {
      readonly t: 'joined';
      readonly peers: readonly PeerIdText[];
      readonly entry: boolean;
      readonly iceServers: readonly IceServer[];
      readonly elsewhere?: true;
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

/** Bounds of the wire format. Lengths of strings are UTF-16 units (`string.length`). */
export const WIRE_BOUNDS: {
  readonly clientMessageChars: number;
  readonly serverMessageChars: number;
  readonly nameChars: number;
  readonly networkChars: number;
  readonly payloadChars: number;
  readonly tokenChars: number;
  readonly errorChars: number;
  readonly peers: number;
  readonly iceServers: number;
  readonly iceUrls: number;
  readonly iceChars: number;
} = {
  clientMessageChars: 16 * 1024,
  serverMessageChars: 64 * 1024,
  nameChars: 64,
  networkChars: 64,
  payloadChars: 12 * 1024,
  tokenChars: 4096,
  errorChars: 256,
  peers: 8,
  iceServers: 8,
  iceUrls: 8,
  iceChars: 512,
};

/** What a validator says: the message rebuilt from its known fields alone, or why it was refused. */
export type Parsed<Message> =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly reason: string };

/** Reads what a client sent. Never throws; unknown keys are dropped; `reason` never quotes the input. */
export function parseClientMessage(text: string): Parsed<ClientMessage> {
  const fields = readFields(text, WIRE_BOUNDS.clientMessageChars);
  if (fields === undefined) return refused('not a JSON object of acceptable size');
  switch (fields['t']) {
    case 'join':
      return readJoin(fields);
    case 'introduce':
      return accepted({ t: 'introduce' });
    case 'signal': {
      const { to, payload } = fields;
      if (!isHex(to, PEER_CHARS)) return refused('signal.to');
      if (!isText(payload, 1, WIRE_BOUNDS.payloadChars)) return refused('signal.payload');
      return accepted({ t: 'signal', to, payload });
    }
    default:
      return refused('unknown type');
  }
}

/** Reads what a server sent. A client trusts its server with introductions, not with its memory: same rules. */
export function parseServerMessage(text: string): Parsed<ServerMessage> {
  const fields = readFields(text, WIRE_BOUNDS.serverMessageChars);
  if (fields === undefined) return refused('not a JSON object of acceptable size');
  const { t, nonce, peers, entry, from, to, payload } = fields;
  switch (t) {
    case 'challenge':
      return isHex(nonce, NONCE_CHARS) ? accepted({ t, nonce }) : refused('challenge.nonce');
    case 'joined': {
      const iceServers = readIceServers(fields['iceServers']);
      if (!isPeerList(peers)) return refused('joined.peers');
      if (typeof entry !== 'boolean') return refused('joined.entry');
      if (iceServers === undefined) return refused('joined.iceServers');
      return accepted({ t, peers: [...peers], entry, iceServers, ...(fields['elsewhere'] === true && ELSEWHERE) });
    }
    case 'peers':
      return isPeerList(peers) ? accepted({ t, peers: [...peers] }) : refused('peers.peers');
    case 'entry':
      return typeof entry === 'boolean' ? accepted({ t, entry }) : refused('entry.entry');
    case 'signal':
      if (!isHex(from, PEER_CHARS)) return refused('signal.from');
      return isText(payload, 1, WIRE_BOUNDS.payloadChars) ? accepted({ t, from, payload }) : refused('signal.payload');
    case 'unreachable':
      return isHex(to, PEER_CHARS) ? accepted({ t, to }) : refused('unreachable.to');
    case 'error':
      return readError(fields);
    default:
      return refused('unknown type');
  }
}

/**
 * What is wrong with an ICE server that whoever configures one wrote down, as the end of a sentence about it;
 * undefined when a browser would take it. (A browser refuses every connection for a single wrong entry.)
 */
export function iceServerFault(server: unknown): string | undefined {
  const { urls, username, credential } = isObject(server) ? server : ({} as Fields);
  const list: readonly unknown[] = Array.isArray(urls) ? urls : [urls];
  if (urls === undefined || list.length === 0) return 'needs `urls`, such as "stun:stun.example:3478"';
  const wrong = list.find(url => typeof url !== 'string' || !/^(stun|turn)s?:[^/\s]/.test(url));
  if (wrong !== undefined) return `has urls that begin with stun:, stuns:, turn: or turns:, not ${shown(wrong)}`;
  const relays = list.some(url => String(url).startsWith('turn'));
  if (relays && !(isText(username, 1, Infinity) && typeof credential === 'string'))
    return 'has a turn: url, so it needs `username` and `credential`';
  return undefined;
}

/** Somebody's mistake, short enough for a sentence. */
function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}

type Fields = Readonly<Record<string, unknown>>;

const ELSEWHERE = { elsewhere: true } as const;

const PEER_CHARS = 64;
const NONCE_CHARS = 64;
const SIGNATURE_CHARS = 128;
const LOWER_HEX = /^[0-9a-f]+$/;

const ERROR_CODES: Readonly<Record<SignalingErrorCode, true>> = {
  'bad-message': true,
  'bad-proof': true,
  'not-joined': true,
  forbidden: true,
  'rate-limited': true,
  'room-full': true,
  replaced: true,
  'too-slow': true,
  'shutting-down': true,
};

function readJoin(fields: Fields): Parsed<ClientMessage> {
  const { app, room, network, peer, signature, token } = fields;
  if (!isText(app, 1, WIRE_BOUNDS.nameChars)) return refused('join.app');
  if (!isText(room, 1, WIRE_BOUNDS.nameChars)) return refused('join.room');
  if (!isText(network, 1, WIRE_BOUNDS.networkChars) || !LOWER_HEX.test(network)) return refused('join.network');
  if (!isHex(peer, PEER_CHARS)) return refused('join.peer');
  if (!isHex(signature, SIGNATURE_CHARS)) return refused('join.signature');
  if (token === undefined) return accepted({ t: 'join', app, room, network, peer, signature });
  if (!isText(token, 0, WIRE_BOUNDS.tokenChars)) return refused('join.token');
  return accepted({ t: 'join', app, room, network, peer, signature, token });
}

function readError(fields: Fields): Parsed<ServerMessage> {
  const { code, message, retryAfterMs } = fields;
  if (!isErrorCode(code)) return refused('error.code');
  if (!isText(message, 0, WIRE_BOUNDS.errorChars)) return refused('error.message');
  if (retryAfterMs === undefined) return accepted({ t: 'error', code, message });
  if (typeof retryAfterMs !== 'number' || !(retryAfterMs >= 0)) return refused('error.retryAfterMs');
  // Clamped: a server must not be able to send a client away for longer than ten minutes.
  return accepted({ t: 'error', code, message, retryAfterMs: Math.min(retryAfterMs, 600_000) });
}

function readIceServers(value: unknown): readonly IceServer[] | undefined {
  if (!Array.isArray(value) || value.length > WIRE_BOUNDS.iceServers) return undefined;
  const servers: IceServer[] = [];
  for (const item of value) {
    const server = isObject(item) ? readIceServer(item) : undefined;
    if (server === undefined) return undefined;
    servers.push(server);
  }
  return servers;
}

function readIceServer({ urls, username, credential }: Fields): IceServer | undefined {
  const list: readonly unknown[] = Array.isArray(urls) ? urls : [urls];
  if (list.length === 0 || list.length > WIRE_BOUNDS.iceUrls || !list.every(isIceText)) return undefined;
  if (username !== undefined && !isIceText(username)) return undefined;
  if (credential !== undefined && !isIceText(credential)) return undefined;
  return {
    urls: [...list],
    ...(username !== undefined && { username }),
    ...(credential !== undefined && { credential }),
  };
}

/** Size first, then JSON; only an object's fields are ever looked at, so its depth does not matter. */
function readFields(text: string, maxChars: number): Fields | undefined {
  if (text.length > maxChars) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown, minChars: number, maxChars: number): value is string {
  return typeof value === 'string' && value.length >= minChars && value.length <= maxChars;
}

function isIceText(value: unknown): value is string {
  return isText(value, 0, WIRE_BOUNDS.iceChars);
}

function isHex(value: unknown, chars: number): value is string {
  return isText(value, chars, chars) && LOWER_HEX.test(value);
}

function isPeerList(value: unknown): value is readonly PeerIdText[] {
  return Array.isArray(value) && value.length <= WIRE_BOUNDS.peers && value.every(peer => isHex(peer, PEER_CHARS));
}

function isErrorCode(value: unknown): value is SignalingErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_CODES, value);
}

function accepted<Message>(message: Message): Parsed<Message> {
  return { ok: true, message };
}

function refused(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason };
}
