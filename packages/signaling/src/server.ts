/**
 * The signaling server on real sockets; the only file that knows `ws`. It introduces newcomers to members of a room
 * and carries their offers; the peers' own traffic never comes here.
 */

import type { IncomingMessage, Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { clientAddress } from './address.ts';
import { Admission, type Pass, type Refusal } from './admission.ts';
import { Connection, type Shared } from './connection.ts';
import { SignalingServerError } from './errors.ts';
import { createHttpServer, pathOf, refuseUpgrade } from './http.ts';
import { resolveOptions, type Settings, type SignalingOptions } from './options.ts';
import { SIGNALING_PATH } from './protocol.ts';
import { Rooms } from './rooms.ts';
import { Tally, type Verdict } from './tally.ts';

export interface SignalingStats {
  readonly sockets: number;
  /** Of them, those that have not joined yet. */
  readonly unauthenticated: number;
  readonly rooms: number;
  readonly members: number;
  /** How often each thing has happened since the start. */
  readonly counts: Readonly<Partial<Record<Verdict, number>>>;
}

export interface AttachedSignaling {
  /** Tells every client to come back later, and closes. Resolves when all sockets are gone, within `closeGraceMs` or so. */
  close(): Promise<void>;
  stats(): SignalingStats;
}

export interface SignalingServer extends AttachedSignaling {
  /**
   * Starts to listen; port 0 picks a free one. `url` is what clients pass as `signaling`. Rejects with a
   * `SignalingServerError`: `bad-option` (no port number), `address-in-use`, `listen-failed`, or `already-used` after
   * an earlier listen or close.
   */
  listen(port: number, host?: string): Promise<{ readonly url: string; readonly port: number }>;
}

/** A signaling server with an HTTP server of its own. Throws `SignalingServerError('bad-option')`. */
export function createSignalingServer(options: SignalingOptions = {}): SignalingServer {
  const http = createHttpServer(resolveOptions(options).limits);
  const attached = attachSignaling(http, options);
  let used = false;
  return {
    stats: attached.stats,
    async listen(port, host = '127.0.0.1') {
      if (!Number.isInteger(port) || port < 0 || port > 65_535) {
        throw new SignalingServerError('bad-option', `${port} is not a port number`);
      }
      if (used) throw new SignalingServerError('already-used', 'a signaling server listens once: create another');
      used = true;
      await listening(http, port, host);
      const address = http.address() as AddressInfo;
      return { url: urlOf(host, address.port), port: address.port };
    },
    async close() {
      used = true;
      const closed = new Promise<void>(resolve => http.close(() => resolve()));
      await attached.close();
      http.closeAllConnections();
      await closed;
    },
  };
}

/**
 * Serves signaling at `/v1/signal` of a server you already have; everything else there stays yours. The HTTP limits
 * (slow heads, head size) are then yours to set too. One thing to know: an HTTP server with any upgrade listener no
 * longer answers upgrade requests as plain ones, so where this is the only listener, other paths get a 404.
 * Throws `SignalingServerError('bad-option')`.
 */
export function attachSignaling(httpServer: Server | SecureServer, options: SignalingOptions = {}): AttachedSignaling {
  const gateway = new Gateway(resolveOptions(options));
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (pathOf(request) === SIGNALING_PATH) gateway.onUpgrade(request, socket, head);
    else if (httpServer.listenerCount('upgrade') === 1) gateway.refuse(socket, 'unknown-path');
  };
  httpServer.on('upgrade', onUpgrade);
  return {
    stats: () => gateway.stats(),
    async close() {
      await gateway.close();
      httpServer.off('upgrade', onUpgrade);
    },
  };
}

type UpgradeRefusal = Refusal | 'closing' | 'not-websocket' | 'origin' | 'unknown-path';

const REFUSAL_STATUS: Readonly<Record<UpgradeRefusal, number>> = {
  'unknown-path': 404,
  'not-websocket': 400,
  origin: 403,
  'address-sockets': 429,
  'address-rate': 429,
  'unauthenticated-full': 503,
  closing: 503,
};

class Gateway {
  readonly #settings: Settings;
  readonly #shared: Shared;
  readonly #admission: Admission;
  readonly #webSockets: WebSocketServer;
  readonly #connections = new Map<WebSocket, Connection>();
  readonly #heart: NodeJS.Timeout;
  #closing: Promise<void> | undefined;

  constructor(settings: Settings) {
    const { limits } = settings;
    this.#settings = settings;
    this.#admission = new Admission(limits);
    const rooms = new Rooms<Connection>(limits, settings.random);
    this.#shared = { settings, rooms, tally: new Tally(), now: () => performance.now() };
    const bounds = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: limits.messageBytes,
      maxFragments: limits.messageFragments,
      // How long a client that never answers our close frame keeps its socket; the library's default is 30 s.
      closeTimeout: 2000,
    };
    this.#webSockets = new WebSocketServer(bounds);
    this.#heart = setInterval(() => this.#beat(), limits.pingIntervalMs).unref();
  }

  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // First of all: an upgrade socket that is reset without an error listener takes the whole process with it.
    socket.on('error', () => socket.destroy());
    if (socket.destroyed) return;
    try {
      const pass = this.#examine(request);
      if (typeof pass === 'string') this.refuse(socket, pass);
      else this.#shakeHands(request, socket, head, pass);
    } catch (error) {
      this.#report(error);
      socket.destroy();
    }
  }

  refuse(socket: Duplex, verdict: UpgradeRefusal): void {
    socket.on('error', () => socket.destroy());
    this.#shared.tally.add(verdict);
    refuseUpgrade(socket, REFUSAL_STATUS[verdict]);
  }

  #examine(request: IncomingMessage): Pass | UpgradeRefusal {
    const { origin, upgrade, 'x-forwarded-for': forwarded } = request.headers;
    if (this.#closing !== undefined) return 'closing';
    if (upgrade?.toLowerCase() !== 'websocket') return 'not-websocket';
    if (origin !== undefined && this.#settings.origins?.has(origin) === false) return 'origin';
    const forwardedFor = Array.isArray(forwarded) ? forwarded.join() : forwarded;
    const address = clientAddress(request.socket.remoteAddress, forwardedFor, this.#settings.proxies);
    return this.#admission.enter(address, this.#shared.now());
  }

  stats(): SignalingStats {
    const { rooms, tally } = this.#shared;
    return {
      sockets: this.#connections.size,
      unauthenticated: this.#admission.waiting,
      rooms: rooms.size,
      members: rooms.members,
      counts: tally.snapshot(),
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearInterval(this.#heart);
    const gone = [...this.#connections.keys()].map(
      webSocket => new Promise<void>(resolve => webSocket.once('close', () => resolve())),
    );
    for (const connection of this.#connections.values()) connection.shutDown();
    const late = setTimeout(() => {
      for (const webSocket of this.#connections.keys()) webSocket.terminate();
    }, this.#settings.limits.closeGraceMs);
    await Promise.all(gone);
    clearTimeout(late);
  }

  #shakeHands(request: IncomingMessage, socket: Duplex, head: Buffer, pass: Pass): void {
    // Whatever becomes of the handshake, the place is free again when the TCP socket is gone.
    socket.once('close', pass.release);
    this.#webSockets.handleUpgrade(request, socket, head, webSocket => this.#welcome(webSocket, pass));
  }

  #welcome(webSocket: WebSocket, pass: Pass): void {
    // First of all, again: without it one bad frame takes the process with it. What follows an error is 'close'.
    webSocket.on('error', () => undefined);
    const connection = new Connection(
      {
        get bufferedAmount() {
          return webSocket.bufferedAmount;
        },
        send: text => webSocket.send(text, ignoreLateErrors),
        ping: () => webSocket.ping(undefined, undefined, ignoreLateErrors),
        close: (code, reason) => webSocket.close(code, reason),
        terminate: () => webSocket.terminate(),
      },
      this.#shared,
      pass.joined,
    );
    this.#connections.set(webSocket, connection);
    const guard = (handler: () => void): void => this.#guard(connection, handler);
    webSocket.on('message', (data, isBinary) =>
      guard(() => connection.onMessage(isBinary ? undefined : data.toString())),
    );
    webSocket.on('ping', () => guard(() => connection.onControlFrame()));
    webSocket.on('pong', () => guard(() => connection.onControlFrame()));
    webSocket.on('close', () => {
      this.#connections.delete(webSocket);
      guard(() => connection.onClose());
    });
  }

  #beat(): void {
    this.#admission.sweep(this.#shared.now());
    for (const connection of this.#connections.values()) this.#guard(connection, () => connection.heartbeat());
  }

  /** A bug met by one client's input costs that client, nobody else. */
  #guard(connection: Connection, handler: () => void): void {
    try {
      handler();
    } catch (error) {
      this.#report(error);
      connection.drop('handler-failed');
    }
  }

  #report(error: unknown): void {
    this.#settings.log('handler-failed', { error: error instanceof Error ? error.name : typeof error });
  }
}

/** A write that fails means the socket is going away; its 'close' event says so to everybody who needs to know. */
function ignoreLateErrors(): void {}

function listening(http: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      const taken = error.code === 'EADDRINUSE';
      const why = taken ? 'already in use: choose another port' : `not available (${error.code ?? error.name})`;
      const code = taken ? 'address-in-use' : 'listen-failed';
      reject(new SignalingServerError(code, `port ${port} on ${host} is ${why}`));
    };
    http.once('error', onError);
    http.listen(port, host, () => {
      http.off('error', onError);
      // Later errors (out of descriptors, say) concern one accept, not the server.
      http.on('error', () => undefined);
      resolve();
    });
  });
}

function urlOf(host: string, port: number): string {
  if (host === '0.0.0.0' || host === '::') return `ws://localhost:${port}`;
  return `ws://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
