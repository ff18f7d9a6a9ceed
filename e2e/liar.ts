/**
 * A modified peer over real WebRTC: it gets its links as everybody does, and then says what it likes. It has an
 * honest identity and no engine.
 */

import { createSignalingClient } from '@hearsay/browser/signaling-client';
import { createWebRtcLinks, sealSignals } from '@hearsay/browser/webrtc';
import {
  concatBytes,
  createPolicy,
  createRng,
  networkIdOf,
  type PeerId,
  seedFrom,
  signalText,
  splitSignal,
  toHex,
} from '@hearsay/core';
import { createCrypto, createSealer, freshIdentity, type Identity, type SubtleLike } from '@hearsay/core/crypto';
import type { LinkInput, RendezvousInput } from '@hearsay/core/host';
import { decodeSignal, encodeSignal, type Signal } from '@hearsay/core/wire';
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
  const randomBytes = (length: number): Uint8Array => globalThis.crypto.getRandomValues(new Uint8Array(length));
  const identity = freshIdentity(subtle, randomBytes);
  const networkId = networkIdOf(APP, room, createPolicy().terms);
  const rtc = nodeWebRtc({ bindAddress: '127.0.0.1' });
  const linked = new Set<PeerId>();
  let cutOff = 0;

  const sealer = createSealer({ self: identity.id, randomBytes });
  const say = async (to: PeerId, signal: Signal): Promise<void> => {
    const bytes = encodeSignal(signal);
    const signature = await identity.sign(signalText(networkId, identity.id, to, bytes));
    rendezvous.signal(to, concatBytes(signature, bytes));
  };

  const onLink = (input: LinkInput): void => {
    if (input.type === 'link-up') linked.add(input.peer);
    if (input.type === 'link-down' && linked.delete(input.peer)) cutOff += 1;
    if (input.type === 'rtc-signal') {
      void say(input.peer, { type: 'rtc', session: input.session, data: input.data });
    }
  };
  const onServer = (input: RendezvousInput): void => {
    if (input.type === 'rendezvous-up') {
      for (const peer of input.peers) {
        void say(peer, { type: 'request', session: rng.uint32(), urgent: true, key: sealer.publicKey });
      }
    }
    if (input.type !== 'server-signal') return;
    const signal = decodeSignal(splitSignal(input.payload)?.signal ?? input.payload);
    if (!signal.ok) return;
    if (signal.value.type === 'accept') links.dial(input.from, signal.value.session, true, signal.value.key);
    if (signal.value.type === 'rtc') links.signal(input.from, signal.value.session, signal.value.data);
  };

  const rtcOptions = {
    self: identity,
    verify: createCrypto({ subtle, identity }).verify,
    networkId,
    clock: systemClock,
    iceServers: async () => [],
    wrtc: rtc.wrtc,
  };
  const links = sealSignals(sealer, sink => createWebRtcLinks(rtcOptions, sink), onLink);
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
