/**
 * Every limit of the server: meaning, unit (in the name), default, and why it has that value. Each can be set by the
 * `limits` option. What the wire format itself allows (lengths of names, payloads, tokens) stands in `protocol.ts`.
 */

import { SignalingServerError } from './errors.ts';
import { WIRE_BOUNDS } from './protocol.ts';

export interface Limits {
  /** Largest WebSocket message, bytes. A 12 KiB payload in its envelope, with room for JSON's escapes. */
  readonly messageBytes: number;
  /** Most fragments of one message. Browsers send one; many tiny ones are an attack on memory. */
  readonly messageFragments: number;

  /**
   * Messages per second from one socket, long-run, pings and pongs included. A joining peer makes up to ten links and
   * each costs an offer and several candidates each way, so a lower rate would slow honest joins down.
   */
  readonly messagesPerSecond: number;
  /** Messages one socket may send at once: ten links of about twenty messages, and some air. */
  readonly messagesBurst: number;
  /** A socket is closed (1008) at this many refused messages: noise is answered a few times, never for ever. */
  readonly strikes: number;

  /** Sockets at once from one address (IPv4 /32, IPv6 /64). High because a demo on one machine opens many tabs. */
  readonly socketsPerAddress: number;
  /** New sockets per second from one address, long-run. A school behind one NAT must be able to reload a page. */
  readonly connectsPerSecond: number;
  /** New sockets one address may open at once. */
  readonly connectsBurst: number;
  /** Addresses remembered at once; beyond it those without a socket are forgotten. About 100 bytes each. */
  readonly addresses: number;

  /** TCP connections of a server that listens by itself. Above rooms' needs, below usual descriptor limits. */
  readonly connections: number;
  /** Sockets at once that have not joined: each may hold a timer, a nonce and a running `authorize`. */
  readonly unauthenticated: number;
  /** A socket that has not joined after this long is cut, milliseconds. A slow phone needs about one second. */
  readonly joinTimeoutMs: number;

  /** Members of one room. Introductions cost the same at any size; this bounds memory. */
  readonly membersPerRoom: number;
  /** Rooms at once. */
  readonly rooms: number;
  /** Peers in one introduction. A peer keeps 5 to 8 links, so more would not be used. At most the wire's 8. */
  readonly introductions: number;
  /** Members of a room that keep their socket so that newcomers find somebody. Eight survive the loss of seven. */
  readonly entryPointsPerRoom: number;

  /** A socket with more unsent bytes than this is dropped: its reader is gone, and its backlog is our memory. */
  readonly bufferedBytes: number;
  /** Time between pings, milliseconds. Below the idle timeout of common proxies (30 to 60 s). */
  readonly pingIntervalMs: number;
  /** A socket silent for this long is dropped, milliseconds. Two pings missed. */
  readonly silenceMs: number;
  /** How long a closing socket may take to say goodbye, milliseconds. The command line promises to exit within 2 s. */
  readonly closeGraceMs: number;

  /** HTTP: time for the whole head of a request, milliseconds. Against slowloris. */
  readonly headersTimeoutMs: number;
  /** HTTP: how often Node looks for late heads, milliseconds. Its default of 30 s lets slowloris live half a minute. */
  readonly headersCheckMs: number;
  /** HTTP: largest head of a request, bytes. */
  readonly headerBytes: number;
}

export const DEFAULT_LIMITS: Limits = {
  messageBytes: 16 * 1024,
  messageFragments: 16,
  messagesPerSecond: 60,
  messagesBurst: 240,
  strikes: 10,
  socketsPerAddress: 256,
  connectsPerSecond: 50,
  connectsBurst: 200,
  addresses: 65_536,
  connections: 20_000,
  unauthenticated: 1000,
  joinTimeoutMs: 5000,
  membersPerRoom: 10_000,
  rooms: 10_000,
  introductions: 8,
  entryPointsPerRoom: 8,
  bufferedBytes: 256 * 1024,
  pingIntervalMs: 15_000,
  silenceMs: 30_000,
  closeGraceMs: 500,
  headersTimeoutMs: 5000,
  headersCheckMs: 1000,
  headerBytes: 8 * 1024,
};

/**
 * Fills in the defaults. Throws `SignalingServerError('bad-option')` for an unknown name or a value that is no
 * positive integer.
 */
export function resolveLimits(overrides: Partial<Limits> = {}): Limits {
  for (const [name, value] of Object.entries(overrides)) {
    if (!Object.hasOwn(DEFAULT_LIMITS, name)) throw new SignalingServerError('bad-option', `unknown limit '${name}'`);
    // 2^31 - 1: a longer timer would fire at once in Node.
    if (!Number.isInteger(value) || value < 1 || value > 0x7fff_ffff) {
      throw new SignalingServerError('bad-option', `limit '${name}' must be an integer from 1 to 2147483647`);
    }
  }
  const limits = { ...DEFAULT_LIMITS, ...overrides };
  if (limits.introductions > WIRE_BOUNDS.peers) {
    throw new SignalingServerError('bad-option', `limit 'introductions' must be at most ${WIRE_BOUNDS.peers}`);
  }
  return limits;
}
