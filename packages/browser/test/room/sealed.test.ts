import { splitSignal } from '@hearsay/core';
import { decodeSignal } from '@hearsay/core/wire';
import { expect, test } from 'vitest';
import { joinOn, platform, signaling, until } from './rig.ts';

test('ROOM-43: of addresses the server hears sealed words only', async () => {
  const said: string[] = [];
  const { WebSocket } = platform();
  class Overheard extends WebSocket {
    override send(text: string): void {
      said.push(text);
      super.send(text);
    }
  }
  const url = await signaling();
  const on = platform({ WebSocket: Overheard });
  const [a, b] = [joinOn(on, { app: 'test', signaling: url }), joinOn(on, { app: 'test', signaling: url })];
  await Promise.all([a.ready, b.ready]);
  await until(() => a.links.length === 1 && b.links.length === 1);

  const payloads = said
    .map(text => JSON.parse(text) as { readonly t: string; readonly payload?: string })
    .flatMap(({ payload }) => (payload === undefined ? [] : [new Uint8Array(Buffer.from(payload, 'base64'))]));
  const signals = payloads.flatMap(payload => {
    const signal = decodeSignal(splitSignal(payload)!.signal);
    return signal.ok ? [signal.value] : [];
  });
  expect(signals).toHaveLength(payloads.length);
  const words = signals.flatMap(signal => (signal.type === 'rtc' ? [signal.data] : []));
  expect(words.length).toBeGreaterThanOrEqual(2);
  for (const word of words) expect(`${word} ${atob(word)}`).not.toMatch(/candidate|fingerprint|127\.0\.0\.1/);
});
