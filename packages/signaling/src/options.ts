/** What whoever runs the server may set, and the same with every default filled in. */

import { randomInt } from 'node:crypto';
import type { BlockList } from 'node:net';
import { parseProxies } from './address.ts';
import { SignalingServerError } from './errors.ts';
import { type Limits, resolveLimits } from './limits.ts';
import { type IceServer, type PeerIdText, parseServerMessage } from './protocol.ts';

export interface SignalingOptions {
  /**
   * May this peer, whose key is proved, join this room? False, a rejection or a throw refuses it. It runs within the
   * socket's join timeout; `token` is what the app passed to `joinRoom`, at most 4,096 characters.
   */
  readonly authorize?: Authorize;
  /**
   * Browser origins that may connect, such as `https://app.example`. Default: all. A request without an Origin header
   * passes: browsers always send one, and a program can send any, so the list protects users, not the server.
   */
  readonly origins?: readonly string[];
  /** Handed to every peer that joins. Default: none. */
  readonly iceServers?: readonly IceServer[];
  /** IP addresses or subnets whose `X-Forwarded-For` is believed. Default: none. */
  readonly trustedProxies?: readonly string[];
  /** Overrides of single limits; see `limits.ts`. */
  readonly limits?: Partial<Limits>;
  /** Receives rare events, never a secret, an address or a peer's words. Default: silence. */
  readonly log?: Log;
  /** Chance in [0, 1), for the samples. Default: the operating system's. */
  readonly random?: () => number;
}

export interface AuthorizeRequest {
  readonly app: string;
  readonly room: string;
  readonly network: string;
  readonly peer: PeerIdText;
  readonly token: string | undefined;
}

export type Authorize = (request: AuthorizeRequest) => boolean | Promise<boolean>;
export type Log = (event: string, fields: Readonly<Record<string, string | number>>) => void;

export interface Settings {
  readonly authorize: Authorize | undefined;
  readonly origins: ReadonlySet<string> | undefined;
  readonly iceServers: readonly IceServer[];
  readonly proxies: BlockList;
  readonly limits: Limits;
  readonly log: Log;
  readonly random: () => number;
}

/** Throws `SignalingServerError('bad-option')`. */
export function resolveOptions(options: SignalingOptions): Settings {
  const { authorize, origins, iceServers = [], trustedProxies = [], limits, log, random } = options;
  return {
    authorize,
    origins: origins && new Set(origins.map(parseOrigin)),
    iceServers: checkIceServers(iceServers),
    proxies: parseProxies(trustedProxies),
    limits: resolveLimits(limits),
    log: log ? quiet(log) : () => undefined,
    random: random ?? (() => randomInt(2 ** 32) / 2 ** 32),
  };
}

/** Asked of the clients' own validator: what it refuses would keep everybody out. */
function checkIceServers(iceServers: readonly IceServer[]): readonly IceServer[] {
  const { ok } = parseServerMessage(JSON.stringify({ t: 'joined', peers: [], entry: false, iceServers }));
  if (ok) return iceServers;
  throw new SignalingServerError(
    'bad-option',
    'iceServers must be at most 8, each with at most 8 urls of 512 characters',
  );
}

function parseOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search || url.hash) {
    throw new SignalingServerError('bad-option', `'${text}' is not an origin such as https://app.example`);
  }
  return url.origin;
}

/** A log that throws must not take a socket with it. */
function quiet(log: Log): Log {
  return (event, fields) => {
    try {
      log(event, fields);
    } catch {
      // Nobody is left to tell.
    }
  };
}
