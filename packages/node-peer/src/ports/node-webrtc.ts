/**
 * node-datachannel's WebRTC polyfill, made to behave like a browser's stack under simple-peer.
 *
 * Why not the polyfill as it is: its descriptions are read-only (simple-peer assigns to them); an answering side that
 * makes its own negotiated channel would start an offer of its own; its candidates carry an `a=` that browsers do not
 * write; TURN credentials with a colon or a slash break its server URLs; it throws on candidates that come before the
 * remote description; and two Node peers that learn of each other's candidates before the answer is applied sometimes
 * never connect (a race in libdatachannel).
 *
 * With `iceTransportPolicy: 'relay'` it still sends from its own socket to the TURN server, as every stack does.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { RtcConstructors } from '@hearsay/browser/webrtc';
import { cleanup as cleanupNative, PeerConnection } from 'node-datachannel';
import {
  RTCPeerConnection as PolyfillConnection,
  RTCIceCandidate,
  RTCPeerConnectionIceEvent,
  RTCSessionDescription,
} from 'node-datachannel/polyfill';
import { isLocalAddress } from './bind-address.ts';
import { nativeServers } from './ice-servers.ts';

export interface NodeWebRtcOptions {
  /**
   * Local address to use for all connections, e.g. '127.0.0.1'. Default: every interface. While this machine does not
   * have it, constructing a connection throws.
   */
  readonly bindAddress?: string | undefined;
}

export interface NodeWebRtc {
  readonly wrtc: RtcConstructors;
  /**
   * Closes what is still open and stops the library's threads when the last user in this process is done, so that the
   * process can exit. Blocks the event loop for at most 10 s (the library's own limit); never rejects.
   */
  cleanup(): Promise<void>;
}

const MAX_EARLY_CANDIDATES = 64;
/** The library needs a moment between the last close and its own end. */
const SETTLE_MS = 100;

let users = 0;

export function nodeWebRtc(options: NodeWebRtcOptions = {}): NodeWebRtc {
  const open = new Set<ShimConnection>();
  class BoundConnection extends ShimConnection {
    constructor(config: RTCConfiguration = {}) {
      super(config, options.bindAddress);
      open.add(this);
    }
    override close(): void {
      open.delete(this);
      super.close();
    }
  }
  users += 1;
  let released = false;
  return {
    wrtc: { RTCPeerConnection: BoundConnection, RTCSessionDescription, RTCIceCandidate } as unknown as RtcConstructors,
    async cleanup() {
      if (released) return;
      released = true;
      for (const connection of open) connection.close();
      await delay(SETTLE_MS);
      users -= 1;
      // The library's clean-up ends every connection of the process, other rooms' too: only the last user calls it.
      if (users > 0) return;
      try {
        cleanupNative();
      } catch {
        // It gave up after its own timeout; the process may exit all the same.
      }
    },
  };
}

class ShimConnection extends PolyfillConnection {
  readonly #native: PeerConnection;
  #offering = false;
  #remoteSet = false;
  #heldEvents: Event[] = [];
  #earlyCandidates: RTCIceCandidateInit[] = [];

  constructor(config: RTCConfiguration, bindAddress: string | undefined) {
    // It may have been there when the room was joined: an interface that is gone must cost a dial, not the process.
    if (bindAddress !== undefined && !isLocalAddress(bindAddress)) {
      throw new Error(`${bindAddress} is no address of this machine`);
    }
    const native = new PeerConnection('hearsay', {
      iceServers: nativeServers(config.iceServers ?? []),
      iceTransportPolicy: config.iceTransportPolicy ?? 'all',
      // Else the answering side's negotiated channel would make an offer of its own.
      disableAutoNegotiation: true,
      ...(bindAddress === undefined ? {} : { bindAddress }),
    });
    super({ iceServers: [], peerConnection: native });
    this.#native = native;
    // The polyfill may reject this promise with nobody waiting, which would end the process.
    Promise.resolve(super.createAnswer()).catch(() => undefined);
  }

  override get localDescription(): globalThis.RTCSessionDescription {
    const { type, sdp } = super.localDescription;
    return new RTCSessionDescription({ type, sdp: withoutCandidates(sdp) });
  }

  override async createOffer(): Promise<RTCSessionDescriptionInit> {
    this.#offering = true;
    this.#native.setLocalDescription('offer');
    return plain(await super.createOffer());
  }

  override async createAnswer(): Promise<RTCSessionDescriptionInit> {
    this.#native.setLocalDescription('answer');
    return plain(await super.createAnswer());
  }

  /** Already done: the library makes a description and applies it in one step. */
  override async setLocalDescription(): Promise<void> {}

  override async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
    await super.setRemoteDescription(description);
    this.#remoteSet = true;
    for (const event of this.#heldEvents.splice(0)) super.dispatchEvent(event);
    for (const candidate of this.#earlyCandidates.splice(0)) await super.addIceCandidate(candidate);
  }

  override async addIceCandidate(candidate?: RTCIceCandidateInit | null): Promise<void> {
    if (this.#remoteSet) return super.addIceCandidate(candidate);
    if (candidate && this.#earlyCandidates.length < MAX_EARLY_CANDIDATES) this.#earlyCandidates.push(candidate);
  }

  /** simple-peer names the channel on one side only; the library insists on a text. */
  override createDataChannel(
    label: string | null,
    options?: RTCDataChannelInit,
  ): ReturnType<PolyfillConnection['createDataChannel']> {
    return super.createDataChannel(label ?? '', options);
  }

  override dispatchEvent(event: Event): boolean {
    if (event.type !== 'icecandidate') return super.dispatchEvent(event);
    const browserLike = withoutPrefix(event as globalThis.RTCPeerConnectionIceEvent);
    // The offering side's candidates wait for the answer: sent earlier they hit the race described above.
    if (this.#offering && !this.#remoteSet) this.#heldEvents.push(browserLike);
    else super.dispatchEvent(browserLike);
    return true;
  }
}

function plain({ type, sdp }: RTCSessionDescriptionInit): RTCSessionDescriptionInit {
  return { type, sdp: withoutCandidates(sdp ?? '') };
}

/** Every candidate is signalled by itself, so none needs to be told early inside the description. */
function withoutCandidates(sdp: string): string {
  return sdp.replace(/^a=(?:candidate:.*|end-of-candidates)\r?\n/gm, '');
}

function withoutPrefix(event: globalThis.RTCPeerConnectionIceEvent): Event {
  const { candidate } = event;
  if (!candidate) return event;
  return new RTCPeerConnectionIceEvent(
    new RTCIceCandidate({ candidate: candidate.candidate.replace(/^a=/, ''), sdpMid: candidate.sdpMid }),
  ) as unknown as Event;
}
