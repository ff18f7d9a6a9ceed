/** A page that is hidden, stopped and looked at again, as others see it. */
import type { PageActivity } from '@hearsay/core';
import { afterEach, expect, test, vi } from 'vitest';
import { browserPlatform } from '../../src/ports/platform.ts';
import { join, joinOn, platform, signaling, until } from './rig.ts';

afterEach(() => void vi.unstubAllGlobals());

class FakePage extends EventTarget {
  visibilityState = 'visible';

  becomes(state: 'visible' | 'hidden'): void {
    this.visibilityState = state;
    this.dispatchEvent(new Event('visibilitychange'));
  }
}

test('ROOM-41: the page’s life cycle is told as it changes, until nobody listens any more', () => {
  const page = new FakePage();
  vi.stubGlobal('document', page);
  const told: PageActivity[] = [];
  const stop = browserPlatform().onActivity(activity => told.push(activity));
  expect(told).toEqual([]);
  page.becomes('hidden');
  page.dispatchEvent(new Event('freeze'));
  page.dispatchEvent(new Event('resume'));
  page.becomes('visible');
  expect(told).toEqual(['hidden', 'frozen', 'hidden', 'active']);
  stop();
  page.becomes('hidden');
  page.dispatchEvent(new Event('freeze'));
  expect(told).toHaveLength(4);
});

test('ROOM-41: a page that was opened in the background says so at once; a worker has no page', () => {
  const told: PageActivity[] = [];
  vi.stubGlobal('document', undefined);
  browserPlatform().onActivity(activity => told.push(activity))();
  expect(told).toEqual([]);
  const page = new FakePage();
  page.visibilityState = 'hidden';
  vi.stubGlobal('document', page);
  browserPlatform().onActivity(activity => told.push(activity))();
  expect(told).toEqual(['hidden']);
});

test('ROOM-41: who is out of sight or stopped is away for others, then alive again, and never left', async () => {
  const url = await signaling();
  const seen = join(url);
  let tell: (activity: PageActivity) => void = () => undefined;
  const onActivity = (listener: typeof tell): (() => void) => {
    tell = listener;
    return () => {
      tell = () => undefined;
    };
  };
  const limits = { 'presence.awayMs': 100 };
  const room = joinOn(platform({ onActivity }), { app: 'test', signaling: url, presence: { name: 'tab' }, limits });
  const status = (): string | undefined => seen.presence.others.get(room.self.id)?.status;
  const changes: string[] = [];
  seen.presence.subscribe((_others, change) => void (change && changes.push(change.type)));
  await until(() => status() === 'alive');
  tell('hidden');
  await until(() => status() === 'away');
  expect(seen.presence.others.get(room.self.id)?.presence).toEqual({ name: 'tab' });
  tell('active');
  await until(() => status() === 'alive');
  tell('hidden');
  await until(() => room.stats().unsigned === 0);
  tell('frozen');
  await until(() => status() === 'away');
  tell('active');
  await until(() => status() === 'alive');
  expect(changes).toEqual(['join', 'update', 'update', 'update', 'update']);
});
