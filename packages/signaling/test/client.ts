/** A client for tests: real WebSocket, real key, every message of the server checked by the protocol's own validator. */

import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { SignalingOptions } from '../src/options.ts';
import { joinProof, parseServerMessage, type ServerMessage, SIGNALING_PATH } from '../src/protocol.ts';
import { createSignalingServer, type SignalingServer } from '../src/server.ts';

export interface Identity {
  readonly peer: string;
  readonly key: KeyObject;
}

export function identity(): Identity {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return { peer: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex'), key: privateKey };
}

export interface JoinFields {
  readonly app?: string;
  readonly room?: string;
  readonly network?: string;
  readonly token?: string;
}

type Kind = ServerMessage['t'];
type Of<T extends Kind> = Extract<ServerMessage, { t: T }>;

export class TestClient {
  readonly socket: WebSocket;
  readonly id: Identity;
  readonly closed: Promise<{ code: number; reason: string }>;
  nonce = '';
  readonly #inbox: ServerMessage[] = [];
  #wake: () => void = () => undefined;
  #over = false;

  constructor(socket: WebSocket, id: Identity) {
    this.socket = socket;
    this.id = id;
    this.closed = new Promise(resolve => {
      socket.on('close', (code, reason) => {
        this.#over = true;
        this.#wake();
        resolve({ code, reason: reason.toString() });
      });
    });
    socket.on('error', () => undefined);
    socket.on('message', data => {
      const parsed = parseServerMessage(data.toString());
      if (!parsed.ok) throw new Error(`the server sent nonsense: ${parsed.reason}`);
      this.#inbox.push(parsed.message);
      this.#wake();
    });
  }

  /** The next message, which must be of this kind. */
  async next<T extends Kind>(kind: T): Promise<Of<T>> {
    while (this.#inbox.length === 0) {
      if (this.#over) throw new Error(`socket closed while waiting for '${kind}'`);
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
    const message = this.#inbox.shift()!;
    if (message.t !== kind) throw new Error(`expected '${kind}', got ${JSON.stringify(message)}`);
    return message as Of<T>;
  }

  /** Everything received and not yet read. */
  get unread(): readonly ServerMessage[] {
    return this.#inbox;
  }

  send(message: object | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  joinMessage({ app = 'app', room = 'room', network = 'ab12', token }: JoinFields = {}): object {
    const { peer, key } = this.id;
    const proof = Buffer.from(joinProof(this.nonce, app, room, network, peer));
    const signature = sign(null, proof, key).toString('hex');
    return { t: 'join', app, room, network, peer, signature, ...(token !== undefined && { token }) };
  }

  async join(fields: JoinFields = {}): Promise<Of<'joined'>> {
    this.send(this.joinMessage(fields));
    return this.next('joined');
  }
}

export interface Dial {
  readonly id?: Identity;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A running server with everything a test opens on it; `await using` is not in Node 20, so call `end` last. */
export class World {
  readonly server: SignalingServer;
  readonly url: string;
  readonly port: number;
  readonly #open: { terminate(): void }[] = [];

  private constructor(server: SignalingServer, url: string, port: number) {
    this.server = server;
    this.url = url;
    this.port = port;
  }

  static async start(options: SignalingOptions = {}): Promise<World> {
    const server = createSignalingServer(options);
    const { url, port } = await server.listen(0);
    return new World(server, url, port);
  }

  /** Connects and reads the challenge. */
  async dial({ id = identity(), headers = {} }: Dial = {}): Promise<TestClient> {
    const socket = new WebSocket(`${this.url}${SIGNALING_PATH}`, { headers });
    this.#open.push(socket);
    const client = new TestClient(socket, id);
    client.nonce = (await client.next('challenge')).nonce;
    return client;
  }

  async member(fields: JoinFields = {}, dial: Dial = {}): Promise<TestClient> {
    const client = await this.dial(dial);
    await client.join(fields);
    return client;
  }

  /** The HTTP status with which an upgrade is answered; 101 when it is accepted. */
  knock(headers: Readonly<Record<string, string>> = {}, path: string = SIGNALING_PATH): Promise<number> {
    const socket = new WebSocket(`${this.url}${path}`, { headers });
    this.#open.push(socket);
    return new Promise((resolve, reject) => {
      socket.on('open', () => resolve(101));
      socket.on('unexpected-response', (_request, response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      socket.on('error', reject);
    });
  }

  /** A bare TCP connection, for requests that no library would send. */
  async raw(text = ''): Promise<RawSocket> {
    const socket = connect(this.port, '127.0.0.1');
    const raw = new RawSocket(socket);
    this.#open.push({ terminate: () => socket.destroy() });
    await new Promise(resolve => socket.once('connect', resolve));
    if (text !== '') socket.write(text);
    return raw;
  }

  async end(): Promise<void> {
    for (const socket of this.#open) socket.terminate();
    await this.server.close();
  }
}

export class RawSocket {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  received = '';

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', data => {
      this.received += data.toString('latin1');
    });
    this.closed = new Promise(resolve => socket.once('close', () => resolve()));
  }
}

/** Waits for a condition that another process or socket brings about. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`timed out waiting until ${what}`);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}
