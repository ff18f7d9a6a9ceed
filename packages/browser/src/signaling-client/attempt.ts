/**
 * One socket to one server: challenge → join → joined → end. Trusted: the server may introduce, relay and refuse; it
 * is never believed about identities (HELLO proves those), and its messages are validated like anybody's.
 */
import type { Clock, PeerId } from '@hearsay/core/host';
import {
  joinProof,
  parseServerMessage,
  type ServerMessage,
  type SignalingErrorCode,
} from '@hearsay/signaling/protocol';
import type { SignalingSocket, SignalingSocketConstructor } from './socket.ts';

/** From the first byte to `joined`. */
export const CONNECT_TIMEOUT_MS: number = 5_000;
/** Unreadable messages that one connection survives. */
export const MAX_BAD_MESSAGES: number = 20;
/** More than this unsent: the socket is as good as dead, and its messages too old to be of use. */
export const MAX_SOCKET_BUFFER_BYTES: number = 256 * 1024;

export interface Credentials {
  readonly app: string;
  readonly room: string;
  readonly network: string;
  readonly identity: { readonly id: PeerId; sign(bytes: Uint8Array): Promise<Uint8Array> };
  readonly token?: string | undefined;
}

export interface AttemptEnd {
  readonly reason: string;
  /** What the platform says about it, for people; browsers say nothing. At most 200 characters. */
  readonly detail: string | undefined;
  readonly refused: boolean;
  readonly retryAfterMs: number;
}

export interface AttemptEvents {
  joined(message: Extract<ServerMessage, { t: 'joined' }>): void;
  message(message: ServerMessage): void;
  /** Once, last. Not said after `close`. */
  ended(end: AttemptEnd): void;
}

export interface Attempt {
  readonly joined: boolean;
  /** False: not joined, or the socket is choked. */
  send(message: object): boolean;
  close(): void;
}

/** Answers that trying again soon will not change. */
const REFUSALS: ReadonlySet<SignalingErrorCode> = new Set(['forbidden', 'bad-proof', 'room-full', 'replaced']);
const MAX_DETAIL_CHARS = 200;
/** Said just before the server closes. */
const FAREWELLS: ReadonlySet<SignalingErrorCode> = new Set(['shutting-down', 'too-slow']);

export function startAttempt(
  url: string,
  Socket: SignalingSocketConstructor,
  clock: Clock,
  credentials: Credentials,
  events: AttemptEvents,
): Attempt {
  let phase: 'connecting' | 'proving' | 'joined' | 'over' = 'connecting';
  let badMessages = 0;
  let detail: string | undefined;
  let socket: SignalingSocket | undefined;

  const stop = (): void => {
    phase = 'over';
    cancelTimeout();
    try {
      socket?.close(1000);
    } catch {
      // It was closed already.
    }
  };
  const end = (reason: string, refused = false, retryAfterMs = 0): void => {
    if (phase === 'over') return;
    stop();
    events.ended({ reason, detail, refused, retryAfterMs });
  };
  const cancelTimeout = clock.timer(CONNECT_TIMEOUT_MS, () => end('timeout'));

  const prove = async (nonce: string): Promise<void> => {
    const { app, room, network, identity, token } = credentials;
    const proof = new TextEncoder().encode(joinProof(nonce, app, room, network, identity.id));
    const signature = await identity.sign(proof).catch(() => undefined);
    if (phase !== 'proving') return;
    if (signature === undefined) {
      end('sign-failed');
      return;
    }
    const join = { t: 'join', app, room, network, peer: identity.id, signature: hex(signature) };
    sendText(JSON.stringify(token === undefined ? join : { ...join, token }));
  };

  const onError = (code: SignalingErrorCode, retryAfterMs: number): void => {
    // Once joined, codes of neither kind mean that a single message of ours was dropped.
    if (REFUSALS.has(code)) end(`refused:${code}`, true, retryAfterMs);
    else if (phase !== 'joined' || FAREWELLS.has(code)) end(code, false, retryAfterMs);
  };

  const onMessage = (data: unknown): void => {
    if (phase === 'over') return;
    const parsed = typeof data === 'string' ? parseServerMessage(data) : { ok: false as const };
    if (!parsed.ok) {
      badMessages += 1;
      if (badMessages > MAX_BAD_MESSAGES) end('bad-server');
      return;
    }
    const { message } = parsed;
    if (message.t === 'error') onError(message.code, message.retryAfterMs ?? 0);
    else if (phase === 'joined') events.message(message);
    else if (message.t === 'challenge' && phase === 'connecting') {
      phase = 'proving';
      void prove(message.nonce);
    } else if (message.t === 'joined' && phase === 'proving') {
      phase = 'joined';
      cancelTimeout();
      events.joined(message);
    } else end('bad-server');
  };

  const sendText = (text: string): boolean => {
    try {
      if (socket === undefined || socket.bufferedAmount > MAX_SOCKET_BUFFER_BYTES) return false;
      socket.send(text);
      return true;
    } catch {
      return false;
    }
  };

  try {
    socket = new Socket(url);
    // Listeners stay for good: a late error with nobody listening would end a Node process.
    socket.onerror = (event: { readonly message?: unknown }) => {
      detail = textOf(event);
    };
    socket.onclose = () => end(phase === 'joined' ? 'closed' : 'unreachable');
    socket.onmessage = (event: { readonly data: unknown }) => onMessage(event.data);
  } catch (error) {
    // A url that no socket accepts, or a page that may not open it.
    detail = textOf(error);
    queueMicrotask(() => end('bad-url'));
  }

  return {
    get joined() {
      return phase === 'joined';
    },
    send: message => phase === 'joined' && sendText(JSON.stringify(message)),
    close: stop,
  };
}

function textOf(error: unknown): string | undefined {
  const { message } = (error ?? {}) as { readonly message?: unknown };
  return typeof message === 'string' && message !== '' ? message.slice(0, MAX_DETAIL_CHARS) : undefined;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}
