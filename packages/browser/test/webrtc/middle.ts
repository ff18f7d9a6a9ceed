/**
 * A signaling server that puts itself in the middle: one connection to each peer, under the other's name and with
 * certificates of its own, and every byte carried from one to the other.
 */
import type { PeerId } from '@hearsay/core/host';
import { type Channel, openChannel, type RtcConstructors } from '../../src/webrtc/channel.ts';
import { createSignalGate } from '../../src/webrtc/signal-gate.ts';

export class Leg {
  readonly #channel: Channel;
  readonly #gate: ReturnType<typeof createSignalGate>;
  #open = false;
  #waiting: Uint8Array[] = [];
  other: Leg | undefined;
  /** Messages carried away from this leg's peer. */
  carried = 0;

  constructor(wrtc: RtcConstructors, initiator: boolean, toPeer: (data: string) => void) {
    this.#gate = createSignalGate(initiator ? 'answer' : 'offer');
    this.#channel = openChannel(
      { initiator, iceServers: [], iceTransportPolicy: 'all', wrtc },
      {
        signal: item => toPeer(JSON.stringify([item])),
        open: () => {
          this.#open = true;
          for (const bytes of this.#waiting.splice(0)) this.#channel.send(bytes);
        },
        message: data => {
          this.carried += 1;
          if (data instanceof Uint8Array) this.other?.send(data.slice());
        },
        ended: () => undefined,
        released: () => undefined,
      },
    );
  }

  /** What the peer tells "the other peer". */
  signal(_from: PeerId, _to: PeerId, _session: number, data: string): void {
    const admitted = this.#gate.admit(data);
    if ('items' in admitted) for (const item of admitted.items) this.#channel.signal(item);
  }

  send(bytes: Uint8Array): void {
    if (this.#open) this.#channel.send(bytes);
    else this.#waiting.push(bytes);
  }

  destroy(): void {
    this.#channel.destroy();
  }
}
