/** Rooms over real node-datachannel links and a real signaling server, all in this process, all left at the end. */
import { createSignalingServer, type SignalingOptions, type SignalingServer } from '@hearsay/signaling';
import { afterEach, expect } from 'vitest';
import { nodePlatform } from '../../../node-peer/src/ports/platform.ts';
import type { Room, RoomConfig } from '../../src/room/api.ts';
import type { Platform } from '../../src/room/platform.ts';
import { createRoom } from '../../src/room/room.ts';

export type AnyRoom = Room<Record<string, unknown>, Record<string, unknown>, Record<string, unknown>>;
type AnyConfig = RoomConfig<Record<string, unknown>>;

/** A server that nobody listens at: port 9 is `discard`, closed on any machine of today. */
export const DEAD_URL = 'ws://127.0.0.1:9';

const rooms: { leave(): Promise<void> }[] = [];
const servers: SignalingServer[] = [];

afterEach(async () => {
  await Promise.all(rooms.splice(0).map(room => room.leave()));
  await Promise.all(servers.splice(0).map(server => server.close()));
});

export function platform(changes: Partial<Platform> = {}): Platform {
  return { ...nodePlatform('127.0.0.1'), ...changes };
}

/** Left after the test, whatever happened in it. */
export function leftAfterwards<R extends { leave(): Promise<void> }>(room: R): R {
  rooms.push(room);
  return room;
}

export async function signaling(options: SignalingOptions = {}): Promise<string> {
  const server = createSignalingServer(options);
  servers.push(server);
  return (await server.listen(0, '127.0.0.1')).url;
}

export function join(url: string | readonly string[], config: Partial<AnyConfig> = {}, id = 'room'): AnyRoom {
  return joinOn(platform(), { app: 'test', signaling: url, ...config }, id);
}

export function joinOn(on: Platform, config: AnyConfig, id = 'room'): AnyRoom {
  return leftAfterwards(
    createRoom<Record<string, unknown>, Record<string, unknown>, Record<string, unknown>>(on, config, id),
  );
}

/** Two peers who see each other. */
export async function pair(config: Partial<AnyConfig> = {}): Promise<readonly [AnyRoom, AnyRoom]> {
  const url = await signaling();
  const a = join(url, { presence: { name: 'a' }, ...config });
  const b = join(url, { presence: { name: 'b' }, ...config });
  await Promise.all([a.ready, b.ready]);
  await until(() => a.presence.others.has(b.self.id) && b.presence.others.has(a.self.id));
  return [a, b];
}

/** Waits until it holds, at most 15 s. */
export async function until(holds: () => boolean, what: string = holds.toString()): Promise<void> {
  await expect.poll(holds, { timeout: 15_000, interval: 10, message: what }).toBe(true);
}

/** The code and message of what `run` throws; fails when it does not. */
export function thrown(run: () => unknown): { code: unknown; message: string } {
  try {
    run();
  } catch (error) {
    const { code, message } = error as Error & { code: unknown };
    return { code, message };
  }
  throw new Error('Nothing was thrown.');
}
