/**
 * One attempt to reach one peer, and the link that comes of it:
 *
 *   dialing (ICE, DTLS) → greeting (HELLO both ways) → up → ended
 *
 * Before `up` an end is a `dial-failed`, after it a `link-down`; each is said once. An ended link may live on for a
 * second while the stack sends what was queued.
 */
import type { Clock, LinkInput, PeerId } from '@hearsay/core/host';
import { type Channel, type ChannelEnd, openChannel, type RtcConstructors } from './channel.ts';
import { type Hello, type HelloFault, startHello } from './hello.ts';
import { createSignalBatch, type SignalBatch } from './signal-batch.ts';
import { createSignalGate, type SignalFault, type SignalGate, type SignalItem } from './signal-gate.ts';

export const MAX_FRAME_BYTES: number = 64 * 1024;
/** Frames that may arrive between the other side's HELLO2 and the end of its verification. */
export const MAX_EARLY_FRAMES: number = 64;
export const MAX_EARLY_BYTES: number = 256 * 1024;
/** Chromium's own queue throws at about 16 MB; a link this far behind is of no use any more. */
export const MAX_BUFFERED_BYTES: number = 8 * 1024 * 1024;
/** How long a closing link may take to send what was queued. */
export const LINGER_MS: number = 1_000;

export type LinkEnd =
  | ChannelEnd
  | HelloFault
  | SignalFault
  | 'closed'
  | 'timeout'
  | 'too-large'
  | 'not-bytes'
  | 'overflow'
  | 'hello-overflow'
  | 'superseded';

/** What every link of one room shares. */
export interface LinkSetting {
  readonly self: { readonly id: PeerId; sign(bytes: Uint8Array): Promise<Uint8Array> };
  verify(key: PeerId, signature: Uint8Array, bytes: Uint8Array): Promise<boolean>;
  readonly networkId: Uint8Array;
  readonly wrtc?: RtcConstructors | undefined;
  readonly iceTransportPolicy: RTCIceTransportPolicy;
  readonly connectTimeoutMs: number;
  readonly clock: Clock;
  iceServers(): Promise<readonly RTCIceServer[]>;
}

export interface LinkEvents {
  say(input: LinkInput): void;
  /** The link has ended for its users; `released` follows when the stack has let go. */
  ended(link: Link, reason: LinkEnd): void;
  released(link: Link): void;
}

export class Link {
  readonly peer: PeerId;
  readonly session: number;
  readonly #initiator: boolean;
  readonly #setting: LinkSetting;
  readonly #events: LinkEvents;
  readonly #gate: SignalGate;
  readonly #batch: SignalBatch;
  #phase: 'dialing' | 'greeting' | 'up' | 'ended' = 'dialing';
  #channel: Channel | undefined;
  #hello: Hello | undefined;
  /** Admitted signals that wait for the ICE servers to be known. */
  #admitted: SignalItem[] = [];
  #earlyFrames: Uint8Array[] = [];
  #earlyBytes = 0;
  #cancelTimer: () => void;

  constructor(setting: LinkSetting, events: LinkEvents, peer: PeerId, session: number, initiator: boolean) {
    this.#setting = setting;
    this.#events = events;
    this.peer = peer;
    this.session = session;
    this.#initiator = initiator;
    this.#gate = createSignalGate(initiator ? 'answer' : 'offer');
    this.#batch = createSignalBatch(setting.clock, data => events.say({ type: 'rtc-signal', peer, session, data }));
    this.#cancelTimer = setting.clock.timer(setting.connectTimeoutMs, () => this.#end('timeout'));
    void this.#dial();
  }

  get up(): boolean {
    return this.#phase === 'up';
  }

  get pending(): boolean {
    return this.#phase === 'dialing' || this.#phase === 'greeting';
  }

  signal(data: string): void {
    // A link that is up needs no more signals, and nobody may talk it down through the server.
    if (!this.pending) return;
    const verdict = this.#gate.admit(data);
    if ('fault' in verdict) this.#end(verdict.fault);
    else if (this.#channel === undefined) this.#admitted.push(...verdict.items);
    else for (const item of verdict.items) this.#channel.signal(item);
  }

  send(bytes: Uint8Array): void {
    if (this.#phase !== 'up' || this.#channel === undefined) return;
    if (bytes.length > MAX_FRAME_BYTES) this.#end('too-large');
    else if (this.#channel.bufferedBytes() > MAX_BUFFERED_BYTES) this.#end('overflow');
    else if (!this.#channel.send(bytes)) this.#end('failed');
  }

  bufferedBytes(): number {
    return this.#phase === 'up' ? (this.#channel?.bufferedBytes() ?? 0) : 0;
  }

  watch(below: number): void {
    if (this.#phase !== 'up') return;
    const { peer } = this;
    this.#channel?.watch(below, () => {
      if (this.up) this.#events.say({ type: 'link-drained', peer, waiting: this.bufferedBytes() });
    });
  }

  /** Ends it for a reason of our own. `closed` lets queued frames out first. */
  end(reason: 'closed' | 'superseded'): void {
    this.#end(reason);
  }

  async #dial(): Promise<void> {
    // Without servers a link inside one network still forms, so a failed lookup is not yet a failed dial.
    const iceServers = await this.#setting.iceServers().catch(() => []);
    if (this.#phase !== 'dialing') return;
    const { wrtc, iceTransportPolicy } = this.#setting;
    this.#channel = openChannel(
      { initiator: this.#initiator, iceServers, iceTransportPolicy, wrtc },
      {
        signal: item => {
          if (!this.#batch.add(item)) this.#end('signal-too-large');
        },
        open: () => this.#greet(),
        message: data => this.#onMessage(data),
        ended: reason => this.#end(reason),
        released: () => {
          this.#end('failed');
          this.#cancelTimer();
          this.#events.released(this);
        },
      },
    );
    for (const item of this.#admitted.splice(0)) this.#channel.signal(item);
  }

  /** The channel is open: at the first sign of it, since the other side's HELLO may come before our own event. */
  #greet(): void {
    if (this.#phase !== 'dialing') return;
    const channel = this.#channel!;
    const fingerprints = channel.fingerprints();
    if (fingerprints === undefined) {
      this.#end('sdp-fingerprint');
      return;
    }
    this.#phase = 'greeting';
    this.#hello = startHello(
      {
        self: this.#setting.self,
        peer: this.peer,
        networkId: this.#setting.networkId,
        localFingerprint: fingerprints.local,
        remoteFingerprint: fingerprints.remote,
        verify: (key, signature, bytes) => this.#setting.verify(key, signature, bytes),
      },
      {
        send: frame => {
          if (!channel.send(frame)) this.#end('failed');
        },
        passed: () => this.#onPassed(),
        failed: fault => this.#end(fault),
      },
    );
  }

  #onPassed(): void {
    if (this.#phase !== 'greeting') return;
    this.#phase = 'up';
    this.#cancelTimer();
    this.#batch.stop();
    const { peer } = this;
    this.#events.say({ type: 'link-up', peer, outbound: this.#initiator });
    // `say` may have closed the link; what is left of it is then nobody's.
    for (const bytes of this.#earlyFrames.splice(0)) if (this.up) this.#onFrame(bytes);
  }

  #onMessage(data: Uint8Array | string): void {
    this.#greet();
    if (this.#phase === 'ended') return;
    if (typeof data === 'string') this.#end('not-bytes');
    else if (data.length > MAX_FRAME_BYTES) this.#end('too-large');
    else if (this.#phase === 'up') this.#onFrame(data);
    else if (data.length === 0 && !this.#hello?.complete) this.#end('remote-closed');
    else if (!this.#hello?.receive(data)) this.#queueEarly(data);
  }

  #onFrame(bytes: Uint8Array): void {
    // Empty: the other side's goodbye. It waits for us to end the connection.
    if (bytes.length === 0) this.#end('remote-closed');
    else this.#events.say({ type: 'frame', from: this.peer, bytes });
  }

  #queueEarly(frame: Uint8Array): void {
    this.#earlyBytes += frame.length;
    this.#earlyFrames.push(frame);
    if (this.#earlyFrames.length > MAX_EARLY_FRAMES || this.#earlyBytes > MAX_EARLY_BYTES) this.#end('hello-overflow');
  }

  #end(reason: LinkEnd): void {
    const phase = this.#phase;
    if (phase === 'ended') return;
    this.#phase = 'ended';
    this.#cancelTimer();
    this.#batch.stop();
    this.#earlyFrames = [];
    this.#admitted = [];
    const channel = this.#channel;
    // A mismatch lets our own HELLO out, so that an honest other side learns of a middle too.
    const graceful = phase === 'up' ? reason === 'closed' : reason === 'identity-mismatch';
    if (graceful) {
      this.#cancelTimer = this.#setting.clock.timer(LINGER_MS, () => channel?.destroy());
      channel?.close();
    } else channel?.destroy();
    const { peer, session } = this;
    // Both the callers' effects and the stack's events end here; the answer never comes inside a caller's call.
    queueMicrotask(() =>
      this.#events.say(
        phase === 'up' ? { type: 'link-down', peer, reason } : { type: 'dial-failed', peer, session, reason },
      ),
    );
    this.#events.ended(this, reason);
    if (channel === undefined) this.#events.released(this);
  }
}
