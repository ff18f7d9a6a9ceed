import { describe, expect, it } from 'vitest';
import { type ScenarioFile, startScenario } from '../../sim/index.ts';
import { isUp } from '../../sim/world/node.ts';

interface Mesh {
  readonly least: number;
  readonly mean: number;
  readonly most: number;
  readonly components: number;
  /** Links that were ever made. */
  readonly made: number;
  readonly kept: number;
}

const ROOM: ScenarioFile = { name: 'mesh', nodes: 2, duration: '60s', network: { latencyMs: { within: 20 } } };

function play(file: Partial<ScenarioFile>, seed: number): Mesh {
  let ends = 0;
  const onInput = (_at: number, _node: number, input: { type: string }): void => {
    if (input.type === 'link-up') ends += 1;
  };
  const run = startScenario({ ...ROOM, ...file }, { seed, onInput });
  run.advance(Number.POSITIVE_INFINITY);
  const { components } = run.result().report.overlay;
  const degrees = run.world.nodes.filter(isUp).map(node => node.engine.neighbours().length);
  const sum = degrees.reduce((a, b) => a + b, 0);
  const mean = sum / degrees.length;
  return {
    least: Math.min(...degrees),
    mean,
    most: Math.max(...degrees),
    components,
    made: ends / 2,
    kept: sum / 2,
  };
}

const SEEDS = [1, 2];

describe('a small room', () => {
  it.each([2, 3, 8])('OVER-1: %i peers are linked each to each, and no link is made twice', nodes => {
    for (const seed of SEEDS) {
      for (const join of [{ over: `${nodes}s` }, { all: true }] as const) {
        const { least, made, components } = play({ nodes, join }, seed);
        expect([least, made, components]).toEqual([nodes - 1, (nodes * (nodes - 1)) / 2, 1]);
      }
    }
  });
});

describe('a room of fifty', () => {
  it('OVER-25: who all come at once make hardly a link that is not kept', () => {
    for (const seed of SEEDS) {
      const { least, mean, most, components, made, kept } = play(
        { nodes: 50, join: { all: true }, duration: '30s' },
        seed,
      );
      expect(components).toBe(1);
      expect(made / kept).toBeLessThanOrEqual(1.05);
      expect(least).toBeGreaterThanOrEqual(4);
      expect(mean).toBeGreaterThanOrEqual(6);
      expect(most).toBeLessThanOrEqual(9);
    }
  });

  it('OVER-25: nor do those who come one by one, though the first have to give some up', () => {
    for (const seed of SEEDS) {
      const file = { nodes: 50, join: { over: '50s' }, duration: '80s' } as const;
      const { least, mean, most, components, made, kept } = play(file, seed);
      expect(components).toBe(1);
      expect(made / kept).toBeLessThanOrEqual(1.25);
      expect(least).toBeGreaterThanOrEqual(4);
      expect(mean).toBeGreaterThanOrEqual(6);
      expect(most).toBeLessThanOrEqual(9);
    }
  });

  it('OVER-25: when a third leaves the rest stays in one piece and mends only what is needed', () => {
    for (const seed of SEEDS) {
      const before = { nodes: 50, join: { over: '20s' }, duration: '50s' } as const;
      const timeline = [{ at: '50s', do: 'leave', fraction: 0.33 }] as const;
      const grown = play(before, seed);
      const { least, most, components, made, kept } = play({ ...before, duration: '90s', timeline }, seed);
      expect(components).toBe(1);
      expect(least).toBeGreaterThanOrEqual(3);
      expect(most).toBeLessThanOrEqual(9);
      expect(made - grown.made).toBeLessThanOrEqual(kept / 2);
    }
  });
});

describe('a room without presence, where nobody knows the members', () => {
  it('OVER-29: eight peers stay linked each to each when the introductions are long forgotten', () => {
    for (const seed of SEEDS) {
      const file = { nodes: 8, join: { over: '4s' }, presence: false, duration: '6m' } as const;
      const { least, made, components } = play(file, seed);
      expect([least, made, components]).toEqual([7, 28, 1]);
    }
  });

  it('OVER-29: three hundred keep their degrees, in one piece', () => {
    const file = { nodes: 300, join: { over: '10s' }, presence: false, duration: '4m' } as const;
    const { least, mean, most, components } = play(file, 1);
    expect(components).toBe(1);
    expect(least).toBeGreaterThanOrEqual(3);
    expect(mean).toBeGreaterThanOrEqual(5);
    expect(most).toBeLessThanOrEqual(12);
  });
});
