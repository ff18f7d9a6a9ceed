/** One peer of the command: joined, reported about, and showing its neighbours in its presence for mesh views. */
import { join } from 'node:path';
import { HearsayError, type Identity, joinRoom, type PeerId, type Room } from '../index.ts';
import { folderStorage } from '../ports/folder-storage.ts';
import { loadIdentity } from '../ports/identity-file.ts';
import type { Command } from './arguments.ts';
import type { Report } from './report.ts';

export interface NodePresence {
  readonly name: string;
  readonly kind: 'node';
  /** First 8 hex characters of each neighbour's id. */
  readonly links: readonly string[];
}

export interface Member {
  readonly index: number;
  readonly room: Room<NodePresence>;
  /** It was ready at least once. */
  readonly wasReady: boolean;
  leave(): Promise<void>;
}

const LINKS_EVERY_MS = 500;

export async function openMember(command: Command, index: number, report: Report): Promise<Member> {
  const folder = command.data === undefined ? undefined : join(command.data, `peer-${index}`);
  const room = joinRoom<NodePresence>(
    {
      app: command.app,
      signaling: command.url,
      identity: await openIdentity(folder),
      presence: { name: command.count === 1 ? command.name : `${command.name}-${index}`, kind: 'node', links: [] },
      ...(folder !== undefined && { storage: folderStorage(join(folder, 'records')) }),
      ...(command.maxLinks !== undefined && { maxLinks: command.maxLinks }),
      ...(command.bind !== undefined && { bindAddress: command.bind }),
    },
    command.room,
  );
  let wasReady = false;
  room.ready.then(
    () => {
      wasReady = true;
    },
    () => undefined,
  );
  narrate(room, index, report);
  const showing = setInterval(createShowLinks(room, index, report), LINKS_EVERY_MS);
  return {
    index,
    room,
    get wasReady() {
      return wasReady;
    },
    async leave() {
      clearInterval(showing);
      await room.leave();
      report(index, 'left', {});
    },
  };
}

async function openIdentity(folder: string | undefined): Promise<Identity> {
  try {
    return await loadIdentity(folder);
  } catch (error) {
    if (!(error instanceof HearsayError) || error.code !== 'bad-identity' || folder === undefined) throw error;
    // Not replaced by a fresh one: whoever owns this key would lose what they wrote with it.
    throw new HearsayError('bad-identity', `${join(folder, 'identity')} holds no identity: ${error.message}`);
  }
}

function narrate(room: Room<NodePresence>, index: number, report: Report): void {
  report(index, 'joining', { id: room.self.id });
  room.ready.then(
    () => report(index, 'ready', { id: room.self.id, peers: room.presence.others.size }),
    (error: HearsayError) => {
      if (error.code !== 'room-left') report(index, 'not-ready', { code: error.code, message: error.message });
    },
  );
  room.on('status', status => report(index, 'status', { status }));
  room.on('warning', warning => report(index, 'warning', { ...warning, subject: warning.peer, peer: index }));
  room.on('error', error => reportError(error, index, report));
  const standing = (id: PeerId) => ({ id, status: room.presence.others.get(id)?.status });
  room.on('peer-join', ({ peer }) => report(index, 'peer-join', standing(peer)));
  room.on('peer-leave', ({ peer, reason }) => report(index, 'peer-leave', { id: peer, reason }));
  room.presence.subscribe((others, change) => {
    if (change?.type !== 'update') return;
    report(index, 'presence', { ...standing(change.peer), presence: others.get(change.peer)?.presence });
  });
  room.state.subscribe(change => report(index, 'state', { ...change }));
  room.events.onAny((name, payload, { from }) => report(index, 'event', { name, payload, from }));
}

function reportError(error: HearsayError, index: number, report: Report): void {
  report(index, 'error', { code: error.code, message: error.message });
}

/** What was shown is remembered here: a command may have put anything into the presence. */
function createShowLinks(room: Room<NodePresence>, index: number, report: Report): () => void {
  let shown = '';
  return () => {
    const links = room.links.map(link => link.peer.slice(0, 8)).sort();
    if (links.join() === shown) return;
    shown = links.join();
    try {
      room.presence.update({ links });
    } catch (error) {
      // The presence has grown too large for it.
      reportError(error as HearsayError, index, report);
    }
  };
}
