import { expect, test } from 'vitest';
import { encodeFrame, type Frame } from '../../src/wire/frame.ts';
import { createFrameEncoder } from '../../src/wire/frame-encoder.ts';

const record = new Uint8Array([1, 2, 3]);
const ids = ['00112233445566aa', '00112233445566bb'];

test('WIRE-21: the same for the next link is not encoded again', () => {
  const encode = createFrameEncoder();
  const same: readonly (() => Frame)[] = [
    () => ({ type: 'push', records: [record] }),
    () => ({ type: 'push', records: [record.slice()] }),
    () => ({ type: 'ihave', ids: [...ids] }),
    () => ({ type: 'heartbeat' }),
  ];
  for (const frame of same) expect(encode(frame())).toBe(encode(frame()));
});

test('WIRE-21: whatever comes after what, the bytes are those of a fresh encoding', () => {
  const encode = createFrameEncoder();
  const frames: readonly Frame[] = [
    { type: 'heartbeat' },
    { type: 'push', records: [record] },
    { type: 'push', records: [new Uint8Array([1, 2, 4])] },
    { type: 'push', records: [record, record] },
    { type: 'ihave', ids },
    { type: 'ihave', ids: ids.slice(0, 1) },
    { type: 'ihave', ids: [...ids].reverse() },
    { type: 'prune', ids },
    { type: 'graft', ids, authors: [] },
    { type: 'ping', nonce: 1 },
    { type: 'ping', nonce: 2 },
    { type: 'pong', nonce: 2, view: 0 },
  ];
  for (const before of frames)
    for (const frame of frames) expect([encode(before), encode(frame)]).toEqual([before, frame].map(encodeFrame));
});
