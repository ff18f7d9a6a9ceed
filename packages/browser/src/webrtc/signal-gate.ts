/**
 * The door between the network and simple-peer. simple-peer obeys whatever `signal()` is given: it throws on
 * null, starts negotiations on request, and blocks for seconds on thousands of candidates. Behind this gate it
 * sees one description and at most 32 candidates, all of them well-formed.
 */
import { type CandidateFault, candidateFault, MAX_CANDIDATES, type SdpFault, sdpFault } from './sdp.ts';

/** Longest `data` of one rtc-signal, in UTF-16 units: a full-size SDP, JSON-escaped, with its candidates. */
export const MAX_SIGNAL_LENGTH: number = 40 * 1024;
/** Items of one session in all: a description, 32 candidates and some end-of-candidates marks. */
export const MAX_SIGNAL_ITEMS: number = 40;

export interface Description {
  readonly type: 'offer' | 'answer';
  readonly sdp: string;
}

export interface Candidate {
  readonly candidate: {
    readonly candidate: string;
    readonly sdpMid: string | null;
    readonly sdpMLineIndex: number | null;
  };
}

export type SignalItem = Description | Candidate;

export type SignalFault =
  | SdpFault
  | CandidateFault
  | 'signal-too-large'
  | 'signal-malformed'
  | 'signal-unexpected'
  | 'too-many-signals';

export type Admitted = { readonly items: readonly SignalItem[] } | { readonly fault: SignalFault };

export interface SignalGate {
  /** Walks one batch (a JSON array). All of it passes or none of it; the first fault is named. Never throws. */
  admit(data: string): Admitted;
}

/** One gate per connection attempt: it also counts. `expects`: the one description the other side may send. */
export function createSignalGate(expects: 'offer' | 'answer'): SignalGate {
  let items = 0;
  let descriptions = 0;
  let candidates = 0;

  const faultOf = (item: SignalItem): SignalFault | undefined => {
    if ('sdp' in item) {
      descriptions += 1;
      // A second description would renegotiate, and replace the fingerprint that HELLO is about to check.
      if (item.type !== expects || descriptions > 1) return 'signal-unexpected';
      return sdpFault(item.sdp);
    }
    candidates += 1;
    if (candidates > MAX_CANDIDATES) return 'too-many-candidates';
    return candidateFault(item.candidate.candidate);
  };

  return {
    admit(data) {
      if (data.length > MAX_SIGNAL_LENGTH) return { fault: 'signal-too-large' };
      const batch = parseArray(data);
      if (batch === undefined) return { fault: 'signal-malformed' };
      items += batch.length;
      if (items > MAX_SIGNAL_ITEMS) return { fault: 'too-many-signals' };
      const admitted: SignalItem[] = [];
      for (const value of batch) {
        const item = itemOf(value);
        if (item === undefined) return { fault: 'signal-malformed' };
        // Firefox says "no more candidates" with an empty string; simple-peer has no use for it.
        if ('candidate' in item && item.candidate.candidate === '') continue;
        const fault = faultOf(item);
        if (fault !== undefined) return { fault };
        admitted.push(item);
      }
      return { items: admitted };
    },
  };
}

function parseArray(data: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Exactly the two shapes we speak, rebuilt field by field: an unknown field (`renegotiate`) is a refusal. */
function itemOf(value: unknown): SignalItem | undefined {
  if (!isRecord(value)) return undefined;
  if (hasExactly(value, ['type', 'sdp'])) {
    const { type, sdp } = value;
    if ((type !== 'offer' && type !== 'answer') || typeof sdp !== 'string') return undefined;
    return { type, sdp };
  }
  if (!hasExactly(value, ['candidate'])) return undefined;
  const inner = value['candidate'];
  if (!isRecord(inner) || !hasExactly(inner, ['candidate', 'sdpMid', 'sdpMLineIndex'])) return undefined;
  const { candidate, sdpMid, sdpMLineIndex } = inner;
  if (typeof candidate !== 'string') return undefined;
  if (sdpMid !== null && !(typeof sdpMid === 'string' && /^[\w-]{1,16}$/.test(sdpMid))) return undefined;
  if (sdpMLineIndex !== null && sdpMLineIndex !== 0) return undefined;
  if (sdpMid === null && sdpMLineIndex === null) return undefined;
  return { candidate: { candidate, sdpMid, sdpMLineIndex } };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasExactly(value: Record<string, unknown>, keys: readonly string[]): boolean {
  return Object.keys(value).length === keys.length && keys.every(key => Object.hasOwn(value, key));
}
