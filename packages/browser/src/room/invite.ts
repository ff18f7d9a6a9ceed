/**
 * An invite: all that a newcomer needs to find one member, in one word that fits into a link or a code. It is no
 * secret and no permission: whoever has it knows the names of app and room, as whoever has the page does.
 */
import { HearsayError, isPeerId, type PeerId } from '@hearsay/core';
import type { RendezvousInput } from '@hearsay/core/host';

export interface Invite {
  readonly app: string;
  readonly room: string;
  readonly signaling: readonly string[];
  /** Who invites: asked for a link before whomever the server names. */
  readonly member: PeerId;
}

/** The server's welcome, as a newcomer without links hears it: of the one that invited first, so that it is asked first. */
export function welcome(up: RendezvousUp, member: PeerId): readonly RendezvousInput[] {
  return [
    { ...up, peers: [member] },
    { type: 'introduced', peers: up.peers },
  ];
}

type RendezvousUp = Extract<RendezvousInput, { type: 'rendezvous-up' }>;

const PREFIX = 'hearsay1.';
/** Sixteen URLs of a hundred characters, names of 64, and what base64 adds. */
const MAX_CHARS = 4_096;

/** Letters, digits, `-`, `_` and one `.`: it passes links, chats and QR codes as it is. */
export function writeInvite({ app, room, signaling, member }: Invite): string {
  const bytes = new TextEncoder().encode(JSON.stringify([app, room, signaling, member]));
  const base64 = btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(''));
  return PREFIX + base64.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

/**
 * Whether app, room and URLs can be used is judged where those of a config are.
 * @throws HearsayError `bad-config` for what `room.invite()` did not write.
 */
export function readInvite(text: unknown): Invite {
  const fields = typeof text === 'string' && text.length <= MAX_CHARS ? fieldsOf(text) : undefined;
  if (fields !== undefined) {
    const [app, room, signaling, member] = fields;
    const isInvite = typeof app === 'string' && typeof room === 'string' && isPeerId(member);
    if (isInvite && Array.isArray(signaling) && signaling.every(url => typeof url === 'string')) {
      return { app, room, signaling, member };
    }
  }
  throw new HearsayError('bad-config', 'config.invite is the text that room.invite() gives, whole.');
}

function fieldsOf(text: string): readonly unknown[] | undefined {
  if (!text.startsWith(PREFIX)) return undefined;
  try {
    const base64 = text.slice(PREFIX.length).replace(/-/g, '+').replace(/_/g, '/');
    const bytes = Uint8Array.from(atob(base64), char => char.charCodeAt(0));
    const fields: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return Array.isArray(fields) ? fields : undefined;
  } catch {
    return undefined;
  }
}
