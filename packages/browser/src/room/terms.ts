/** What `joinRoom` was asked for, checked before anything is opened. */
import { type ErrorCode, HearsayError, isPeerId, isRegion, type PeerId } from '@hearsay/core';
import { WIRE_BOUNDS } from '@hearsay/signaling/protocol';
import type { InvitedConfig, RoomConfig } from './api.ts';
import { iceServersFault } from './ice-servers.ts';
import { type Invite, readInvite } from './invite.ts';

const MAX_URLS = 16;

export interface Terms {
  readonly app: string;
  readonly room: string;
  readonly urls: readonly string[];
  /** The member that invited. */
  readonly contact?: PeerId | undefined;
}

/** One option: what it must be. A platform may bring some of its own. */
export interface Option {
  readonly name: string;
  readonly code?: ErrorCode;
  readonly is: (value: unknown) => boolean;
  readonly rule: string;
}

/**
 * `more`: the platform's own options.
 * @throws HearsayError `bad-room`, `bad-config` or `bad-identity`, saying which argument and what it must be.
 */
export function checkTerms(
  config: RoomConfig<unknown> | InvitedConfig<unknown>,
  roomId: string | undefined,
  more: readonly Option[] = [],
): Terms {
  if (!isObject(config)) {
    throw new HearsayError('bad-config', 'joinRoom(config, roomId) needs a config object with `app` and `signaling`.');
  }
  const named: Partial<RoomConfig<unknown>> = config;
  const invite = 'invite' in config && config.invite !== undefined ? readInvite(config.invite) : undefined;
  const app = checkName(named.app ?? invite?.app, 'config.app', 'bad-config');
  const room = checkName(roomId ?? invite?.room, 'roomId', 'bad-room');
  const urls = checkUrls(named.signaling ?? invite?.signaling);
  if (invite !== undefined) checkInvite(invite, app, room);
  for (const [name, value] of Object.entries(config)) {
    if (value !== undefined) checkOption(name, value, [...OPTIONS, ...more]);
  }
  return { app, room, urls, contact: invite?.member };
}

/** Whoever says both means one of them by mistake. */
function checkInvite(invite: Invite, app: string, room: string): void {
  if (invite.app === app && invite.room === room) return;
  throw new HearsayError('bad-config', 'config.invite is to another app or room than the call names; leave those out.');
}

function checkUrls(signaling: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(signaling) ? [...signaling] : [signaling];
  const urls = list.map(url => (url instanceof URL ? url.href : url));
  const wrong = urls.findIndex(url => !isSocketUrl(url));
  if (wrong === -1 && urls.length > 0 && urls.length <= MAX_URLS) return urls as readonly string[];
  const not = wrong === -1 ? `a list of ${urls.length}` : shown(urls[wrong]);
  const rule = `a ws:// or wss:// URL without a #fragment, or a list of 1 to ${MAX_URLS} of them`;
  throw new HearsayError('bad-config', `config.signaling is ${rule}, not ${not}.`);
}

function checkOption(name: string, value: unknown, options: readonly Option[]): void {
  const option = options.find(known => known.name === name);
  if (option === undefined) {
    const known = options.map(each => each.name).join(', ');
    // A misspelt option would otherwise be one that silently does nothing.
    throw new HearsayError('bad-config', `config.${name} is no option of joinRoom; there are ${known}.`);
  }
  if (!option.is(value)) throw new HearsayError(option.code ?? 'bad-config', `config.${name} is ${option.rule}.`);
  if (name !== 'iceServers' || typeof value === 'function') return;
  const fault = iceServersFault(value, 'config.iceServers');
  if (fault !== undefined) throw new HearsayError('bad-config', fault);
}

/** What a caller without a type checker gets wrong, and would otherwise meet as somebody else's TypeError. */
const OPTIONS: readonly Option[] = [
  // Looked at before, or by whoever understands them.
  ...['app', 'signaling', 'invite', 'presence', 'maxLinks'].map(name => ({ name, is: () => true, rule: '' })),
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
    is: value => typeof value === 'function' || Array.isArray(value),
    rule: 'a list of { urls, username?, credential? }, or a function that resolves to one',
  },
  { name: 'storage', is: value => has(value, 'load', 'keep', 'forget'), rule: 'an object with load, keep and forget' },
  { name: 'limits', is: isObject, rule: 'an object of settings by name, see docs/limits.md' },
  { name: 'region', is: isRegion, rule: 'text of 1 to 16 characters of a–z, 0–9 and -' },
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

/** No WebSocket takes a fragment. */
function isSocketUrl(url: unknown): boolean {
  return typeof url === 'string' && /^wss?:\/\/[^/#][^#]*$/.test(url) && URL.canParse(url);
}

/** Somebody's mistake, short enough for a sentence. */
function shown(value: unknown): string {
  if (typeof value !== 'string') return value === null ? 'null' : typeof value;
  return JSON.stringify(value.length > 100 ? `${value.slice(0, 99)}…` : value);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function has(value: unknown, ...methods: readonly string[]): boolean {
  return isObject(value) && methods.every(name => typeof (value as { [name: string]: unknown })[name] === 'function');
}
