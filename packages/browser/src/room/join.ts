/**
 * `joinRoom` for one platform. Joining the same room twice gives the same room: React's StrictMode and hot reload
 * call everything twice. Another identity is another peer, so it gets a room of its own.
 */
import type { Room, RoomConfig } from './api.ts';
import type { Platform } from './platform.ts';
import { createRoom } from './room.ts';
import { checkTerms } from './terms.ts';

export type JoinRoom = <Presence = unknown, State = Record<string, unknown>, Events = Record<string, unknown>>(
  config: RoomConfig<Presence>,
  roomId: string,
) => Room<Presence, State, Events>;

export function createJoinRoom(platformFor: (config: RoomConfig<unknown>) => Platform): JoinRoom {
  const open = new Map<string, Room<never, never, never>>();
  return <P, S, E>(config: RoomConfig<P>, roomId: string): Room<P, S, E> => {
    // Before anything is looked up: what is no config must not become a TypeError.
    checkTerms(config, roomId);
    const name = JSON.stringify([config.app, roomId, config.identity?.id]);
    const known = open.get(name) as Room<P, S, E> | undefined;
    if (known !== undefined && known.status !== 'left') return known;
    const room = createRoom<P, S, E>(platformFor(config as RoomConfig<unknown>), config, roomId);
    // Its signal may have been aborted already.
    if (room.status === 'left') return room;
    open.set(name, room as unknown as Room<never, never, never>);
    room.on('status', status => {
      if (status === 'left' && open.get(name) === (room as unknown)) open.delete(name);
    });
    return room;
  };
}
