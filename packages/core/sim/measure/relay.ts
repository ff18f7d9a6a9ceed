/** Signals that travel through the mesh: how many set out, how many come to whom they are for, and how far. */
import { decodeFrame, type Frame } from '@hearsay/core/wire';
import type { SimNode } from '../world/node.ts';
import { meanOf } from './quantiles.ts';

export interface RelayReport {
  /** Signals that set out from their author into the mesh. */
  readonly attempts: number;
  /** Share of them that came to their target; `null`: there was none. */
  readonly success: number | null;
  /** Links that a signal crossed, over those that came. */
  readonly hops: { readonly mean: number; readonly max: number };
}

export interface RelayMeter {
  onSent(node: SimNode, bytes: Uint8Array): void;
  onReceived(node: SimNode, bytes: Uint8Array): void;
  report(): RelayReport;
}

/** Number of the relay frame, in the second byte of a frame. */
const RELAY = 12;

export function createRelayMeter(): RelayMeter {
  /** Signals on their way: what they may still cross, by author and id. */
  const onTheirWay = new Map<string, number>();
  const hops: number[] = [];
  let attempts = 0;

  return {
    onSent(node, bytes) {
      const signal = relayIn(bytes);
      if (signal?.from !== node.id) return;
      attempts += 1;
      onTheirWay.set(nameOf(signal), signal.ttl);
    },
    onReceived(node, bytes) {
      const signal = relayIn(bytes);
      if (signal?.to !== node.id) return;
      const name = nameOf(signal);
      const ttl = onTheirWay.get(name);
      if (ttl === undefined) return;
      onTheirWay.delete(name);
      hops.push(ttl - signal.ttl + 1);
    },
    report: () => ({
      attempts,
      success: attempts === 0 ? null : hops.length / attempts,
      hops: { mean: meanOf(hops), max: hops.reduce((most, count) => Math.max(most, count), 0) },
    }),
  };
}

function relayIn(bytes: Uint8Array): Extract<Frame, { type: 'relay' }> | undefined {
  if (bytes[1] !== RELAY) return undefined;
  const decoded = decodeFrame(bytes);
  return decoded.ok && decoded.value.type === 'relay' ? decoded.value : undefined;
}

function nameOf(signal: Extract<Frame, { type: 'relay' }>): string {
  return `${signal.from} ${signal.id}`;
}
