/**
 * Links whose signals nobody on the way can read or make up: what the stack says leaves sealed to the key that the
 * other side signed, and only what was sealed by that side reaches the stack. Offers, answers and candidates name
 * network addresses, of the machine and of its local network; who carries them, the server included, learns none.
 */
import { MAX_SEALED_BYTES, type SealedChannel, type Sealer } from '@hearsay/core/crypto';
import type { LinkInput, Links, PeerId } from '@hearsay/core/host';

interface Session {
  readonly session: number;
  readonly channel: SealedChannel;
}

/** `open`: the links beneath, which tell `sink` what they have to say. */
export function sealSignals<L extends Links>(
  sealer: Sealer,
  open: (sink: (input: LinkInput) => void) => L,
  sink: (input: LinkInput) => void,
): Links {
  /** Dials in progress: the links beneath bound them, and say how each ends. */
  const sessions = new Map<PeerId, Session>();

  const links = open(input => {
    const current = sessions.get(input.type === 'frame' ? input.from : input.peer);
    if (input.type === 'rtc-signal') {
      const said = new TextEncoder().encode(input.data);
      if (current?.session !== input.session || said.length > MAX_SEALED_BYTES) return;
      sink({ ...input, data: toText(current.channel.seal(said)) });
      return;
    }
    if (input.type === 'link-up' || (input.type === 'dial-failed' && current?.session === input.session)) {
      sessions.delete(input.peer);
    }
    sink(input);
  });

  return {
    dial(peer, session, initiator, key) {
      if (sessions.get(peer)?.session !== session) {
        const channel = key && sealer.channel(peer, key, session);
        if (channel === undefined) {
          queueMicrotask(() => sink({ type: 'dial-failed', peer, session, reason: 'no-seal-key' }));
          return;
        }
        sessions.set(peer, { session, channel });
      }
      links.dial(peer, session, initiator);
    },
    signal(peer, session, data) {
      const current = sessions.get(peer);
      const sealed = current?.session === session ? fromText(data) : undefined;
      const said = sealed && current?.channel.open(sealed);
      if (said !== undefined) links.signal(peer, session, new TextDecoder().decode(said));
    },
    send: (peer, bytes) => links.send(peer, bytes),
    bufferedBytes: peer => links.bufferedBytes(peer),
    watch: (peer, below) => links.watch(peer, below),
    close(peer, reason) {
      links.close(peer, reason);
    },
    shutdown: () => links.shutdown(),
  };
}

function toText(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** `undefined`: no base64, so nobody sealed it. */
function fromText(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), char => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}
