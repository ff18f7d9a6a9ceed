/**
 * Hearsay in a tab. Importing this module does nothing, on a server either; `joinRoom` needs a browser.
 */
import * as identities from '@hearsay/core/crypto';
import { browserPlatform } from './ports/platform.ts';
import { createJoinRoom, type JoinRoom } from './room/index.ts';

export { HearsayError } from '@hearsay/core';
export { indexedDbStorage } from './ports/indexed-db-storage.ts';
export type * from './room/api.ts';

/**
 * Joins a room and returns at once; `room.ready` tells when it is usable. Joining the same room again, with the same
 * identity or none, returns the room that is already open.
 * @throws HearsayError `bad-config`, `bad-room`, `no-webrtc`, `no-crypto`, `value-unsupported`, `value-too-large`.
 */
export const joinRoom: JoinRoom = createJoinRoom(browserPlatform);

/** A fresh identity that can be kept: pass it to `joinRoom`. Not exportable unless asked for. */
export function createIdentity(options?: identities.IdentityOptions): Promise<identities.Identity> {
  const { subtle, randomBytes } = browserPlatform();
  return identities.createIdentity(subtle, randomBytes, options);
}

/** The secret of an exportable identity as 64 hex characters. Whoever holds it *is* this peer. Rejects with {@link HearsayError} `bad-identity`. */
export function exportIdentity(identity: identities.Identity): Promise<string> {
  return identities.exportIdentity(identity);
}

/** The identity that `exportIdentity` wrote down. Rejects with `bad-identity` for anything else. */
export function importIdentity(secret: string, options?: identities.IdentityOptions): Promise<identities.Identity> {
  return identities.importIdentity(browserPlatform().subtle, secret, options);
}
