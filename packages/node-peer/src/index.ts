/** Hearsay in Node: the same names and shapes as in a tab. Importing this module does nothing. */
import type { InvitedConfig, Room, RoomConfig } from '@hearsay/browser/api';
import { createJoinRoom } from '@hearsay/browser/room';
import * as identities from '@hearsay/core/crypto';
import { isLocalAddress } from './ports/bind-address.ts';
import { nodePlatform } from './ports/platform.ts';

export type * from '@hearsay/browser/api';
export { HearsayError } from '@hearsay/core';
export { type FolderStorage, folderStorage } from './ports/folder-storage.ts';

interface NodeOptions {
  /** Local address of every link, e.g. `127.0.0.1`; one that this machine has. Default: all interfaces. */
  readonly bindAddress?: string;
}

export interface NodeRoomConfig<Presence> extends RoomConfig<Presence>, NodeOptions {}
export interface InvitedNodeConfig<Presence> extends InvitedConfig<Presence>, NodeOptions {}

const join = createJoinRoom(
  config => nodePlatform((config as NodeOptions).bindAddress),
  [
    {
      name: 'bindAddress',
      is: isLocalAddress,
      rule: 'an IP address that this machine has now, such as 127.0.0.1',
    },
  ],
);

/**
 * Joins a room and returns at once; `room.ready` tells when it is usable. Joining the same room again, with the same
 * identity or none, returns the room that is already open: give each of several peers an identity of its own.
 * @throws HearsayError `bad-config`, `bad-room`, `value-unsupported`, `value-too-large`.
 */
export function joinRoom<Presence = unknown, State = Record<string, unknown>, Events = Record<string, unknown>>(
  config: InvitedNodeConfig<Presence>,
): Room<Presence, State, Events>;
export function joinRoom<Presence = unknown, State = Record<string, unknown>, Events = Record<string, unknown>>(
  config: NodeRoomConfig<Presence>,
  roomId: string,
): Room<Presence, State, Events>;
export function joinRoom<P, S, E>(config: NodeRoomConfig<P> | InvitedNodeConfig<P>, roomId?: string): Room<P, S, E> {
  // Whatever it is: whether app and room are named is checked there.
  return join<P, S, E>(config as NodeRoomConfig<P>, roomId as string);
}

/** A fresh identity that can be kept: pass it to `joinRoom`. Not exportable unless asked for. */
export function createIdentity(options?: identities.IdentityOptions): Promise<identities.Identity> {
  const { subtle, randomBytes } = nodePlatform();
  return identities.createIdentity(subtle, randomBytes, options);
}

/** The secret of an exportable identity as 64 hex characters. Whoever holds it *is* this peer. Rejects with `bad-identity`. */
export function exportIdentity(identity: identities.Identity): Promise<string> {
  return identities.exportIdentity(identity);
}

/** The identity that `exportIdentity` wrote down. Rejects with `bad-identity` for anything else. */
export function importIdentity(secret: string, options?: identities.IdentityOptions): Promise<identities.Identity> {
  return identities.importIdentity(nodePlatform().subtle, secret, options);
}
