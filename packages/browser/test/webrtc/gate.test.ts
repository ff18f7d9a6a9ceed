import type { MonoMs, PeerId } from '@hearsay/core/host';
import { describe, expect, test } from 'vitest';
import { EARLY_MS, EARLY_PEERS, EARLY_SIGNALS_PER_PEER, EarlySignals } from '../../src/webrtc/early-signals.ts';
import { MAX_CANDIDATE_BYTES, MAX_CANDIDATES, MAX_SDP_BYTES, sdpFault, sdpFingerprint } from '../../src/webrtc/sdp.ts';
import { createSignalBatch, MAX_BATCH_LENGTH } from '../../src/webrtc/signal-batch.ts';
import { createSignalGate, MAX_SIGNAL_ITEMS, MAX_SIGNAL_LENGTH } from '../../src/webrtc/signal-gate.ts';

const FINGERPRINT = Array.from({ length: 32 }, (_, at) => at.toString(16).padStart(2, '0').toUpperCase()).join(':');
const LINE = 'candidate:1 1 UDP 2114977791 127.0.0.1 45080 typ host';

function sdp(...extra: string[]): string {
  const lines = ['v=0', 'o=rtc 1 0 IN IP4 127.0.0.1', 's=-', 't=0 0', `a=fingerprint:sha-256 ${FINGERPRINT}`];
  return [...lines, 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'a=mid:0', ...extra, ''].join('\r\n');
}

function padded(bytes: number): string {
  const base = sdp('a=x:');
  return base.replace('a=x:', `a=x:${'y'.repeat(bytes - base.length)}`);
}

const offer = (text = sdp()): unknown => ({ type: 'offer', sdp: text });
const candidate = (line = LINE, sdpMid: unknown = '0', sdpMLineIndex: unknown = null): unknown => ({
  candidate: { candidate: line, sdpMid, sdpMLineIndex },
});

function verdict(...items: unknown[]): string {
  return verdictOf(JSON.stringify(items));
}

function verdictOf(data: string): string {
  const admitted = createSignalGate('offer').admit(data);
  return 'fault' in admitted ? admitted.fault : `${admitted.items.length} admitted`;
}

describe('shapes', () => {
  test('LINK-10: a description and candidates of exactly the two shapes pass', () => {
    expect(verdict(offer(), candidate(), candidate(`a=${LINE}`, null, 0))).toBe('3 admitted');
    expect(verdict()).toBe('0 admitted');
  });

  test.each([
    ['not JSON', '{'],
    ['nothing', ''],
    ['null', 'null'],
    ['an object', '{"type":"offer"}'],
    ['deep nesting', '['.repeat(20_000)],
    ['a null item', '[null]'],
    ['renegotiate', '[{"type":"renegotiate","renegotiate":true}]'],
    ['transceiverRequest', '[{"transceiverRequest":{"kind":"video"}}]'],
    ['an extra field', JSON.stringify([{ ...(offer() as object), renegotiate: true }])],
    ['pranswer', JSON.stringify([{ type: 'pranswer', sdp: sdp() }])],
    ['sdp that is no text', '[{"type":"offer","sdp":{}}]'],
    ['a candidate that is text', '[{"candidate":"x"}]'],
    ['a candidate of null', '[{"candidate":null}]'],
    ['no sdpMid and no index', JSON.stringify([candidate(LINE, null, null)])],
    ['a long sdpMid', JSON.stringify([candidate(LINE, 'x'.repeat(17))])],
    ['another media index', JSON.stringify([candidate(LINE, '0', 1)])],
    ['a prototype', '[{"__proto__":{"type":"offer"},"sdp":"x"}]'],
  ])('LINK-10: %s is refused as malformed', (_, data) => {
    expect(verdictOf(data)).toBe('signal-malformed');
  });

  test('LINK-10: the batch itself has a length limit', () => {
    const data = JSON.stringify([offer()]);
    expect(verdictOf(data.padEnd(MAX_SIGNAL_LENGTH, ' '))).toBe('1 admitted');
    expect(verdictOf(data.padEnd(MAX_SIGNAL_LENGTH + 1, ' '))).toBe('signal-too-large');
  });
});

describe('descriptions', () => {
  test('LINK-11: an SDP may have 16 KiB and not one byte more', () => {
    expect(sdpFault(padded(MAX_SDP_BYTES))).toBeUndefined();
    expect(sdpFault(padded(MAX_SDP_BYTES + 1))).toBe('sdp-too-large');
  });

  test.each([
    ['no media section', sdp().replace(/m=.*\r\n/, ''), 'sdp-media'],
    ['two application sections', sdp('m=application 9 UDP/DTLS/SCTP webrtc-datachannel'), 'sdp-media'],
    ['an audio section too', sdp('m=audio 9 UDP/TLS/RTP/SAVPF 0'), 'sdp-media'],
    ['a video section only', sdp().replace('m=application', 'm=video'), 'sdp-media'],
    ['no fingerprint', sdp().replace(/a=fingerprint.*\r\n/, ''), 'sdp-fingerprint'],
    ['a sha-1 fingerprint', sdp().replace('sha-256', 'sha-1'), 'sdp-fingerprint'],
    ['a short fingerprint', sdp().replace(':1F', ''), 'sdp-fingerprint'],
    ['two fingerprints', sdp(`a=fingerprint:sha-256 ${FINGERPRINT.replace('00', 'FF')}`), 'sdp-fingerprint'],
    ['a second, odd one', sdp(`A=FINGERPRINT:sha-512 ${FINGERPRINT}`), 'sdp-fingerprint'],
    ['a lone carriage return', sdp('a=x\ra=y'), 'sdp-malformed'],
    ['a NUL', sdp('a=x\0'), 'sdp-malformed'],
    ['not ASCII', sdp('a=ü'), 'sdp-malformed'],
    ['nothing', '', 'sdp-malformed'],
    ['no version', sdp().slice(5), 'sdp-malformed'],
    ['a broken candidate', sdp('a=candidate:x'), 'sdp-malformed'],
  ])('LINK-11: an SDP with %s is refused', (_, text, fault) => {
    expect(sdpFault(text)).toBe(fault);
    expect(verdict(offer(text))).toBe(fault);
  });

  test('LINK-11: the fingerprint is read as 32 bytes, repeated or not', () => {
    const bytes = Uint8Array.from({ length: 32 }, (_, at) => at);
    expect(sdpFingerprint(sdp())).toEqual(bytes);
    expect(sdpFingerprint(sdp(`a=fingerprint:sha-256 ${FINGERPRINT.toLowerCase()}`))).toEqual(bytes);
  });

  test('LINK-13: a session takes one description, of the kind it waits for', () => {
    expect(verdict({ type: 'answer', sdp: sdp() })).toBe('signal-unexpected');
    expect(verdict(offer(), offer())).toBe('signal-unexpected');
    const gate = createSignalGate('answer');
    const answer = JSON.stringify([{ type: 'answer', sdp: sdp() }]);
    expect(gate.admit(answer)).toHaveProperty('items');
    expect(gate.admit(answer)).toEqual({ fault: 'signal-unexpected' });
  });
});

describe('candidates', () => {
  test('LINK-12: 32 candidates pass, in one batch or in many; one more does not', () => {
    const many = Array.from({ length: MAX_CANDIDATES }, () => candidate());
    expect(verdict(offer(), ...many)).toBe('33 admitted');
    expect(verdict(offer(), ...many, candidate())).toBe('too-many-candidates');
    const gate = createSignalGate('offer');
    for (const one of many) expect(gate.admit(JSON.stringify([one]))).toHaveProperty('items');
    expect(gate.admit(JSON.stringify([candidate()]))).toEqual({ fault: 'too-many-candidates' });
    const inside = Array.from({ length: MAX_CANDIDATES }, () => `a=${LINE}`);
    expect(sdpFault(sdp(...inside))).toBeUndefined();
    expect(sdpFault(sdp(...inside, `a=${LINE}`))).toBe('too-many-candidates');
  });

  test('LINK-12: a candidate may have 512 bytes', () => {
    const line = `${LINE} x ${'y'.repeat(MAX_CANDIDATE_BYTES - LINE.length - 3)}`;
    expect(verdict(candidate(line))).toBe('1 admitted');
    expect(verdict(candidate(`${line}y`))).toBe('candidate-too-large');
  });

  test.each(['candidate:', 'x', 'candidate:1 1 UDP x 127.0.0.1 1 typ host', `${LINE}\r\na=setup:active`, `${LINE} é`])(
    'LINK-12: %j is no candidate',
    line => expect(verdict(candidate(line))).toBe('candidate-malformed'),
  );

  test('LINK-12: the mDNS, IPv6, TCP and relayed forms are candidates', () => {
    const forms = [
      'candidate:3 1 udp 2113937151 0f2d3b9c-12b4-4c7e-9d3c-0a5ed2a2f1d0.local 51234 typ host generation 0 ufrag x',
      'candidate:3 1 tcp 1518280447 fd00::2 9 typ host tcptype active',
      'candidate:3 1 udp 8331263 198.51.100.7 61000 typ relay raddr 0.0.0.0 rport 0',
    ];
    expect(verdict(...forms.map(form => candidate(form)))).toBe('3 admitted');
  });

  test('LINK-12: the empty end-of-candidates mark is dropped, but counted', () => {
    expect(verdict(offer(), candidate(''))).toBe('1 admitted');
    const marks = Array.from({ length: MAX_SIGNAL_ITEMS }, () => candidate(''));
    expect(verdict(...marks)).toBe('0 admitted');
    expect(verdict(...marks, candidate(''))).toBe('too-many-signals');
  });
});

describe('early signals', () => {
  const now = 1_000 as MonoMs;
  const later = (ms: number): MonoMs => (now + ms) as MonoMs;
  const peer = (at: number): PeerId => at.toString(16).padStart(64, '0') as PeerId;

  test('LINK-15: they wait for their session, in order, and are given out once', () => {
    const early = new EarlySignals();
    for (let at = 0; at < EARLY_SIGNALS_PER_PEER; at += 1) expect(early.keep(peer(1), 7, `${at}`, now)).toBe(true);
    expect(early.keep(peer(1), 7, 'one more', now)).toBe(false);
    expect(early.take(peer(1), 7, now)).toHaveLength(EARLY_SIGNALS_PER_PEER);
    expect(early.take(peer(1), 7, now)).toEqual([]);
  });

  test('LINK-15: they are forgotten after 10 s, with another session, and when the ninth peer comes', () => {
    const early = new EarlySignals();
    early.keep(peer(1), 1, 'x', now);
    expect(early.take(peer(1), 1, later(EARLY_MS))).toEqual([]);
    early.keep(peer(1), 1, 'x', now);
    expect(early.take(peer(1), 1, later(EARLY_MS - 1))).toEqual(['x']);
    early.keep(peer(1), 1, 'x', now);
    early.keep(peer(1), 2, 'y', now);
    expect(early.take(peer(1), 1, now)).toEqual([]);
    for (let at = 0; at <= EARLY_PEERS; at += 1) early.keep(peer(at), 1, 'x', now);
    expect(early.take(peer(0), 1, now)).toEqual([]);
    for (let at = 1; at <= EARLY_PEERS; at += 1) expect(early.take(peer(at), 1, now)).toEqual(['x']);
  });

  test('LINK-15: one peer fills no more than one full-size session', () => {
    const early = new EarlySignals();
    expect(early.keep(peer(1), 1, 'x'.repeat(MAX_SIGNAL_LENGTH), now)).toBe(true);
    expect(early.keep(peer(1), 1, 'x', now)).toBe(false);
    expect(early.keep(peer(2), 1, 'x'.repeat(MAX_SIGNAL_LENGTH + 1), now)).toBe(false);
  });
});

describe('local batches', () => {
  function batch() {
    const sent: string[] = [];
    const timers: (() => void)[] = [];
    const now = () => ({ mono: 0, wall: 0 }) as never;
    const timer = (_: number, fire: () => void) => {
      timers.push(fire);
      return () => undefined;
    };
    const made = createSignalBatch({ now, timer }, data => sent.push(data));
    return { made, sent, timers };
  }

  test('LINK-16: what comes together leaves together, once its timer fires', () => {
    const { made, sent, timers } = batch();
    made.add({ type: 'offer', sdp: sdp() });
    made.add(candidate() as never);
    expect(sent).toEqual([]);
    for (const fire of timers) fire();
    expect(sent.map(data => (JSON.parse(data) as unknown[]).length)).toEqual([2]);
  });

  test('LINK-16: no batch is longer than 8 KiB, and no more than 32 candidates leave', () => {
    const { made, sent, timers } = batch();
    const long = candidate(`${LINE} x ${'y'.repeat(400)}`) as never;
    for (let at = 0; at < MAX_CANDIDATES + 5; at += 1) expect(made.add(long)).toBe(true);
    for (const fire of timers) fire();
    expect(sent.length).toBeGreaterThan(1);
    expect(sent.every(data => data.length <= MAX_BATCH_LENGTH)).toBe(true);
    expect(sent.flatMap(data => JSON.parse(data) as unknown[])).toHaveLength(MAX_CANDIDATES);
  });

  test('LINK-16: an item that fills a batch leaves, a longer one is refused', () => {
    const { made, sent, timers } = batch();
    const room = MAX_BATCH_LENGTH - 2 - JSON.stringify({ type: 'offer', sdp: '' }).length;
    expect(made.add({ type: 'offer', sdp: 'x'.repeat(room + 1) })).toBe(false);
    expect(made.add({ type: 'offer', sdp: 'x'.repeat(room) })).toBe(true);
    for (const fire of timers) fire();
    expect(sent.map(data => data.length)).toEqual([MAX_BATCH_LENGTH]);
  });
});
