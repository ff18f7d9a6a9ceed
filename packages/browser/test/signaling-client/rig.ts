/** A signaling client on a real socket, a scripted server, and a clock that a test turns by hand. */
import type { AddressInfo } from 'node:net';
import type { Clock, MonoMs, RendezvousInput, WallMs } from '@hearsay/core/host';
import { type ClientMessage, parseClientMessage, type ServerMessage } from '@hearsay/signaling/protocol';
import { nodeSocket } from '../../../node-peer/src/ports/socket.ts';
import { type WebSocket, WebSocketServer } from '../../../node-peer/test/ports/ws.ts';
import { systemClock } from '../../src/ports/clock.ts';
import {
  createSignalingClient,
  type SignalingClient,
  type SignalingClientOptions,
  type SignalingSocket,
  type SignalingState,
} from '../../src/signaling-client/index.ts';
import { identity, type TestIdentity } from '../webrtc/rig.ts';

export const NONCE: string = '5a'.repeat(32);

export interface TestClient {
  readonly self: TestIdentity;
  readonly client: SignalingClient;
  readonly inputs: RendezvousInput[];
  readonly states: SignalingState[];
  until<T extends RendezvousInput['type']>(type: T, times?: number): Promise<Extract<RendezvousInput, { type: T }>>;
}

export function testClient(options: Partial<SignalingClientOptions> & { urls: readonly string[] }): TestClient {
  const self = identity();
  const inputs: RendezvousInput[] = [];
  const states: SignalingState[] = [];
  const watchers = new Set<() => void>();
  const client = createSignalingClient(
    {
      app: 'com.example.test',
      room: 'lobby',
      network: '0102030405060708',
      identity: self,
      WebSocket: nodeSocket,
      clock: systemClock,
      random: () => 0,
      onState: state => states.push(state),
      ...options,
    },
    input => {
      inputs.push(input);
      for (const watch of watchers) watch();
    },
  );
  return {
    self,
    client,
    inputs,
    states,
    until: (type, times = 1) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = inputs.filter(input => input.type === type)[times - 1];
          if (found === undefined) return;
          watchers.delete(look);
          clearTimeout(timer);
          resolve(found as never);
        };
        const timer = setTimeout(() => reject(new Error(`no ${type}: ${JSON.stringify(inputs)}`)), 8_000);
        watchers.add(look);
        look();
      }),
  };
}

export interface ScriptedServer {
  readonly url: string;
  readonly received: ClientMessage[];
  readonly sockets: Set<WebSocket>;
  say(message: ServerMessage | string): void;
  close(): Promise<void>;
}

/** Challenges, then answers every join with `welcome` (nothing when undefined). */
export async function scriptedServer(welcome?: ServerMessage): Promise<ScriptedServer> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise(resolve => server.once('listening', resolve));
  const sockets = new Set<WebSocket>();
  const received: ClientMessage[] = [];
  server.on('connection', socket => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('message', data => {
      const parsed = parseClientMessage(String(data));
      if (!parsed.ok) return;
      received.push(parsed.message);
      if (parsed.message.t === 'join' && welcome) socket.send(JSON.stringify(welcome));
    });
    socket.send(JSON.stringify({ t: 'challenge', nonce: NONCE }));
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    sockets,
    say(message) {
      for (const socket of sockets) socket.send(typeof message === 'string' ? message : JSON.stringify(message));
    },
    async close() {
      for (const socket of sockets) socket.terminate();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

export interface ManualClock extends Clock {
  /** Fires what is due within the next `ms`, in order. */
  advance(ms: number): void;
  /** Delays of the timers that wait, shortest first. */
  waiting(): number[];
}

export function manualClock(): ManualClock {
  let time = 0;
  const timers = new Set<{ readonly at: number; fire(): void }>();
  const due = (until: number) => [...timers].filter(timer => timer.at <= until).sort((a, b) => a.at - b.at)[0];
  return {
    now: () => ({ mono: time as MonoMs, wall: time as WallMs }),
    timer(delayMs, fire) {
      const timer = { at: time + delayMs, fire };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      const end = time + ms;
      for (let next = due(end); next !== undefined; next = due(end)) {
        time = next.at;
        timers.delete(next);
        next.fire();
      }
      time = end;
    },
    waiting: () => [...timers].map(timer => timer.at - time).sort((a, b) => a - b),
  };
}

/** Sockets that go nowhere and do what a test says. */
export class FakeSocket implements SignalingSocket {
  static made: FakeSocket[] = [];
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  bufferedAmount = 0;
  closed = false;
  readonly url: string;
  readonly sent: string[] = [];
  constructor(url: string) {
    this.url = url;
    FakeSocket.made.push(this);
  }
  send(data: string): void {
    this.sent.push(data);
  }
  close(): void {
    this.closed = true;
  }
  say(data: unknown): void {
    (this.onmessage as ((event: { data: unknown }) => void) | null)?.({ data });
  }
  drop(): void {
    (this.onclose as (() => void) | null)?.();
  }
  /** Through the challenge to `joined`. */
  async join(): Promise<void> {
    this.say(JSON.stringify({ t: 'challenge', nonce: NONCE }));
    await new Promise(resolve => setTimeout(resolve, 5));
    this.say(JSON.stringify({ t: 'joined', peers: [], entry: false, iceServers: [] }));
  }
}
