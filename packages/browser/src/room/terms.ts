/** What `joinRoom` was asked for, checked before anything is opened. */
import { type ErrorCode, HearsayError, isPeerId } from '@hearsay/core';
import { WIRE_BOUNDS } from '@hearsay/signaling/protocol';
import type { RoomConfig } from './api.ts';

const MAX_URLS = 16;

export interface Terms {
  readonly app: string;
  readonly room: string;
  readonly urls: readonly string[];
}

/** @throws HearsayError `bad-room`, `bad-config` or `bad-identity`, saying which argument and what it must be. */
export function checkTerms(config: RoomConfig<unknown>, roomId: string): Terms {
  if (!isObject(config)) {
    throw new HearsayError('bad-config', 'joinRoom(config, roomId) needs a config object with `app` and `signaling`.');
  }
  const app = checkName(config.app, 'config.app', 'bad-config');
  const room = checkName(roomId, 'roomId', 'bad-room');
  const { signaling } = config;
  const urls: readonly unknown[] = Array.isArray(signaling) ? [...signaling] : [signaling];
  if (urls.length === 0 || urls.length > MAX_URLS || !urls.every(isSocketUrl)) {
    throw new HearsayError('bad-config', `config.signaling is a ws:// or wss:// URL, or a list of 1 to ${MAX_URLS}.`);
  }
  for (const { name, code, is, rule } of OPTIONS) {
    const value: unknown = config[name];
    if (value !== undefined && !is(value)) throw new HearsayError(code ?? 'bad-config', `config.${name} is ${rule}.`);
  }
  return { app, room, urls: urls as readonly string[] };
}

interface Option {
  readonly name: keyof RoomConfig<unknown>;
  readonly code?: ErrorCode;
  readonly is: (value: unknown) => boolean;
  readonly rule: string;
}

/** What a caller without a type checker gets wrong, and would otherwise meet as somebody else's TypeError. */
const OPTIONS: readonly Option[] = [
  {
    name: 'identity',
    code: 'bad-identity',
    is: value => has(value, 'sign') && isPeerId((value as { id?: unknown }).id),
    rule: 'what createIdentity() or importIdentity() resolves to; await it first',
  },
  {
    name: 'policy',
    is: value => Array.isArray(value) && value.every(isObject),
    rule: 'a list of { key, write } rules',
  },
  {
    name: 'iceServers',
    is: value => typeof value === 'function' || (Array.isArray(value) && value.every(isObject)),
    rule: 'a list of { urls, username?, credential? }, or a function that resolves to one',
  },
  { name: 'storage', is: value => has(value, 'load', 'keep', 'forget'), rule: 'an object with load, keep and forget' },
  { name: 'limits', is: isObject, rule: 'an object of settings by name, see docs/limits.md' },
  {
    name: 'joinToken',
    is: value => typeof value === 'string' && value.length <= WIRE_BOUNDS.tokenChars,
    rule: `text of at most ${WIRE_BOUNDS.tokenChars} characters`,
  },
  { name: 'signal', is: value => has(value, 'addEventListener'), rule: 'an AbortSignal' },
];

function checkName(name: unknown, what: string, code: ErrorCode): string {
  const max = WIRE_BOUNDS.nameChars;
  // Half a surrogate pair would be hashed as another character: two names, one network.
  if (typeof name !== 'string' || name.length === 0 || name.length > max || /[\uD800-\uDFFF]/u.test(name)) {
    throw new HearsayError(code, `${what} is text of 1 to ${max} characters.`);
  }
  return name;
}

function isSocketUrl(url: unknown): boolean {
  return typeof url === 'string' && /^wss?:\/\/[^/]/.test(url) && URL.canParse(url);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function has(value: unknown, ...methods: readonly string[]): boolean {
  return isObject(value) && methods.every(name => typeof (value as { [name: string]: unknown })[name] === 'function');
}
