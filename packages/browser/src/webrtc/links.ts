/** All links of one room: who may be dialed, how many at once, and where a signal belongs. */
import type { Clock, LinkInput, Links, MonoMs, PeerId } from '@hearsay/core/host';
import type { RtcConstructors } from './channel.ts';
import { EarlySignals } from './early-signals.ts';
import { Link, type LinkEnd, type LinkSetting } from './link.ts';

/** Defaults keep a page below Chromium's 500 connections, of which a closed one counts for about 30 s more. */
export interface LinkLimits {
  /** Dials in progress. */
  readonly pending: number;
  /** RTCPeerConnections created within any 60 s. */
  readonly creationsPerMinute: number;
  /** RTCPeerConnections that exist, closing ones included. */
  readonly alive: number;
}

export const DEFAULT_LINK_LIMITS: LinkLimits = { pending: 8, creationsPerMinute: 60, alive: 64 };

export interface WebRtcOptions {
  readonly self: { readonly id: PeerId; sign(bytes: Uint8Array): Promise<Uint8Array> };
  /** Rule U. */
  verify(key: PeerId, signature: Uint8Array, bytes: Uint8Array): Promise<boolean>;
  /** 8 bytes. Peers of another network are refused by HELLO. */
  readonly networkId: Uint8Array;
  readonly clock: Clock;
  /** Asked before every dial; a rejection counts as an empty list. */
  iceServers(): Promise<readonly RTCIceServer[]>;
  /** 'relay': peers see the TURN server's address instead of ours. Default 'all'. */
  readonly iceTransportPolicy?: RTCIceTransportPolicy | undefined;
  /** Default: the global constructors of a browser. */
  readonly wrtc?: RtcConstructors | undefined;
  /** From dial to the end of HELLO. Default 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  readonly limits?: Partial<LinkLimits> | undefined;
}

export type DialRefusal =
  | 'already-linked'
  | 'too-many-pending'
  | 'too-many-links'
  | 'too-many-dials'
  | 'identity-mismatch'
  | 'closed';

/** Every way a dial or a link can end: the `reason` of `dial-failed` and `link-down`. */
export type LinkReason = LinkEnd | DialRefusal;

export interface WebRtcLinks extends Links {
  /** How often each thing happened since the start; bounded, one entry per code. */
  counts(): Readonly<Partial<Record<LinkReason | 'stray-signal' | 'stray-send', number>>>;
}

/** Longest wait of `shutdown` for stacks that do not report their end. */
const SHUTDOWN_MS = 2_000;

export function createWebRtcLinks(options: WebRtcOptions, sink: (input: LinkInput) => void): WebRtcLinks {
  return new RoomLinks(options, sink);
}

class RoomLinks implements WebRtcLinks {
  readonly #setting: LinkSetting;
  readonly #limits: LinkLimits;
  readonly #sink: (input: LinkInput) => void;
  /** The one attempt or link that counts for each peer. */
  readonly #links = new Map<PeerId, Link>();
  /** Also those that have ended and not yet been released. */
  readonly #alive = new Set<Link>();
  readonly #early = new EarlySignals();
  readonly #counts: Partial<Record<LinkReason | 'stray-signal' | 'stray-send', number>> = {};
  #created: MonoMs[] = [];
  #onEmpty: (() => void) | undefined;
  #shut = false;

  constructor(options: WebRtcOptions, sink: (input: LinkInput) => void) {
    // Async wrappers: a port that throws at once is a port that rejects.
    this.#setting = {
      self: { id: options.self.id, sign: async bytes => options.self.sign(bytes) },
      verify: async (key, signature, bytes) => options.verify(key, signature, bytes),
      networkId: options.networkId,
      wrtc: options.wrtc,
      iceTransportPolicy: options.iceTransportPolicy ?? 'all',
      connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
      clock: options.clock,
      iceServers: async () => options.iceServers(),
    };
    this.#limits = { ...DEFAULT_LINK_LIMITS, ...options.limits };
    this.#sink = sink;
  }

  /** The same dial again is no new dial; another session of the same peer ends the dial in progress. */
  dial(peer: PeerId, session: number, initiator: boolean): void {
    const current = this.#links.get(peer);
    if (current?.pending && current.session === session) return;
    if (current?.pending) current.end('superseded');
    const refusal = this.#refusal(peer);
    if (refusal !== undefined) {
      this.#count(refusal);
      queueMicrotask(() => this.#sink({ type: 'dial-failed', peer, session, reason: refusal }));
      return;
    }
    const now = this.#setting.clock.now().mono;
    this.#created.push(now);
    const link = this.#createLink(peer, session, initiator);
    this.#links.set(peer, link);
    this.#alive.add(link);
    for (const data of this.#early.take(peer, session, now)) link.signal(data);
  }

  signal(peer: PeerId, session: number, data: string): void {
    const link = this.#links.get(peer);
    if (link?.session === session) {
      link.signal(data);
      return;
    }
    const kept = !this.#shut && this.#early.keep(peer, session, data, this.#setting.clock.now().mono);
    if (!kept) this.#count('stray-signal');
  }

  send(peer: PeerId, bytes: Uint8Array): void {
    const link = this.#links.get(peer);
    if (link?.up && bytes.length > 0) link.send(bytes);
    else this.#count('stray-send');
  }

  bufferedBytes(peer: PeerId): number {
    return this.#links.get(peer)?.bufferedBytes() ?? 0;
  }

  watch(peer: PeerId, below: number): void {
    this.#links.get(peer)?.watch(below);
  }

  /** Frames already sent still go out, for at most a second. The reason told is always 'closed'. */
  close(peer: PeerId, _reason: string): void {
    this.#links.get(peer)?.end('closed');
  }

  async shutdown(): Promise<void> {
    this.#shut = true;
    for (const link of [...this.#links.values()]) link.end('closed');
    if (this.#alive.size === 0) return;
    await new Promise<void>(resolve => {
      const cancel = this.#setting.clock.timer(SHUTDOWN_MS, resolve);
      this.#onEmpty = () => {
        cancel();
        resolve();
      };
    });
  }

  counts(): Readonly<Partial<Record<LinkReason | 'stray-signal' | 'stray-send', number>>> {
    return { ...this.#counts };
  }

  #refusal(peer: PeerId): DialRefusal | undefined {
    if (this.#shut) return 'closed';
    if (peer === this.#setting.self.id) return 'identity-mismatch';
    if (this.#links.has(peer)) return 'already-linked';
    if (this.#alive.size >= this.#limits.alive) return 'too-many-links';
    let pending = 0;
    for (const link of this.#links.values()) if (link.pending) pending += 1;
    if (pending >= this.#limits.pending) return 'too-many-pending';
    const minuteAgo = this.#setting.clock.now().mono - 60_000;
    this.#created = this.#created.filter(at => at > minuteAgo);
    return this.#created.length >= this.#limits.creationsPerMinute ? 'too-many-dials' : undefined;
  }

  #createLink(peer: PeerId, session: number, initiator: boolean): Link {
    const events = {
      say: this.#sink,
      ended: (link: Link, reason: LinkEnd) => {
        this.#count(reason);
        if (this.#links.get(peer) === link) this.#links.delete(peer);
      },
      released: (link: Link) => {
        this.#alive.delete(link);
        if (this.#alive.size === 0) this.#onEmpty?.();
      },
    };
    return new Link(this.#setting, events, peer, session, initiator);
  }

  #count(code: LinkReason | 'stray-signal' | 'stray-send'): void {
    this.#counts[code] = (this.#counts[code] ?? 0) + 1;
  }
}
