/** Signals: what two peers without a link say to get one, or whose link is bad to hear of each other. Carried opaque by the server or the mesh. */
import { fail, ok, type Result } from '../lib/result.ts';
import type { PeerId, Wire } from '../types.ts';
import { decodeCbor, encodeCbor } from './cbor.ts';
import { asBytes, asPeers, asUint32, peerToWire } from './fields.ts';
import { wireLimits } from './limits.ts';

export type Signal =
  /** Will you be my neighbour? `urgent`: I have too few to be safe. `key`: what you tell me of addresses, seal to it. */
  | { readonly type: 'request'; readonly session: number; readonly urgent: boolean; readonly key?: Uint8Array }
  | { readonly type: 'accept'; readonly session: number; readonly key?: Uint8Array }
  | {
      readonly type: 'refuse';
      readonly session: number;
      readonly retryAfterMs: number;
      readonly alternatives: readonly PeerId[];
    }
  /** Offer, answer and candidates of the two WebRTC stacks: sealed, so that only the two link ports read them. */
  | { readonly type: 'rtc'; readonly session: number; readonly data: string }
  /** Our link has fallen silent: are you there? */
  | { readonly type: 'probe'; readonly session: number }
  /** I am: a record that says so. */
  | { readonly type: 'alive'; readonly session: number; readonly record: Uint8Array };

export function encodeSignal(signal: Signal): Uint8Array {
  switch (signal.type) {
    case 'request':
      return encodeCbor([1, signal.session, signal.urgent, ...keyOf(signal)]);
    case 'accept':
      return encodeCbor([2, signal.session, ...keyOf(signal)]);
    case 'refuse':
      return encodeCbor([3, signal.session, signal.retryAfterMs, signal.alternatives.map(peerToWire)]);
    case 'rtc':
      return encodeCbor([4, signal.session, signal.data]);
    case 'probe':
      return encodeCbor([5, signal.session]);
    case 'alive':
      return encodeCbor([6, signal.session, signal.record]);
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
  if (type === 1 && typeof a === 'boolean') return withKey({ type: 'request', session, urgent: a }, b);
  if (type === 2) return withKey({ type: 'accept', session }, a);
  if (type === 4 && typeof a === 'string') return { type: 'rtc', session, data: a };
  if (type === 5) return { type: 'probe', session };
  const record = asBytes(a, 1, wireLimits.proofBytes);
  if (type === 6 && record !== undefined) return { type: 'alive', session, record };
  const retryAfterMs = asUint32(a);
  const alternatives = asPeers(b);
  if (type !== 3 || retryAfterMs === undefined || alternatives === undefined) return undefined;
  return { type: 'refuse', session, retryAfterMs, alternatives };
}

const KEY_BYTES = 32;

function keyOf({ key }: { readonly key?: Uint8Array }): readonly Wire[] {
  return key === undefined ? [] : [key];
}

/** A peer without a key, as in tests and simulations, has nothing to hide. */
function withKey(signal: Extract<Signal, { type: 'request' | 'accept' }>, field: Wire | undefined): Signal | undefined {
  if (field === undefined) return signal;
  const key = asBytes(field, KEY_BYTES, KEY_BYTES);
  return key === undefined ? undefined : { ...signal, key };
}
