/** Real node-datachannel links in one process, and a "server" between them that a test may corrupt. */
import { generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import type { LinkInput, Links, PeerId } from '@hearsay/core/host';
import { systemClock } from '../../src/ports/clock.ts';
import { createWebRtcLinks, type WebRtcLinks, type WebRtcOptions } from '../../src/webrtc/index.ts';

export const NETWORK: Uint8Array = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);

export interface TestIdentity {
  readonly id: PeerId;
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

export function identity(): TestIdentity {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return { id: hexOf(publicKey) as PeerId, sign: async bytes => new Uint8Array(sign(null, bytes, privateKey)) };
}

export async function verifySignature(key: PeerId, signature: Uint8Array, bytes: Uint8Array): Promise<boolean> {
  const spki = Buffer.concat([SPKI_PREFIX, Buffer.from(key, 'hex')]);
  return verify(null, bytes, { key: spki, format: 'der', type: 'spki' }, signature);
}

function hexOf(key: KeyObject): string {
  return key.export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX.length).toString('hex');
}

/** What a `Links` told its host. */
export interface Recorder {
  readonly inputs: LinkInput[];
  record(input: LinkInput): void;
  /** The first input that matches, now or later; rejects after 15 s. */
  until<T extends LinkInput['type']>(
    type: T,
    matches?: (input: Extract<LinkInput, { type: T }>) => boolean,
  ): Promise<Extract<LinkInput, { type: T }>>;
  count(type: LinkInput['type']): number;
}

export function createRecorder(): Recorder {
  const inputs: LinkInput[] = [];
  const watchers = new Set<() => void>();
  const seen = (): string =>
    inputs.map(input => ('reason' in input ? `${input.type}:${input.reason}` : input.type)).join(' ');
  return {
    inputs,
    record(input) {
      inputs.push(input);
      for (const watch of watchers) watch();
    },
    count: type => inputs.filter(input => input.type === type).length,
    until: (type, matches = () => true) =>
      new Promise((resolve, reject) => {
        let at = 0;
        const look = (): void => {
          for (; at < inputs.length; at += 1) {
            const input = inputs[at]!;
            if (input.type !== type || !matches(input as never)) continue;
            watchers.delete(look);
            clearTimeout(timer);
            resolve(input as never);
            return;
          }
        };
        const timer = setTimeout(() => {
          watchers.delete(look);
          reject(new Error(`no ${type} within 15 s; seen: ${seen()}`));
        }, 15_000);
        watchers.add(look);
        look();
      }),
  };
}

export interface TestPeer extends Recorder {
  readonly id: PeerId;
  readonly links: WebRtcLinks;
}

export type Deliver = (from: PeerId, to: PeerId, session: number, data: string) => void;

/** A peer whose signals go to `deliver`. */
export function testPeer(options: Partial<WebRtcOptions> & { self?: TestIdentity }, deliver: Deliver): TestPeer {
  const self = options.self ?? identity();
  const recorder = createRecorder();
  const links = createWebRtcLinks(
    {
      self,
      verify: verifySignature,
      networkId: NETWORK,
      clock: systemClock,
      iceServers: async () => [],
      ...options,
    },
    input => {
      recorder.record(input);
      if (input.type === 'rtc-signal') deliver(self.id, input.peer, input.session, input.data);
    },
  );
  return { id: self.id, links, ...recorder };
}

type Reachable = Pick<TestPeer, 'id'> & { readonly links: Pick<Links, 'signal' | 'dial'> };

/** Carries signals between peers as they are, or as `corrupt` leaves them (undefined: dropped). */
export function testServer(corrupt: (data: string, from: PeerId, to: PeerId) => string | undefined = data => data): {
  deliver: Deliver;
  add<P extends Reachable>(peer: P): P;
} {
  const peers = new Map<PeerId, Reachable>();
  return {
    deliver(from, to, session, data) {
      const left = corrupt(data, from, to);
      if (left !== undefined) setTimeout(() => peers.get(to)?.links.signal(from, session, left), 1);
    },
    add(peer) {
      peers.set(peer.id, peer);
      return peer;
    },
  };
}

let sessions = 0;

/** Both sides dial each other; `a` offers. */
export function connect(a: Reachable, b: Reachable): number {
  sessions += 1;
  a.links.dial(b.id, sessions, true);
  b.links.dial(a.id, sessions, false);
  return sessions;
}
