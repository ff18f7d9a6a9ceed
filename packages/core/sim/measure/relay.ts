/** Signals that travel through the mesh: how many set out, how many come to whom they are for, and how far. */
import type { PeerId } from '@hearsay/core';
import { decodeFrame, decodeSignal, type Frame } from '@hearsay/core/wire';
import type { SimNode } from '../world/node.ts';
import { meanOf } from './quantiles.ts';

export interface RelayReport extends RelayFigures {
  /** Of those that set out while the server was down, to nodes that ran and stated a presence. */
  readonly alone: RelayFigures;
}

export interface RelayFigures {
  /** Signals that set out from their author into the mesh, without the questions whether somebody is still there. */
  readonly attempts: number;
  /** Share of them that came to their target; `null`: there was none. */
  readonly success: number | null;
  /** Bytes of all frames that carried them, whoever sent them on, for each signal; `null`: there was none. */
  readonly bytesPerSignal: number | null;
  /** Links that a signal crossed, over those that came. */
  readonly hops: { readonly mean: number; readonly max: number };
}

export interface RelayMeter {
  onSent(node: SimNode, bytes: Uint8Array): void;
  onReceived(node: SimNode, bytes: Uint8Array): void;
  report(): RelayReport;
}

/** What the meter asks the world when a signal sets out. */
export interface RelayWorld {
  isServerUp(): boolean;
  /** Does it run, and state a presence? Nothing else makes a route to it. */
  mayBeRouted(peer: PeerId): boolean;
}

interface Signal {
  readonly ttl: number;
  readonly isAlone: boolean;
  bytes: number;
  /** Links crossed; `undefined`: it has not come. */
  hops: number | undefined;
}

/** Number of the relay frame, in the second byte of a frame. */
const RELAY = 12;
/** In front of every signal. */
const SIGNATURE_BYTES = 64;

export function createRelayMeter({ isServerUp, mayBeRouted }: RelayWorld): RelayMeter {
  /** By author and id: one signal may leave in several copies. */
  const signals = new Map<string, Signal>();

  return {
    onSent(node, bytes) {
      const frame = relayIn(bytes);
      if (frame === undefined) return;
      const known = signals.get(nameOf(frame));
      if (known !== undefined) known.bytes += bytes.length;
      else if (frame.from === node.id) {
        const isAlone = !isServerUp() && mayBeRouted(frame.to);
        signals.set(nameOf(frame), { ttl: frame.ttl, isAlone, bytes: bytes.length, hops: undefined });
      }
    },
    onReceived(node, bytes) {
      const frame = relayIn(bytes);
      if (frame?.to !== node.id) return;
      const signal = signals.get(nameOf(frame));
      if (signal !== undefined) signal.hops ??= signal.ttl - frame.ttl + 1;
    },
    report() {
      const all = [...signals.values()];
      return { ...figuresOf(all), alone: figuresOf(all.filter(({ isAlone }) => isAlone)) };
    },
  };
}

function figuresOf(signals: readonly Signal[]): RelayFigures {
  const attempts = signals.length;
  const hops = signals.flatMap(signal => signal.hops ?? []);
  const bytes = signals.reduce((sum, signal) => sum + signal.bytes, 0);
  return {
    attempts,
    success: attempts === 0 ? null : hops.length / attempts,
    bytesPerSignal: attempts === 0 ? null : bytes / attempts,
    hops: { mean: meanOf(hops), max: hops.reduce((most, count) => Math.max(most, count), 0) },
  };
}

function relayIn(bytes: Uint8Array): Extract<Frame, { type: 'relay' }> | undefined {
  if (bytes[1] !== RELAY) return undefined;
  const decoded = decodeFrame(bytes);
  if (!decoded.ok || decoded.value.type !== 'relay') return undefined;
  const signal = decodeSignal(decoded.value.payload.subarray(SIGNATURE_BYTES));
  return signal.ok && signal.value.type === 'probe' ? undefined : decoded.value;
}

function nameOf(signal: Extract<Frame, { type: 'relay' }>): string {
  return `${signal.from} ${signal.id}`;
}
