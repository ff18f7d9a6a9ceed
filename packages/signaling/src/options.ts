/** What whoever runs the server may set, and the same with every default filled in. */

import { randomInt } from 'node:crypto';
import type { BlockList } from 'node:net';
import { parseProxies } from './address.ts';
import { SignalingServerError } from './errors.ts';
import { type Limits, resolveLimits } from './limits.ts';
import { type IceServer, iceServerFault, type PeerIdText, parseServerMessage } from './protocol.ts';

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

/** What whoever writes no types gets wrong, and would otherwise find out in production. */
const RULES: { readonly [Name in keyof Required<SignalingOptions>]: readonly [(value: unknown) => boolean, string] } = {
  authorize: [isFunction, 'a function'],
  origins: [isTexts, 'a list of texts such as https://app.example'],
  iceServers: [Array.isArray, 'a list of { urls, username?, credential? }'],
  trustedProxies: [isTexts, 'a list of IP addresses or subnets'],
  limits: [isObject, 'an object of limits by name'],
  log: [isFunction, 'a function'],
  random: [isFunction, 'a function'],
};

/** Throws `SignalingServerError('bad-option')`. */
export function resolveOptions(options: SignalingOptions): Settings {
  checkOptions(options);
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

function checkOptions(options: unknown): void {
  if (!isObject(options)) throw new SignalingServerError('bad-option', 'the options are an object');
  for (const [name, value] of Object.entries(options)) {
    // An option that is misspelt must not silently protect nobody.
    if (!Object.hasOwn(RULES, name)) {
      const known = Object.keys(RULES).join(', ');
      throw new SignalingServerError('bad-option', `there is no option '${name}'; there are ${known}`);
    }
    const [is, rule] = RULES[name as keyof SignalingOptions];
    if (value !== undefined && !is(value)) throw new SignalingServerError('bad-option', `${name} is ${rule}`);
  }
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(item => typeof item === 'string');
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Asked of the clients' own validator too: what it refuses would keep everybody out. */
function checkIceServers(iceServers: readonly IceServer[]): readonly IceServer[] {
  for (const [at, server] of iceServers.entries()) {
    const fault = iceServerFault(server);
    if (fault !== undefined) throw new SignalingServerError('bad-option', `iceServers[${at}] ${fault}`);
  }
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
