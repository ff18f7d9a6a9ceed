/**
 * A modified peer over real WebRTC: it gets its links as everybody does, and then says what it likes. It has an
 * honest identity and no engine.
 */

import { createSignalingClient } from '@hearsay/browser/signaling-client';
import { createWebRtcLinks } from '@hearsay/browser/webrtc';
import { createPolicy, createRng, networkIdOf, type PeerId, seedFrom, toHex } from '@hearsay/core';
import { createCrypto, freshIdentity, type Identity, type SubtleLike } from '@hearsay/core/crypto';
import type { LinkInput, RendezvousInput } from '@hearsay/core/host';
import { decodeSignal, encodeSignal } from '@hearsay/core/wire';
import { nodeSocket, nodeWebRtc, systemClock } from '@hearsay/node-peer/ports';
import { APP } from './support.ts';

export interface Liar {
  readonly identity: Identity;
  readonly networkId: Uint8Array;
  /** Peers it is linked to now. */
  readonly linked: ReadonlySet<PeerId>;
  /** Links that the other side ended. */
  cutOff(): number;
  /** The same bytes to everybody it is linked to. */
  tell(bytes: Uint8Array): void;
  stop(): Promise<void>;
}

export async function startLiar(url: string, room: string, seed: number): Promise<Liar> {
  const rng = createRng(seedFrom(seed, 1));
  const subtle = globalThis.crypto.subtle as unknown as SubtleLike;
  const identity = freshIdentity(subtle, length => globalThis.crypto.getRandomValues(new Uint8Array(length)));
  const networkId = networkIdOf(APP, room, createPolicy().terms);
  const rtc = nodeWebRtc({ bindAddress: '127.0.0.1' });
  const linked = new Set<PeerId>();
  let cutOff = 0;

  const onLink = (input: LinkInput): void => {
    if (input.type === 'link-up') linked.add(input.peer);
    if (input.type === 'link-down' && linked.delete(input.peer)) cutOff += 1;
    if (input.type === 'rtc-signal') {
      rendezvous.signal(input.peer, encodeSignal({ type: 'rtc', session: input.session, data: input.data }));
    }
  };
  const onServer = (input: RendezvousInput): void => {
    if (input.type === 'rendezvous-up') {
      for (const peer of input.peers) {
        rendezvous.signal(peer, encodeSignal({ type: 'request', session: rng.uint32(), urgent: true }));
      }
    }
    if (input.type !== 'server-signal') return;
    const signal = decodeSignal(input.payload);
    if (!signal.ok) return;
    if (signal.value.type === 'accept') links.dial(input.from, signal.value.session, true);
    if (signal.value.type === 'rtc') links.signal(input.from, signal.value.session, signal.value.data);
  };

  const links = createWebRtcLinks(
    {
      self: identity,
      verify: createCrypto({ subtle, identity }).verify,
      networkId,
      clock: systemClock,
      iceServers: async () => [],
      wrtc: rtc.wrtc,
    },
    onLink,
  );
  const rendezvous = createSignalingClient(
    {
      urls: [url],
      app: APP,
      room,
      network: toHex(networkId),
      identity,
      WebSocket: nodeSocket,
      clock: systemClock,
      random: rng.next,
    },
    onServer,
  );
  rendezvous.open();
  return {
    identity,
    networkId,
    linked,
    cutOff: () => cutOff,
    tell(bytes) {
      for (const peer of linked) links.send(peer, bytes);
    },
    async stop() {
      rendezvous.close();
      await links.shutdown();
      await rtc.cleanup();
    },
  };
}
