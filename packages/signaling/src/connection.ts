/**
 * One client from challenge to goodbye: a small state machine over a socket it knows four verbs of.
 *
 *   challenged ──join, proof good──▶ deciding ──authorized──▶ joined ──▶ over
 *       └──────────────── refused, late, noisy, gone ────────────────────▲
 *
 * Everything from the network is a counted verdict. A refused message costs a strike; the last strike costs the socket.
 */

import type { Authorize, Settings } from './options.ts';
import { freshNonce, type JoinRequest, proves } from './proof.ts';
import { type ClientMessage, parseClientMessage, type ServerMessage, type SignalingErrorCode } from './protocol.ts';
import type { Rooms, Seat } from './rooms.ts';
import type { Tally, Verdict } from './tally.ts';
import { TokenBucket } from './token-bucket.ts';

/** What a connection needs of its WebSocket. */
export interface ClientSocket {
  readonly bufferedAmount: number;
  send(text: string): void;
  ping(): void;
  close(code: number, reason: string): void;
  /** Drops the TCP connection without a word. */
  terminate(): void;
}

/** What all connections of a server share. */
export interface Shared {
  readonly settings: Settings;
  readonly rooms: Rooms<Connection>;
  readonly tally: Tally;
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number;
}

type State =
  | { readonly name: 'challenged' }
  | { readonly name: 'deciding' }
  | { readonly name: 'joined'; readonly seat: Seat<Connection> }
  | { readonly name: 'over' };

/** WebSocket close codes. 4001 is ours: a client must not reconnect after it, or two tabs would evict each other for ever. */
const CLOSE = { policy: 1008, restart: 1012, tryLater: 1013, replaced: 4001 } as const;

export class Connection {
  readonly #socket: ClientSocket;
  readonly #shared: Shared;
  readonly #onJoined: () => void;
  readonly #nonce = freshNonce();
  readonly #messages: TokenBucket;
  readonly #joinTimer: NodeJS.Timeout;
  #state: State = { name: 'challenged' };
  #strikes = 0;
  #heardAt: number;

  /** Sends the challenge and starts the join timeout. `onJoined` is called once, when the client is admitted. */
  constructor(socket: ClientSocket, shared: Shared, onJoined: () => void) {
    const { limits } = shared.settings;
    this.#socket = socket;
    this.#shared = shared;
    this.#onJoined = onJoined;
    this.#heardAt = shared.now();
    this.#messages = new TokenBucket(limits.messagesPerSecond, limits.messagesBurst, this.#heardAt);
    this.#joinTimer = setTimeout(() => this.drop('join-timeout'), limits.joinTimeoutMs);
    this.#send({ t: 'challenge', nonce: this.#nonce });
  }

  /** A whole message. `text` is undefined when it was binary. */
  onMessage(text: string | undefined): void {
    if (!this.#admit()) return;
    const parsed = text === undefined ? undefined : parseClientMessage(text);
    if (!parsed?.ok) this.#strike('bad-message', parsed?.reason ?? 'binary message');
    else if (parsed.message.t === 'join') this.#onJoin(parsed.message);
    else if (this.#state.name !== 'joined') this.#strike('not-joined', 'join first');
    else this.#onRequest(this.#state.seat, parsed.message);
  }

  /** A ping or a pong. Both cost us work, so both count as messages. */
  onControlFrame(): void {
    this.#admit();
  }

  /** The socket is gone, by whosever doing. */
  onClose(): void {
    this.#end();
  }

  /** Pings, or gives up on a client that has been silent for too long. */
  heartbeat(): void {
    const silentMs = this.#shared.now() - this.#heardAt;
    if (silentMs >= this.#shared.settings.limits.silenceMs) this.drop('silent');
    else this.#socket.ping();
  }

  shutDown(): void {
    this.#refuse('shutting-down', 'the server is stopping', CLOSE.restart, 1000 + Math.floor(Math.random() * 4000));
  }

  /** Ends it without a word: the other end is not listening, or something of ours failed. */
  drop(verdict: Verdict): void {
    if (this.#state.name !== 'over') this.#shared.tally.add(verdict);
    this.#end();
    this.#socket.terminate();
  }

  /** Counts a frame against the rate; true when it may be looked at. */
  #admit(): boolean {
    if (this.#state.name === 'over') return false;
    const now = this.#shared.now();
    this.#heardAt = now;
    if (this.#messages.take(now)) return true;
    this.#strike('rate-limited', 'too many messages', this.#messages.waitMs(now));
    return false;
  }

  #onJoin(join: JoinRequest): void {
    const { authorize } = this.#shared.settings;
    if (this.#state.name !== 'challenged') this.#strike('bad-message', 'already joining or joined');
    // One attempt per challenge: guessing costs a new connection each time.
    else if (!proves(join, this.#nonce)) this.#refuse('bad-proof', 'the signature does not fit', CLOSE.policy);
    else if (authorize === undefined) this.#seat(join);
    else this.#ask(authorize, join);
  }

  /** The hook is somebody else's code: it may throw, reject, or answer long after the client has left. */
  #ask(authorize: Authorize, join: JoinRequest): void {
    const { app, room, network, peer, token } = join;
    this.#state = { name: 'deciding' };
    new Promise<boolean>(resolve => resolve(authorize({ app, room, network, peer, token })))
      .catch((error: unknown) => {
        // The name only: a message might quote the token.
        this.#shared.settings.log('authorize-failed', { error: error instanceof Error ? error.name : typeof error });
        return false;
      })
      .then(allowed => this.#onDecision(join, allowed === true))
      .catch(() => this.drop('handler-failed'));
  }

  #onDecision(join: JoinRequest, allowed: boolean): void {
    if (this.#state.name !== 'deciding') return;
    if (allowed) this.#seat(join);
    else this.#refuse('forbidden', 'not authorized to join this room', CLOSE.policy);
  }

  #seat(join: JoinRequest): void {
    const { rooms, settings, tally } = this.#shared;
    const outcome = rooms.join(join, join.peer, this);
    if (!outcome.ok) {
      const reason = outcome.full === 'room' ? 'the room is full' : 'the server has no room left';
      this.#refuse('room-full', reason, CLOSE.tryLater);
      return;
    }
    const { seat, replaced } = outcome;
    this.#state = { name: 'joined', seat };
    clearTimeout(this.#joinTimer);
    this.#onJoined();
    tally.add('joined');
    if (replaced) replaced.#refuse('replaced', 'this peer has joined on another socket', CLOSE.replaced);
    const { iceServers } = settings;
    const elsewhere = rooms.isElsewhere(seat) && ({ elsewhere: true } as const);
    this.#send({ t: 'joined', peers: rooms.introduce(seat), entry: seat.entry, iceServers, ...elsewhere });
  }

  #onRequest(seat: Seat<Connection>, request: Exclude<ClientMessage, JoinRequest>): void {
    if (request.t === 'introduce') {
      this.#send({ t: 'peers', peers: this.#shared.rooms.introduce(seat) });
      return;
    }
    const { to, payload } = request;
    const target = this.#shared.rooms.find(seat, to);
    this.#shared.tally.add(target === undefined ? 'unreachable' : 'relayed');
    if (target === undefined) this.#send({ t: 'unreachable', to });
    else target.#send({ t: 'signal', from: seat.peer, payload });
  }

  /** Says what was wrong, and hangs up when it has been said often enough. */
  #strike(code: SignalingErrorCode, message: string, retryAfterMs?: number): void {
    this.#strikes += 1;
    if (this.#strikes >= this.#shared.settings.limits.strikes) {
      this.#shared.tally.add('strikes');
      this.#refuse(code, message, CLOSE.policy, retryAfterMs);
      return;
    }
    this.#shared.tally.add(code);
    this.#send({ t: 'error', code, message, ...(retryAfterMs !== undefined && { retryAfterMs }) });
  }

  /** Says why, and closes. */
  #refuse(code: SignalingErrorCode, message: string, closeCode: number, retryAfterMs?: number): void {
    if (this.#state.name === 'over') return;
    this.#shared.tally.add(code);
    this.#send({ t: 'error', code, message, ...(retryAfterMs !== undefined && { retryAfterMs }) });
    this.#end();
    this.#socket.close(closeCode, code);
  }

  #end(): void {
    clearTimeout(this.#joinTimer);
    const state = this.#state;
    this.#state = { name: 'over' };
    if (state.name !== 'joined') return;
    const successor = this.#shared.rooms.leave(state.seat);
    if (successor) successor.#send({ t: 'entry', entry: true });
  }

  #send(message: ServerMessage): void {
    if (this.#state.name === 'over') return;
    this.#socket.send(JSON.stringify(message));
    if (this.#socket.bufferedAmount > this.#shared.settings.limits.bufferedBytes) this.drop('too-slow');
  }
}
