import { describe, expect, it } from 'vitest';
import { createRelayMeter } from '../../sim/measure/relay.ts';
import { createNode } from '../../sim/world/node.ts';
import type { PeerId } from '../../src/types.ts';
import { encodeFrame } from '../../src/wire/frame.ts';

const [a, b, c] = ['a', 'b', 'c'].map((letter, i) => createNode(i, letter.repeat(64) as PeerId, 0));

function signal(id: number, ttl: number): Uint8Array {
  return encodeFrame({ type: 'relay', id, to: c!.id, from: a!.id, ttl, payload: new Uint8Array(10) });
}

describe('signals through the mesh', () => {
  it('SIM-76: a signal in two copies is one, comes when the first does, and costs the bytes of all its frames', () => {
    const meter = createRelayMeter({ isServerUp: () => true, mayBeRouted: () => true });
    meter.onSent(a!, signal(1, 16));
    meter.onSent(a!, signal(1, 16));
    meter.onSent(b!, signal(1, 15));
    meter.onReceived(b!, signal(1, 16));
    meter.onReceived(c!, signal(1, 15));
    meter.onReceived(c!, signal(1, 12));
    meter.onSent(a!, signal(2, 16));
    const { length } = signal(1, 16);
    expect(meter.report()).toEqual({
      attempts: 2,
      success: 0.5,
      bytesPerSignal: (4 * length) / 2,
      hops: { mean: 2, max: 2 },
      alone: { attempts: 0, success: null, bytesPerSignal: null, hops: { mean: 0, max: 0 } },
    });
  });

  it('SIM-76: of those alone, what set out while the server was down and to somebody who ran', () => {
    let up = true;
    let runs = true;
    const meter = createRelayMeter({ isServerUp: () => up, mayBeRouted: () => runs });
    meter.onSent(a!, signal(1, 16));
    up = false;
    meter.onSent(a!, signal(2, 16));
    runs = false;
    meter.onSent(a!, signal(3, 16));
    up = true;
    for (const id of [1, 2, 3]) meter.onReceived(c!, signal(id, 16));
    expect(meter.report()).toMatchObject({ attempts: 3, success: 1, alone: { attempts: 1, success: 1 } });
  });

  it('SIM-76: what others send of a signal whose beginning nobody saw is not counted', () => {
    const meter = createRelayMeter({ isServerUp: () => false, mayBeRouted: () => true });
    meter.onSent(b!, signal(1, 15));
    meter.onReceived(c!, signal(1, 15));
    expect(meter.report()).toMatchObject({ attempts: 0, success: null });
  });
});
