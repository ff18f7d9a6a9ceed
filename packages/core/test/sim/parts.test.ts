import { describe, expect, it } from 'vitest';
import { runChart, runScenario, startScenario } from '../../sim/index.ts';
import { quantile, sortedOf } from '../../sim/measure/quantiles.ts';
import { createEventQueue } from '../../sim/world/event-queue.ts';
import { createSharedCodec } from '../../sim/world/shared-codec.ts';
import { createSignatures } from '../../sim/world/signatures.ts';
import { createRng } from '../../src/lib/rng.ts';
import type { PeerId } from '../../src/types.ts';
import { encodeFrame } from '../../src/wire/frame.ts';

describe('parts of the simulator', () => {
  it('SIM-30: events come in the order of their times, and of their arrival among equals', () => {
    const rng = createRng([1, 2, 3, 4]);
    const queue = createEventQueue<{ at: number; n: number }>();
    for (let n = 0; n < 2_000; n++) {
      const at = rng.int(50);
      queue.push(at, { at, n });
    }
    const taken = Array.from({ length: 2_000 }, () => queue.take()!);
    expect(taken).toEqual([...taken].sort((a, b) => a.at - b.at || a.n - b.n));
    expect(queue.take()).toBeUndefined();
    expect(queue.nextAt()).toBe(Number.POSITIVE_INFINITY);
  });

  it('SIM-31: a signature is good only for the author and the bytes that it was made for', () => {
    const [a, b] = ['a'.repeat(64), 'b'.repeat(64)] as [PeerId, PeerId];
    const table = createSignatures();
    const bytes = Uint8Array.of(1, 2, 3);
    const signature = table.sign(a, bytes);
    expect(signature).toHaveLength(64);
    expect(table.verify(a, signature, bytes)).toBe(true);
    expect(table.verify(b, signature, bytes)).toBe(false);
    expect(table.verify(a, signature, Uint8Array.of(1, 2, 4))).toBe(false);
    // The hash is public; without `sign` it is worth nothing.
    const forged = createSignatures().sign(b, bytes);
    expect(table.verify(b, forged, bytes)).toBe(false);
    expect(table.verify(a, signature.subarray(0, 63), bytes)).toBe(false);
  });

  it('SIM-32: equal bytes are decoded once and shared, different ones never mixed up', () => {
    let frames = 0;
    const codec = createSharedCodec(
      () => {
        frames += 1;
      },
      () => undefined,
    );
    const decode = (nonce: number) => codec.decode(encodeFrame({ type: 'ping', nonce }));
    expect(decode(7)).toBe(decode(7));
    for (let nonce = 0; nonce < 10_000; nonce++) {
      expect(decode(nonce)).toEqual({ ok: true, value: { type: 'ping', nonce } });
    }
    expect(codec.decode(Uint8Array.of(0xff)).ok).toBe(false);
    expect(frames).toBe(10_002);
  });

  it('SIM-49: waiting times without memory have their mean, and need no logarithm', () => {
    const rng = createRng([4, 3, 2, 1]);
    const drawn = Array.from({ length: 20_000 }, () => rng.exponential(10));
    const mean = drawn.reduce((sum, ms) => sum + ms, 0) / drawn.length;
    expect(mean).toBeGreaterThan(9.7);
    expect(mean).toBeLessThan(10.3);
    const long = drawn.filter(ms => ms > 20).length / drawn.length;
    expect(long).toBeGreaterThan(Math.exp(-2) - 0.01);
    expect(long).toBeLessThan(Math.exp(-2) + 0.01);
  });

  it('SIM-33: quantiles count what never came as infinitely late', () => {
    const sorted = sortedOf([3, 1, 2, Number.POSITIVE_INFINITY]);
    expect([0.25, 0.5, 0.75, 1].map(q => quantile(sorted, q))).toEqual([1, 2, 3, null]);
    expect(quantile(sortedOf([]), 0.5)).toBeNull();
  });

  it('SIM-34: the chart is one well-formed picture with two lines for each run, its texts escaped', () => {
    const points = [
      [0, 0],
      [40, 0.5],
      [90, 1],
    ] as const;
    const traffic = Array.from({ length: 3_000 }, (_, i) => [i + 1, i === 1_234 ? 9_000 : 100] as const);
    const svg = runChart('a < b & c', [
      { name: 'one', points, traffic },
      { name: 'two', points, traffic: [] },
    ]);
    expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    expect(svg.match(/<polyline/g)).toHaveLength(4);
    // A peak of one second in fifty minutes is drawn, at the very top.
    expect(svg).toContain(',402.0');
    expect(runChart('nothing', [{ name: 'one', points: [], traffic: [] }])).not.toContain('<polyline');
    expect(svg).toContain('a &lt; b &amp; c');
    const many = runChart(
      'a long heading '.repeat(9),
      Array.from({ length: 7 }, () => ({ name: 'one', points, traffic })),
    );
    expect(many.match(/font-size="14"/g)).toHaveLength(2);
    expect(many.match(/stroke-dasharray/g)).toHaveLength(3);
    expect(svg).not.toContain('NaN');
  });

  it('SIM-35: a run in slices is the same run', () => {
    const file = { name: 'slices', nodes: 6, duration: '20s' } as const;
    const run = startScenario(file);
    let slices = 0;
    while (!run.advance(50)) slices += 1;
    expect(slices).toBeGreaterThan(5);
    expect(run.result().report).toEqual(runScenario(file).report);
  });

  it('SIM-36: a suspicion or death counts as false only when the subject is alive and was not away for long', () => {
    const file = { name: 'truth', nodes: 8, duration: '60s', presence: true } as const;
    const at = '20s';
    const judged = (timeline: readonly object[]) =>
      runScenario({ ...file, timeline: timeline as [] }).report.membership;
    const away = judged([{ at, do: 'pause', nodes: [0], for: '12s' }]);
    expect(away).toMatchObject({ falseSuspicions: 0, falseDeaths: 0 });
    expect(away.statusFlips).toBeGreaterThan(0);
    const dead = judged([{ at, do: 'crash', nodes: [0] }]);
    expect(dead.falseDeaths).toBe(0);
    expect(dead.detectionMs.max).toBeLessThan(15_000);
    expect(dead).toMatchObject({ ghosts: 0, divergence: 0 });
    const hasty = runScenario({
      ...file,
      timeline: [{ at, do: 'latency', ms: 2_000, nodes: [0], for: '30s' }],
      config: { 'liveness.silenceMs': 600, 'liveness.pingMs': 200, 'liveness.heartbeatMs': 400 },
    });
    expect(hasty.report.membership.falseSuspicions).toBeGreaterThan(0);
  });

  it('SIM-37: run figures come from the caller, who has a clock', () => {
    const file = { name: 'cost', nodes: 2, duration: '1s' } as const;
    expect(runScenario(file).report.run).toMatchObject({ cpuMs: null, memoryMb: null });
    let reading = 5;
    const { run } = runScenario(file, {
      cpuMs: () => {
        reading += 10;
        return reading;
      },
      memoryMb: () => 3,
    }).report;
    expect(run).toMatchObject({ cpuMs: 10, memoryMb: 3 });
  });
});
