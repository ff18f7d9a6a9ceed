/** What `joinRoom` was asked for, checked before anything is opened. */
import { HearsayError } from '@hearsay/core';
import type { RoomConfig } from './api.ts';

const MAX_NAME = 64;

export interface Terms {
  readonly app: string;
  readonly room: string;
  readonly urls: readonly string[];
}

/** @throws HearsayError `bad-room` or `bad-config`, saying which argument and what it must be. */
export function checkTerms(config: RoomConfig<unknown>, roomId: string): Terms {
  if (typeof config !== 'object' || config === null) {
    throw new HearsayError('bad-config', 'joinRoom(config, roomId) needs a config object with `app` and `signaling`.');
  }
  const app = checkName(config.app, 'config.app');
  const room = checkName(roomId, 'roomId');
  const { signaling } = config;
  const urls = typeof signaling === 'string' ? [signaling] : signaling;
  if (!Array.isArray(urls) || urls.length === 0 || !urls.every(isSocketUrl)) {
    throw new HearsayError('bad-config', 'config.signaling is a ws:// or wss:// URL, or a list of them.');
  }
  return { app, room, urls: urls as readonly string[] };
}

function checkName(name: unknown, what: string): string {
  if (typeof name !== 'string' || name.length === 0 || name.length > MAX_NAME) {
    throw new HearsayError('bad-room', `${what} is text of 1 to ${MAX_NAME} characters.`);
  }
  return name;
}

function isSocketUrl(url: unknown): boolean {
  return typeof url === 'string' && /^wss?:\/\/[^/]/.test(url);
}
