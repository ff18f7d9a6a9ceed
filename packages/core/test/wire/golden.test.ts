import { readFileSync } from 'node:fs';
import { sha256 } from '@noble/hashes/sha2.js';
import { expect, test } from 'vitest';
import {
  encodeBody,
  type Kind,
  networkIdOf,
  readRecord,
  type Statement,
  signedBytes,
} from '../../src/identity/record.ts';
import { concatBytes, fromHex, toCharacters } from '../../src/lib/bytes.ts';
import { createPolicy } from '../../src/policy/policy.ts';
import { decodeFrame, encodeFrame, type Frame, type FrameType } from '../../src/wire/frame.ts';
import { decodeSignal, encodeSignal, type Signal } from '../../src/wire/signal.ts';

interface Frames {
  readonly frames: readonly { readonly frame: Frame; readonly bytes: Uint8Array }[];
  readonly signals: readonly { readonly signal: Signal; readonly bytes: Uint8Array }[];
  readonly refused: readonly Refused[];
}

interface Refused {
  readonly why: string;
  readonly code: string;
  readonly bytes: Uint8Array;
}

interface Records {
  readonly app: string;
  readonly room: string;
  readonly network: Uint8Array;
  readonly records: readonly {
    readonly statement: Statement;
    readonly id: string;
    readonly body: Uint8Array;
    readonly signed: Uint8Array;
  }[];
  readonly refused: readonly Refused[];
}

const { frames, signals, refused } = load<Frames>('frames.json');
const golden = load<Records>('records.json');

test.each(frames.map(vector => [vector.frame.type, vector] as const))(
  'WIRE-9: the golden %s is written and read byte for byte',
  (_type, { frame, bytes }) => {
    expect(encodeFrame(frame)).toEqual(bytes);
    expect(decodeFrame(bytes)).toStrictEqual({ ok: true, value: frame });
  },
);

test.each(signals.map(vector => [vector.signal.type, vector] as const))(
  'WIRE-9: the golden signal %s is written and read byte for byte',
  (_type, { signal, bytes }) => {
    expect(encodeSignal(signal)).toEqual(bytes);
    expect(decodeSignal(bytes)).toStrictEqual({ ok: true, value: signal });
  },
);

test.each(refused.map(vector => [vector.why, vector] as const))(
  'WIRE-9: the golden refusal of %s has its code',
  (_why, { code, bytes }) => expect(decodeFrame(bytes)).toEqual({ ok: false, code }),
);

test.each(golden.refused.map(vector => [vector.why, vector] as const))(
  'REC-1: the golden refusal of %s has its code',
  (_why, { code, bytes }) =>
    expect(readRecord(concatBytes(new Uint8Array(64), bytes), golden.network)).toEqual({ ok: false, code }),
);

test('WIRE-9: every frame and every signal has a vector', () => {
  const types: { readonly [type in FrameType]: true } = {
    push: true,
    sync: true,
    delta: true,
    done: true,
    heartbeat: true,
    ping: true,
    pong: true,
    shuffle: true,
    'shuffle-reply': true,
    disconnect: true,
    relay: true,
    ihave: true,
    graft: true,
    prune: true,
    grow: true,
    pull: true,
    offer: true,
    fetch: true,
    chunk: true,
  };
  const signalTypes: { readonly [type in Signal['type']]: true } = {
    request: true,
    accept: true,
    refuse: true,
    rtc: true,
    probe: true,
    alive: true,
  };
  expect(new Set(frames.map(({ frame }) => frame.type))).toEqual(new Set(Object.keys(types)));
  expect(new Set(signals.map(({ signal }) => signal.type))).toEqual(new Set(Object.keys(signalTypes)));
});

test.each(golden.records.map(vector => [vector.statement.kind, vector] as const))(
  'REC-1: the golden %s is written and read byte for byte',
  (_kind, { statement, id, body, signed }) => {
    expect(encodeBody(golden.network, statement)).toEqual(body);
    expect(signedBytes(body)).toEqual(signed);
    const signature = new Uint8Array(64).fill(1);
    const bytes = concatBytes(signature, body);
    const digest = toCharacters(sha256(body));
    const read = readRecord(bytes, golden.network);
    const expected = { ...statement, id, digest, shortId: id.slice(0, 16), bytes, size: bytes.length };
    expect(read).toMatchObject({ ok: true, value: expected });
    if (!read.ok) return;
    read.value.rest();
    expect(read.value).toMatchObject(expected);
    expect(read.value.bytes).not.toBe(bytes);
  },
);

test('REC-1: every kind has a vector', () => {
  const kinds: { readonly [kind in Kind]: true } = {
    leave: true,
    presence: true,
    state: true,
    'state-delete': true,
    event: true,
    accuse: true,
    here: true,
    vouch: true,
    unreach: true,
  };
  expect(new Set(golden.records.map(({ statement }) => statement.kind))).toEqual(new Set(Object.keys(kinds)));
});

test('REC-4: the golden network id', () => {
  expect(networkIdOf(golden.app, golden.room, createPolicy().terms)).toEqual(golden.network);
});

/** The vectors of `scripts/golden-vectors.mjs`: a byte string is `{ "hex": "…" }`. */
function load<T>(name: string): T {
  const text = readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8');
  return JSON.parse(text, (_key, value) => (typeof value?.hex === 'string' ? fromHex(value.hex) : value)) as T;
}
