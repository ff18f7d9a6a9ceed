/**
 * The signaling server as the engine's `Rendezvous`: while wanted it is connected, or about to try again. It queues
 * nothing: a signal that cannot leave now is reported as unreachable, and the engine decides.
 */
import type { Clock, PeerId, Rendezvous, RendezvousInput } from '@hearsay/core/host';
import { type IceServer, type ServerMessage, SIGNALING_PATH } from '@hearsay/signaling/protocol';
import { type Attempt, type AttemptEnd, type Credentials, startAttempt } from './attempt.ts';
import { createBackOff, FIRST_DELAY_MS } from './back-off.ts';
import { bytesOfBase64, toBase64 } from './base64.ts';
import type { SignalingSocketConstructor } from './socket.ts';

/** Longest payload of `signal`: 12 KiB as base64, the server's limit. */
export const MAX_PAYLOAD_BYTES: number = 9 * 1024;

export type SignalingState = 'closed' | 'connecting' | 'joined' | 'waiting';

export interface SignalingClientOptions extends Credentials {
  /** In order of preference. Without a path, the standard one is meant. */
  readonly urls: readonly string[];
  /** The network id as 16 hex characters. */
  readonly network: string;
  readonly WebSocket: SignalingSocketConstructor;
  readonly clock: Clock;
  /** Chance in [0, 1), for the jitter. */
  readonly random: () => number;
  /** Are there links, so that the room goes on without a server? Attempts are then rarer. Default: never. */
  readonly isCalm?: (() => boolean) | undefined;
  /** What the server hands out on every join. */
  readonly onIceServers?: ((servers: readonly IceServer[]) => void) | undefined;
  /** Others hold the same app and room under another network id: told at a join, by servers that can tell. */
  readonly onElsewhere?: (() => void) | undefined;
  /** The first attempt that ends without `joined`, and without being refused, since the start or the last join. */
  readonly onUnreachable?: ((failure: { url: string; reason: string; detail: string | undefined }) => void) | undefined;
  readonly onState?: ((state: SignalingState) => void) | undefined;
}

export interface SignalingClient extends Rendezvous {
  /** The links are gone, the server is needed now: what waits for its next attempt waits a first time's wait at most. */
  hasten(): void;
}

/**
 * `rendezvous-down` follows every attempt that failed and every connection that was lost, but not `close()`. Reasons:
 * 'unreachable', 'timeout', 'closed', 'bad-url', 'bad-server', 'sign-failed', `refused:<code>` (retried slowly) or a
 * code of the protocol ('rate-limited', 'shutting-down', …). Nothing throws; no input comes inside a call.
 */
export function createSignalingClient(
  options: SignalingClientOptions,
  sink: (input: RendezvousInput) => void,
): SignalingClient {
  const { clock, urls } = options;
  const backOff = createBackOff(Math.max(1, urls.length), options.random);
  let wanted = false;
  let attempt: Attempt | undefined;
  let joinedAt: number | undefined;
  let complained = false;
  let cancelRetry: (() => void) | undefined;
  /** A refusal is waited out, whoever is in a hurry. */
  let mayHasten = false;

  const connect = (): void => {
    cancelRetry = undefined;
    options.onState?.('connecting');
    attempt = startAttempt(endpoint(urls[backOff.url] ?? ''), options.WebSocket, clock, options, {
      joined(message) {
        joinedAt = clock.now().mono;
        complained = false;
        options.onState?.('joined');
        options.onIceServers?.(message.iceServers);
        if (message.elsewhere) options.onElsewhere?.();
        sink({ type: 'rendezvous-up', peers: others(message.peers), entry: message.entry });
      },
      message: onMessage,
      ended: onEnded,
    });
  };

  const onEnded = ({ reason, detail, refused, retryAfterMs }: AttemptEnd): void => {
    attempt = undefined;
    if (joinedAt === undefined && !refused && !complained) {
      complained = true;
      options.onUnreachable?.({ url: endpoint(urls[backOff.url] ?? ''), reason, detail });
    }
    const joinedMs = joinedAt === undefined ? 0 : clock.now().mono - joinedAt;
    joinedAt = undefined;
    mayHasten = !refused && retryAfterMs === 0;
    const calm = options.isCalm?.() ?? false;
    cancelRetry = clock.timer(backOff.next({ joinedMs, refused, retryAfterMs, calm }), connect);
    options.onState?.('waiting');
    sink({ type: 'rendezvous-down', reason });
  };

  const onMessage = (message: ServerMessage): void => {
    if (message.t === 'peers') sink({ type: 'introduced', peers: others(message.peers) });
    else if (message.t === 'entry') sink({ type: 'entry-role', entry: message.entry });
    else if (message.t === 'unreachable') sink({ type: 'server-unreachable', peer: message.to as PeerId });
    else if (message.t === 'signal') {
      const payload = bytesOfBase64(message.payload);
      // What is not base64 was not sent by a peer of ours.
      if (payload !== undefined) sink({ type: 'server-signal', from: message.from as PeerId, payload });
    }
  };

  const others = (peers: readonly string[]): readonly PeerId[] =>
    peers.filter(peer => peer !== options.identity.id) as PeerId[];

  return {
    open() {
      if (wanted) return;
      wanted = true;
      connect();
    },
    close() {
      if (!wanted) return;
      wanted = false;
      cancelRetry?.();
      cancelRetry = undefined;
      attempt?.close();
      attempt = undefined;
      joinedAt = undefined;
      options.onState?.('closed');
    },
    hasten() {
      if (cancelRetry === undefined || !mayHasten) return;
      cancelRetry();
      backOff.startAfresh();
      // Those who lost each other lost each other at once: they must not all return in the same moment.
      cancelRetry = clock.timer(FIRST_DELAY_MS * options.random(), connect);
    },
    introduce() {
      attempt?.send({ t: 'introduce' });
    },
    signal(to, payload) {
      const fits = payload.length > 0 && payload.length <= MAX_PAYLOAD_BYTES;
      if (fits && attempt?.send({ t: 'signal', to, payload: toBase64(payload) })) return;
      queueMicrotask(() => sink({ type: 'server-unreachable', peer: to }));
    },
  };
}

/** A bare origin gets the standard path; a url with a path of its own is somebody's deliberate choice. */
function endpoint(url: string): string {
  return /^wss?:\/\/[^/?#]+\/?$/.test(url) ? url.replace(/\/?$/, SIGNALING_PATH) : url;
}
