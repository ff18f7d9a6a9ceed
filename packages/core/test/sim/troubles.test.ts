import { describe, expect, it } from 'vitest';
import { type Run, type ScenarioFile, startScenario } from '../../sim/index.ts';
import { isUp } from '../../sim/world/node.ts';
import type { Input } from '../../src/input.ts';

interface Seen {
  readonly at: number;
  readonly node: number;
  readonly input: Input;
}

const ROOM = { name: 'troubles', nodes: 6, duration: '60s', topology: 'full', join: { all: true } } as const;

function play(file: Partial<ScenarioFile>): { run: Run; seen: readonly Seen[] } {
  const seen: Seen[] = [];
  const run = startScenario(
    { ...ROOM, ...file },
    { onInput: (at, node, input) => void seen.push({ at, node, input }) },
  );
  run.advance(Number.POSITIVE_INFINITY);
  return { run, seen };
}

/** The times without any input of at least a second, s; heartbeats come every two. */
function gaps(seen: readonly Seen[], node: number): readonly number[] {
  const times = seen.filter(one => one.node === node).map(({ at }) => at);
  return times.map((at, i) => (at - (times[i - 1] ?? at)) / 1_000).filter(gap => gap > 3);
}

describe('troubles of a timeline', () => {
  it('SIM-77: a stall stops its nodes again and again, for so long on average, until it is over', () => {
    const stall = { at: '10s', do: 'stall', nodes: [1, 4], for: '6s', rest: '4s', lasting: '1200s' } as const;
    const { seen } = play({ duration: '1300s', timeline: [stall] });
    for (const node of [1, 4]) {
      const long = gaps(seen, node);
      expect(long.length).toBeGreaterThan(40);
      // A gap of over 3 s is one of exp(6 s) that is at least so long: without memory its mean is 3 + 6.
      const mean = long.reduce((sum, gap) => sum + gap, 0) / long.length;
      expect(mean).toBeGreaterThan(7);
      expect(mean).toBeLessThan(11);
      expect(
        gaps(
          seen.filter(({ at }) => at > 1_215_000),
          node,
        ),
      ).toEqual([]);
    }
    expect(gaps(seen, 0)).toEqual([]);
  });

  it('SIM-78: a deaf node hears nothing over one of its links, is heard over it, and hears all others', () => {
    const { run, seen } = play({ timeline: [{ at: '10s', do: 'deafen', nodes: [2], for: '4s' }] });
    const heard = (node: number, from: number): number =>
      seen.filter(
        ({ at, node: to, input }) =>
          to === node &&
          at > 10_100 &&
          at < 14_000 &&
          input.type === 'frame' &&
          input.from === run.world.nodes[from]!.id,
      ).length;
    const others = [0, 1, 3, 4, 5];
    const silent = others.filter(other => heard(2, other) === 0);
    expect(silent).toHaveLength(1);
    expect(heard(silent[0]!, 2)).toBeGreaterThan(0);
    expect(run.result().report.broken).toEqual([]);
    // The others hear of it, so a bad link is no excuse for calling anybody dead.
    const long = play({ timeline: [{ at: '10s', do: 'deafen', nodes: [2], for: '30s' }] }).run.result().report;
    expect(long.membership.falseSuspicions).toBe(long.membership.accusations);
  });

  it('SIM-79: who is replaced says goodbye, and somebody new joins in the same moment', () => {
    const { run } = play({ timeline: [{ at: '10s', do: 'replace', fraction: 0.5, over: '3s' }] });
    const { nodes } = run.world;
    expect(nodes).toHaveLength(9);
    expect(nodes.filter(isUp)).toHaveLength(6);
    expect(nodes.slice(0, 6).filter(({ left }) => left)).toHaveLength(3);
    const { membership } = run.result().report;
    expect(membership).toMatchObject({ ghosts: 0, divergence: 0 });
  });

  it('SIM-81: an app that is stopped says nothing, and others write in its place', () => {
    const load = [{ from: '10s', to: '20s', kind: 'state', perSecond: 5, writers: 'random' }] as const;
    const { run, seen } = play({ load, timeline: [{ at: '9s', do: 'pause', nodes: [0, 1, 2], for: '15s' }] });
    const writers = new Set(
      seen
        .filter(({ at, input }) => input.type === 'publish' && input.kind === 'state' && at >= 10_000)
        .map(({ node }) => node),
    );
    expect([...writers].sort()).toEqual([3, 4, 5]);
    expect(run.result().report.convergence.loads[0]!.sent).toBe(50);
  });

  it('SIM-82: so many as the scenario says state a presence, the first ones', () => {
    const { run } = play({ presence: 2 });
    expect(run.world.nodes.map(node => node.engine!.stats().peers)).toEqual([1, 1, 2, 2, 2, 2]);
  });
});
