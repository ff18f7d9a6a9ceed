/**
 * What we must know about a session description before a WebRTC stack sees it, and after it used it.
 * Trusted: nothing. An SDP comes from the network; only its DTLS fingerprint is later bound to an identity (hello.ts).
 */

export const MAX_SDP_BYTES: number = 16 * 1024;
export const MAX_CANDIDATES: number = 32;
export const MAX_CANDIDATE_BYTES: number = 512;

export type SdpFault = 'sdp-too-large' | 'sdp-malformed' | 'sdp-media' | 'sdp-fingerprint' | 'too-many-candidates';
export type CandidateFault = 'candidate-too-large' | 'candidate-malformed';

/** Why this SDP must not reach the WebRTC stack; undefined when it may. */
export function sdpFault(sdp: string): SdpFault | undefined {
  if (sdp.length > MAX_SDP_BYTES) return 'sdp-too-large';
  // One alphabet and one way to end a line, so that no two parsers can disagree about what a line is.
  if (!/^[\x20-\x7e\r\n]+$/.test(sdp) || /\r(?!\n)/.test(sdp)) return 'sdp-malformed';
  const lines = linesOf(sdp);
  if (lines[0] !== 'v=0') return 'sdp-malformed';
  const media = lines.filter(line => /^m=/i.test(line));
  // Media sections start codecs, ports and threads; we carry data only.
  if (media.length !== 1 || !media[0]!.startsWith('m=application ')) return 'sdp-media';
  if (sdpFingerprint(sdp) === undefined) return 'sdp-fingerprint';
  const candidates = lines.filter(line => /^a=candidate:/i.test(line));
  if (candidates.length > MAX_CANDIDATES) return 'too-many-candidates';
  if (candidates.some(line => candidateFault(line) !== undefined)) return 'sdp-malformed';
  return undefined;
}

/**
 * The 32 bytes of the one SHA-256 certificate fingerprint. Undefined when there is none, another hash, or two
 * different ones: a stack accepts a certificate that matches any, so a second line would be a second identity.
 */
export function sdpFingerprint(sdp: string): Uint8Array | undefined {
  const found = linesOf(sdp).filter(line => /^a=fingerprint:/i.test(line));
  const first = /^a=fingerprint:sha-256 ((?:[0-9a-f]{2}:){31}[0-9a-f]{2})$/i.exec(found[0] ?? '')?.[1];
  if (first === undefined || found.some(line => line.toLowerCase() !== found[0]!.toLowerCase())) return undefined;
  return Uint8Array.from(first.split(':'), pair => Number.parseInt(pair, 16));
}

const CANDIDATE =
  /^(?:a=)?candidate:[\w+/-]{1,64} [12] (?:udp|tcp) \d{1,10} [\w.:-]{1,255} \d{1,5} typ (?:host|srflx|prflx|relay)(?: [\x21-\x7e]+)*$/i;

/** Stacks destroy the whole connection over one line they cannot parse, so lines are checked first. */
export function candidateFault(line: string): CandidateFault | undefined {
  if (line.length > MAX_CANDIDATE_BYTES) return 'candidate-too-large';
  return CANDIDATE.test(line) ? undefined : 'candidate-malformed';
}

function linesOf(sdp: string): string[] {
  return sdp.split(/\r\n|\n/);
}
