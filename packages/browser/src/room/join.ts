/**
 * `joinRoom` for one platform. Joining the same room twice gives the same room: React's StrictMode and hot reload
 * call everything twice. Another identity is another peer, so it gets a room of its own; any other difference between
 * the two configs is ignored, with a warning.
 */
import type { InvitedConfig, Room, RoomConfig } from './api.ts';
import type { Platform } from './platform.ts';
import { type OpenRoom, type Options, openRoom } from './room.ts';
import { checkTerms, type Option } from './terms.ts';
import { differences, ignoredMessage } from './warnings.ts';

export interface JoinRoom {
  <Presence = unknown, State = Record<string, unknown>, Events = Record<string, unknown>>(
    config: InvitedConfig<Presence>,
  ): Room<Presence, State, Events>;
  <Presence = unknown, State = Record<string, unknown>, Events = Record<string, unknown>>(
    config: RoomConfig<Presence>,
    roomId: string,
  ): Room<Presence, State, Events>;
}

/** `options`: those that the platform knows beyond `RoomConfig`. */
export function createJoinRoom(
  platformFor: (config: Options<unknown>) => Platform,
  options: readonly Option[] = [],
): JoinRoom {
  const open = new Map<string, OpenRoom<never, never, never> & { readonly config: object }>();
  return <P, S, E>(config: RoomConfig<P> | InvitedConfig<P>, roomId?: string): Room<P, S, E> => {
    // Before anything is looked up: what is no config must not become a TypeError.
    const terms = checkTerms(config, roomId, options);
    const name = JSON.stringify([terms.app, terms.room, config.identity?.id]);
    const known = open.get(name);
    if (known !== undefined && known.room.status !== 'left') {
      const ignored = differences(known.config, config);
      // Later, so that whoever has just been given the room can listen.
      if (ignored.length > 0) queueMicrotask(() => known.warn('config-ignored', ignoredMessage(ignored)));
      return known.room as unknown as Room<P, S, E>;
    }
    const { room, warn } = openRoom<P, S, E>(platformFor(config), config, terms);
    // Its signal may have been aborted already.
    if (room.status === 'left') return room;
    const entry = { room: room as unknown as Room<never, never, never>, warn, config };
    open.set(name, entry);
    room.on('status', status => {
      if (status === 'left' && open.get(name) === entry) open.delete(name);
    });
    return room;
  };
}
