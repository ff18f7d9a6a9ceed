import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readRecord } from '../../src/identity/record.ts';
import { fromHex } from '../../src/lib/bytes.ts';
import type { Rng } from '../../src/lib/rng.ts';
import { decodeFrame } from '../../src/wire/frame.ts';
import { decodeSignal } from '../../src/wire/signal.ts';
import { fromWire } from '../../src/wire/value.ts';
import { mutate } from '../support/mutate.ts';
import { NETWORK, record } from '../support/records.ts';
import { announceSeed, rngOf } from '../support/seed.ts';

const vectors = JSON.parse(readFileSync(new URL('../vectors/frames.json', import.meta.url), 'utf8')) as {
  readonly [list in 'frames' | 'signals']: readonly { readonly bytes: { readonly hex: string } }[];
};
const frames = vectors.frames.map(({ bytes }) => fromHex(bytes.hex)!);
const signals = vectors.signals.map(({ bytes }) => fromHex(bytes.hex)!);
const records = (['leave', 'presence', 'state', 'event'] as const).map(kind => record({ kind }).bytes);

/** Far above any honest case, far below what a hostile one would have to take. */
const SLOW_MS = 1_000;

function bombard(
  stream: number,
  rounds: number,
  samples: readonly Uint8Array[],
  read: (bytes: Uint8Array) => unknown,
): void {
  const rng: Rng = rngOf(stream, announceSeed('mutations'));
  for (let i = 0; i < rounds; i++) {
    const bytes = mutate(rng.pick(samples)!, rng);
    const from = performance.now();
    read(bytes);
    expect(performance.now() - from).toBeLessThan(SLOW_MS);
  }
}

test('WIRE-13: mutated frames are frames or codes, never a throw', () => {
  bombard(1, 4_000, frames, bytes => expect(decodeFrame(bytes).ok).toBeTypeOf('boolean'));
});

test('WIRE-13: mutated records are records or codes, never a throw', () => {
  bombard(2, 4_000, records, bytes => {
    const read = readRecord(bytes, NETWORK);
    if (read.ok) fromWire(read.value.value, ms => ms);
  });
});

test('WIRE-13: mutated signals are signals or codes, never a throw', () => {
  bombard(3, 2_000, signals, bytes => expect(decodeSignal(bytes).ok).toBeTypeOf('boolean'));
});

test('WIRE-13: noise of every length is refused or read, never a throw', () => {
  const rng = rngOf(4);
  for (let i = 0; i < 2_000; i++) {
    const bytes = Uint8Array.from({ length: rng.int(300) }, () => rng.int(256));
    decodeFrame(bytes);
    readRecord(bytes, NETWORK);
    decodeSignal(bytes);
  }
});
