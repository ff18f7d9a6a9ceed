import { expect, test } from 'vitest';
import type { Wire } from '../../src/types.ts';
import { encodeCbor } from '../../src/wire/cbor.ts';
import { wireLimits } from '../../src/wire/limits.ts';
import { decodeSignal, encodeSignal } from '../../src/wire/signal.ts';
import { peer } from '../support/peers.ts';

test.each([wireLimits.signalBytes - 1, wireLimits.signalBytes])('WIRE-19: a signal of %i bytes is read', length => {
  const signal = { type: 'rtc', session: 1, data: 'x'.repeat(length - 6) } as const;
  expect(encodeSignal(signal)).toHaveLength(length);
  expect(decodeSignal(encodeSignal(signal))).toEqual({ ok: true, value: signal });
});

test('WIRE-19: a signal of one byte more is refused unread', () => {
  const tooLong = new Uint8Array(wireLimits.signalBytes + 1);
  expect(decodeSignal(tooLong)).toEqual({ ok: false, code: 'signal-size' });
});

test.each<[string, Wire]>([
  ['a map', { type: 1 }],
  ['an unknown type', [7, 1]],
  ['a session that is no number', [2, '1']],
  ['a request that does not say how urgent it is', [1, 1]],
  ['a request with a key of 31 bytes', [1, 1, true, new Uint8Array(31)]],
  ['an accept with a key of 33 bytes', [2, 1, new Uint8Array(33)]],
  ['an accept with a key that is none', [2, 1, null]],
  ['a refusal without alternatives', [3, 1, 0]],
  ['a refusal with 17 alternatives', [3, 1, 0, Array.from({ length: 17 }, () => new Uint8Array(32))]],
  ['data that is no text', [4, 1, new Uint8Array(3)]],
])('WIRE-19: %s is refused', (_what, fields) => {
  expect(decodeSignal(encodeCbor(fields))).toEqual({ ok: false, code: 'signal-shape' });
});

test('WIRE-19: what the gate refuses is refused', () => {
  expect(decodeSignal(new Uint8Array([0xff]))).toEqual({ ok: false, code: 'signal-cbor' });
});

test('WIRE-19: a refusal reads back with its alternatives', () => {
  const refusal = { type: 'refuse', session: 9, retryAfterMs: 3_000, alternatives: [peer(1), peer(2)] } as const;
  expect(decodeSignal(encodeSignal(refusal))).toEqual({ ok: true, value: refusal });
});
