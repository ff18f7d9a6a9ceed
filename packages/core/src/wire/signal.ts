/** Signals: what two peers that are not neighbours say to become so. Carried opaque by the server or the mesh. */
import { fail, ok, type Result } from '../lib/result.ts';
import type { PeerId, Wire } from '../types.ts';
import { decodeCbor, encodeCbor } from './cbor.ts';
import { asPeers, asUint32, peerToWire } from './fields.ts';
import { wireLimits } from './limits.ts';

export type Signal =
  /** Will you be my neighbour? `urgent`: I have too few to be safe. */
  | { readonly type: 'request'; readonly session: number; readonly urgent: boolean }
  | { readonly type: 'accept'; readonly session: number }
  | {
      readonly type: 'refuse';
      readonly session: number;
      readonly retryAfterMs: number;
      readonly alternatives: readonly PeerId[];
    }
  /** Offer, answer and candidates of the two WebRTC stacks: JSON that only the link port reads. */
  | { readonly type: 'rtc'; readonly session: number; readonly data: string };

export function encodeSignal(signal: Signal): Uint8Array {
  switch (signal.type) {
    case 'request':
      return encodeCbor([1, signal.session, signal.urgent]);
    case 'accept':
      return encodeCbor([2, signal.session]);
    case 'refuse':
      return encodeCbor([3, signal.session, signal.retryAfterMs, signal.alternatives.map(peerToWire)]);
    case 'rtc':
      return encodeCbor([4, signal.session, signal.data]);
  }
}

export function decodeSignal(bytes: Uint8Array): Result<Signal, 'signal-size' | 'signal-cbor' | 'signal-shape'> {
  if (bytes.length > wireLimits.signalBytes) return fail('signal-size');
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return fail('signal-cbor');
  const signal = Array.isArray(decoded.value) ? readSignal(decoded.value as readonly Wire[]) : undefined;
  return signal === undefined ? fail('signal-shape') : ok(signal);
}

function readSignal([type, sessionField, a, b]: readonly Wire[]): Signal | undefined {
  const session = asUint32(sessionField);
  if (session === undefined) return undefined;
  if (type === 1 && typeof a === 'boolean') return { type: 'request', session, urgent: a };
  if (type === 2) return { type: 'accept', session };
  if (type === 4 && typeof a === 'string') return { type: 'rtc', session, data: a };
  const retryAfterMs = asUint32(a);
  const alternatives = asPeers(b);
  if (type !== 3 || retryAfterMs === undefined || alternatives === undefined) return undefined;
  return { type: 'refuse', session, retryAfterMs, alternatives };
}
