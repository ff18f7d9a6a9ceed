/**
 * simple-peer, tamed: one RTCPeerConnection with one negotiated, ordered, reliable data channel for bytes.
 *
 * simple-peer 9.11.1 throws from `signal` and `send`, emits errors that end the process when nobody listens, has no
 * connect timeout, and attaches a timer to every further channel that the remote side opens. Here the error listener
 * is attached first and never removed, every call is guarded, and a second channel ends the connection.
 */
import SimplePeer from '#simple-peer';
import { sdpFingerprint } from './sdp.ts';
import type { SignalItem } from './signal-gate.ts';

/** The three constructors of a WebRTC stack: the browser's own, or what a Node package brings. */
export interface RtcConstructors {
  readonly RTCPeerConnection: typeof RTCPeerConnection;
  readonly RTCSessionDescription: typeof RTCSessionDescription;
  readonly RTCIceCandidate: typeof RTCIceCandidate;
}

export type ChannelEnd = 'remote-closed' | 'failed' | 'ice-failed' | 'no-webrtc' | 'second-channel';

export interface ChannelEvents {
  signal(item: SignalItem): void;
  open(): void;
  message(data: Uint8Array | string): void;
  /** It ended by itself or by the other side; not said after `close` or `destroy`. */
  ended(reason: ChannelEnd): void;
  /** The stack has let go. Last event, once. */
  released(): void;
}

export interface ChannelOptions {
  readonly initiator: boolean;
  readonly iceServers: readonly RTCIceServer[];
  readonly iceTransportPolicy: RTCIceTransportPolicy;
  readonly wrtc?: RtcConstructors | undefined;
}

export interface Channel {
  signal(item: SignalItem): void;
  /** False: the stack refused the bytes. */
  send(bytes: Uint8Array): boolean;
  bufferedBytes(): number;
  /** Calls back once, as soon as at most `below` bytes wait; never inside this call. The last one asked for counts. */
  watch(below: number, drained: () => void): void;
  /** The certificates this connection uses, as the stack itself reports them. */
  fingerprints(): { readonly local: Uint8Array; readonly remote: Uint8Array } | undefined;
  /** Says goodbye behind everything already sent; the other side then ends the connection, or the caller destroys it. */
  close(): void;
  destroy(): void;
}

/**
 * An empty message ends the stream: nothing follows it. Closing a channel outright would lose what is on its way
 * (libdatachannel drops its send buffer), and a reliable, ordered channel delivers this one last.
 */
const GOODBYE = new Uint8Array(0);

/** What we read of simple-peer beyond its documented surface. */
interface Internals {
  readonly _pc: RTCPeerConnection | null | undefined;
  readonly _channel: RTCDataChannel | null | undefined;
}

/** Never throws: a stack that cannot be constructed is reported by `ended('no-webrtc')`. */
export function openChannel(options: ChannelOptions, events: ChannelEvents): Channel {
  let over = false;
  const end = (reason: ChannelEnd): void => {
    if (over) return;
    over = true;
    events.ended(reason);
  };

  const peer = construct(options);
  if (peer === undefined) {
    queueMicrotask(() => {
      end('no-webrtc');
      events.released();
    });
    return deadChannel;
  }
  const internals = peer as unknown as Internals;
  let released = false;

  peer.on('error', (error: Error) => end(endOf(error)));
  peer.on('close', () => {
    end('remote-closed');
    if (released) return;
    released = true;
    events.released();
  });
  peer.on('signal', (signal: unknown) => {
    const item = ownItem(signal);
    if (item !== undefined && !over) events.signal(item);
  });
  peer.on('connect', () => {
    if (!over) events.open();
  });
  peer.on('data', (data: unknown) => {
    const message = data instanceof Uint8Array ? new Uint8Array(data.buffer, data.byteOffset, data.length) : 'text';
    if (!over) events.message(message);
    // Two goodbyes crossed: neither side has anything left to wait for.
    else if (message.length === 0) peer.destroy();
  });
  if (internals._pc) {
    internals._pc.ondatachannel = () => {
      end('second-channel');
      peer.destroy();
    };
  }

  let onDrained: (() => void) | undefined;
  const tellDrained = (): void => {
    const tell = onDrained;
    onDrained = undefined;
    if (!over) tell?.();
  };

  /** What the stack was given: it may open the channel before it shows the description. */
  let remoteSdp = '';

  return {
    signal(item) {
      if ('sdp' in item) remoteSdp = item.sdp;
      try {
        peer.signal(item as SimplePeer.SignalData);
      } catch {
        end('failed');
        peer.destroy();
      }
    },
    send(bytes) {
      try {
        peer.send(bytes);
        return true;
      } catch {
        return false;
      }
    },
    bufferedBytes: () => peer.bufferSize,
    watch(below, drained) {
      const channel = internals._channel;
      onDrained = drained;
      if (channel?.readyState !== 'open') return;
      channel.bufferedAmountLowThreshold = below;
      // Added once: the same listener again is none.
      channel.addEventListener('bufferedamountlow', tellDrained);
      if (channel.bufferedAmount <= below) queueMicrotask(tellDrained);
    },
    fingerprints() {
      const local = sdpFingerprint(internals._pc?.localDescription?.sdp ?? '');
      const remote = sdpFingerprint(internals._pc?.remoteDescription?.sdp ?? remoteSdp);
      return local && remote && { local, remote };
    },
    close() {
      over = true;
      try {
        peer.send(GOODBYE);
      } catch {
        peer.destroy();
      }
    },
    destroy() {
      over = true;
      peer.destroy();
    },
  };
}

function construct(options: ChannelOptions): SimplePeer.Instance | undefined {
  try {
    return new SimplePeer({
      initiator: options.initiator,
      // Both sides make the channel themselves: the remote side opens nothing.
      channelConfig: { negotiated: true, id: 0 },
      channelName: 'hearsay',
      config: { iceServers: [...options.iceServers], iceTransportPolicy: options.iceTransportPolicy },
      // Whole messages, empty ones too, and text kept apart from bytes.
      objectMode: true,
      // simple-peer's default would keep a Node process alive for 5 s; we trickle and do not wait for it.
      iceCompleteTimeout: 500,
      ...(options.wrtc === undefined ? {} : { wrtc: options.wrtc }),
    });
  } catch {
    return undefined;
  }
}

/** A local signal in our wire's shape. simple-peer's other kinds (renegotiate, transceiverRequest) stay here. */
function ownItem(signal: unknown): SignalItem | undefined {
  const { type, sdp, candidate } = signal as { type?: unknown; sdp?: unknown; candidate?: RTCIceCandidateInit };
  if ((type === 'offer' || type === 'answer') && typeof sdp === 'string') return { type, sdp };
  if (candidate === undefined || typeof candidate.candidate !== 'string') return undefined;
  const { sdpMid, sdpMLineIndex } = candidate;
  return {
    candidate: { candidate: candidate.candidate, sdpMid: sdpMid ?? null, sdpMLineIndex: sdpMLineIndex ?? null },
  };
}

function endOf(error: Error): ChannelEnd {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ERR_PC_CONSTRUCTOR' || code === 'ERR_WEBRTC_SUPPORT') return 'no-webrtc';
  if (code === 'ERR_ICE_CONNECTION_FAILURE' || code === 'ERR_CONNECTION_FAILURE') return 'ice-failed';
  // Chromium's words for a peer connection that the other side closed while the channel was open.
  const goodbye = code === 'ERR_ICE_CONNECTION_CLOSED' || /user-initiated abort/i.test(error.message);
  return goodbye ? 'remote-closed' : 'failed';
}

const deadChannel: Channel = {
  signal: () => undefined,
  send: () => false,
  bufferedBytes: () => 0,
  watch: () => undefined,
  fingerprints: () => undefined,
  close: () => undefined,
  destroy: () => undefined,
};
