import { describe, expect, it } from 'vitest';
import { type Run, type RunOptions, type ScenarioFile, startScenario } from '../../sim/index.ts';
import type { Input } from '../../src/input.ts';

/** What each node was told, in order. */
interface Seen {
  readonly at: number;
  readonly node: number;
  readonly input: Input;
}

const QUIET: ScenarioFile = {
  name: 'world',
  nodes: 2,
  duration: '60s',
  server: { up: false },
  topology: [[0, 1]],
  presence: false,
  network: { latencyMs: { within: 20, jitter: 0 } },
};

function play(file: Partial<ScenarioFile>, options: RunOptions = {}): { run: Run; seen: Seen[] } {
  const seen: Seen[] = [];
  const onInput = (at: number, node: number, input: Input): void => void seen.push({ at, node, input });
  const run = startScenario({ ...QUIET, ...file }, { ...options, onInput });
  run.advance(Number.POSITIVE_INFINITY);
  return { run, seen };
}

function told(
  seen: readonly Seen[],
  node: number,
  type: Input['type'],
  from = 0,
  to = Number.POSITIVE_INFINITY,
): Seen[] {
  return seen.filter(s => s.node === node && s.input.type === type && s.at >= from && s.at < to);
}

const t50 = (file: Partial<ScenarioFile>): number => play(file).run.result().report.convergence.t50Ms!;
const EVENTS = [{ from: '5s', to: '55s', kind: 'event', perSecond: 2, writers: 'one' }] as const;

it('SIM-71: in one room a seed is one run until something differs', () => {
  const hash = (file: Partial<ScenarioFile>): string => {
    const { run } = play({
      nodes: 5,
      topology: [[0, 1]],
      server: { up: true },
      duration: '20s',
      load: EVENTS,
      ...file,
    });
    return run.result().report.traceHash;
  };
  const slow = (at: '10s' | '19999ms') => ({ timeline: [{ at, do: 'slow', kbps: 8, for: '1h' }] }) as const;
  expect(hash({ name: 'other', room: 'world' })).toBe(hash({ room: 'world' }));
  expect(hash({})).toBe(hash({ room: 'world' }));
  expect(hash({ name: 'other' })).not.toBe(hash({}));
  expect(hash({ name: 'other', room: 'world', ...slow('19999ms') })).toBe(hash({}));
  expect(hash({ name: 'other', room: 'world', ...slow('10s') })).not.toBe(hash({}));
});

describe('the network', () => {
  it('SIM-11: latency is the way within a region or between two, and jitter spreads it', () => {
    const instant = { crypto: { signMs: 0, verifyMs: 0 }, load: EVENTS };
    expect(t50({ ...instant })).toBe(20);
    const regions = [
      { name: 'a', share: 1 },
      { name: 'b', share: 1 },
    ];
    expect(t50({ ...instant, regions, network: { latencyMs: { between: 90, jitter: 0 } } })).toBe(90);
    const { report } = play({ ...instant, network: { latencyMs: { within: 20, jitter: 0.5 } } }).run.result();
    expect(report.convergence.t100Ms).toBeGreaterThan(20);
    expect(report.convergence.t100Ms).toBeLessThanOrEqual(30);
  });

  it('SIM-12: loss delays, and never loses or reorders', () => {
    const { report } = play({ network: { loss: 0.3, latencyMs: { within: 20 } }, load: EVENTS }).run.result();
    expect(report.convergence.delivered).toBe(1);
    expect(report.convergence.t90Ms).toBeGreaterThan(200);
    expect(report.broken).toEqual([]);
  });

  it('SIM-13: a narrow uplink delays by the size of what it carries', () => {
    const load = [{ from: '5s', to: '55s', kind: 'event', perSecond: 0.2, bytes: 4_000, writers: 'one' }] as const;
    // About 4,200 bytes at 80 kbit/s are 0.42 s.
    const ms = t50({ load, network: { latencyMs: { within: 20, jitter: 0 }, bandwidthKbps: 80 } });
    expect(ms).toBeGreaterThan(400);
    expect(ms).toBeLessThan(500);
    const timeline = [{ at: '1s', do: 'slow', kbps: 80, for: '59s' }] as const;
    expect(t50({ load, timeline })).toBe(ms);
  });

  it('SIM-38: frames for a narrow uplink wait in the queue of their link, the links take turns, and it shows', () => {
    const star = {
      nodes: 4,
      topology: [
        [0, 1],
        [0, 2],
        [0, 3],
      ],
    } as const;
    const load = [{ from: '5s', to: '6s', kind: 'event', perSecond: 1, bytes: 4_000, writers: 'one' }] as const;
    const narrow = play({ ...star, load, network: { latencyMs: { within: 20, jitter: 0 }, bandwidthKbps: 80 } });
    const { report } = narrow.run.result();
    // The same 4.2 kB three times over one line of 10 kB/s: the last of the three has waited for the two others.
    expect(report.convergence.t100Ms).toBeGreaterThan(1_200);
    expect(report.convergence.t50Ms).toBeLessThan(1_000);
    expect(report.bytes.backlogMax).toBeGreaterThan(4_000);
    expect(report.broken).toEqual([]);
    expect(play({ ...star, load }).run.result().report.bytes.backlogMax).toBe(0);
  });

  it('SIM-39: two regions can be nearer or farther than others', () => {
    const regions = ['a', 'b', 'c'].map(name => ({ name, share: 1 }));
    const latencyMs = { within: 1, between: 90, jitter: 0, pairs: [{ regions: ['b', 'a'], ms: 40 }] } as const;
    const instant = { crypto: { signMs: 0, verifyMs: 0 }, load: EVENTS, regions, network: { latencyMs } };
    expect(t50({ ...instant })).toBe(40);
    const { report } = play({
      ...instant,
      nodes: 3,
      topology: [
        [0, 2],
        [0, 1],
      ],
    }).run.result();
    expect(report.convergence.t100Ms).toBe(90);
  });

  it('SIM-40: troubles of a line add up, survive a restart, and end when their time is over', () => {
    const timeline = [
      { at: '5s', do: 'latency', ms: 300, nodes: [0], for: '20s' },
      { at: '10s', do: 'latency', ms: 200, nodes: [0], for: '5s' },
      { at: '12s', do: 'restart', nodes: [0] },
    ] as const;
    const run = startScenario({ ...QUIET, timeline });
    const [node] = run.world.nodes;
    const at = (ms: number): number => {
      run.world.advance(ms, Number.POSITIVE_INFINITY);
      return node!.extraLatencyMs;
    };
    expect([6_000, 11_000, 14_000, 16_000, 26_000].map(at)).toEqual([300, 500, 500, 300, 0]);
  });

  it('SIM-14: a crash is silence: no word to the other side', () => {
    const { seen } = play({ timeline: [{ at: '10s', do: 'crash', nodes: [1] }] });
    expect(seen.filter(({ node, at }) => node === 1 && at > 10_000)).toEqual([]);
    const down = told(seen, 0, 'link-down');
    expect(down).toHaveLength(1);
    // Its own silence limit, not the network, ended the link.
    expect(down[0]!.at).toBeGreaterThan(14_000);
  });

  it('SIM-15: a leave closes links behind the last frames, and the other side hears it after the way', () => {
    const { seen } = play({ timeline: [{ at: '10s', do: 'leave', nodes: [1] }] });
    const after = seen.filter(({ node, at }) => node === 0 && at >= 10_000 && at < 10_100);
    expect(after.at(-1)!.input.type).toBe('link-down');
    expect(after.some(({ input }) => input.type === 'frame')).toBe(true);
    expect(after.at(-1)!.at).toBeGreaterThanOrEqual(10_020);
  });

  it('SIM-16: a short partition holds frames and delivers them after the heal', () => {
    const timeline = [{ at: '10s', do: 'partition', nodes: [0], for: '4s' }] as const;
    const { seen, run } = play({ timeline, load: EVENTS });
    // What was on its way when the cut came still arrives.
    expect(told(seen, 1, 'frame', 10_030, 14_000)).toEqual([]);
    expect(told(seen, 1, 'link-down')).toEqual([]);
    expect(run.result().report.convergence.delivered).toBe(1);
  });

  it('SIM-17: a long partition ends the links on both sides by their own silence limits, and fails dials', () => {
    const timeline = [{ at: '10s', do: 'partition', nodes: [0], for: '30s' }] as const;
    const { seen, run } = play({ timeline, presence: true, server: { up: true } });
    for (const node of [0, 1]) {
      const [down] = told(seen, node, 'link-down', 10_000);
      expect(down!.at).toBeGreaterThan(14_000);
      expect(down!.at).toBeLessThan(20_000);
    }
    expect(told(seen, 0, 'link-up', 10_000, 40_000)).toEqual([]);
    expect(told(seen, 0, 'dial-failed', 10_000, 60_000).length).toBeGreaterThan(0);
    expect(run.result().report.overlay.components).toBe(1);
  });

  it('SIM-18: a one-way partition lets the selected side send and receive nothing', () => {
    const timeline = [{ at: '10s', do: 'partition', nodes: [0], for: '4s', oneWay: true }] as const;
    const { seen } = play({ timeline });
    expect(told(seen, 0, 'frame', 10_030, 14_000)).toEqual([]);
    expect(told(seen, 1, 'frame', 10_030, 14_000).length).toBeGreaterThan(0);
  });

  it('SIM-19: heal ends a partition that has no end of its own', () => {
    const timeline = [
      { at: '10s', do: 'partition', nodes: [0] },
      { at: '13s', do: 'heal' },
    ] as const;
    const { seen } = play({ timeline });
    expect(told(seen, 1, 'frame', 10_030, 13_000)).toEqual([]);
    expect(told(seen, 1, 'frame', 13_000, 15_000).length).toBeGreaterThan(0);
  });

  it('SIM-20: dials fail as often as the scenario says, and pairs that cannot connect never do', () => {
    const file = {
      topology: undefined,
      server: { up: true },
      presence: true,
      duration: '40s',
    } as unknown as ScenarioFile;
    const { topology: _none, ...overlay } = { ...QUIET, ...file };
    const never = startScenario({ ...overlay, network: { connectFailure: 1 } });
    never.advance(Number.POSITIVE_INFINITY);
    expect(never.result().report.overlay).toMatchObject({ components: 2, degree: { max: 0 } });
    const always = startScenario({ ...overlay, nodes: 12, network: { unconnectablePairs: 0.4 } });
    always.advance(Number.POSITIVE_INFINITY);
    expect(always.result().report.overlay.components).toBe(1);
    const linked = always.world.nodes.flatMap(node => [...node.links.keys()]).length / 2;
    expect(linked).toBeGreaterThan(10);
  });
});

describe('the machines', () => {
  it('SIM-21: a paused node takes its inputs late, all of them, in order', () => {
    const timeline = [{ at: '10s', do: 'pause', nodes: [1], for: '3s' }] as const;
    const { seen, run } = play({ timeline, load: EVENTS });
    expect(seen.filter(({ node, at }) => node === 1 && at > 10_000 && at < 13_000)).toEqual([]);
    expect(told(seen, 1, 'frame', 13_000, 13_000.001).length).toBeGreaterThan(4);
    expect(run.result().report.convergence.delivered).toBe(1);
    expect(run.result().report.broken).toEqual([]);
  });

  it('SIM-22: a hidden node wakes on whole seconds only', () => {
    const timeline = [{ at: '10s', do: 'hide', nodes: [1], for: '20s' }] as const;
    const wakes = told(play({ timeline }).seen, 1, 'wake', 13_000, 30_000).map(({ at }) => at);
    expect(wakes.length).toBeGreaterThan(5);
    expect(wakes.filter(at => at % 1_000 !== 0)).toEqual([]);
  });

  it('SIM-23: a clock can be wrong by as much as the scenario says', () => {
    const walls: number[] = [];
    play(
      { timeline: [{ at: '10s', do: 'clock', nodes: [1], skew: '-5m' }] },
      {
        wrapEngine: (engine, node) => ({
          ...engine,
          handle(input, now) {
            if (node === 1) walls.push(now.wall - now.mono);
            return engine.handle(input, now);
          },
        }),
      },
    );
    expect(walls.at(-1)! - walls[0]!).toBe(-300_000);
  });

  it('SIM-24: a restarted node is the same peer with a new engine, and has its records back if it kept them', () => {
    const file = (keepStorage: boolean): Partial<ScenarioFile> => ({
      load: [{ from: '1s', to: '5s', kind: 'state', perSecond: 5 }],
      timeline: [{ at: '10s', do: 'restart', nodes: [1], after: '2s', keepStorage }],
    });
    const { seen, run } = play(file(true));
    expect(told(seen, 1, 'start').map(({ at }) => at)).toEqual([0, 12_000]);
    expect(told(seen, 1, 'restore')).toHaveLength(1);
    expect(run.world.nodes).toHaveLength(2);
    expect(told(play(file(false)).seen, 1, 'restore')).toEqual([]);
  });

  it('SIM-25: who joins later and who comes with churn are new peers', () => {
    const joined = play({ timeline: [{ at: '10s', do: 'join', count: 3, over: '3s' }] });
    expect([2, 3, 4].map(node => told(joined.seen, node, 'start')[0]!.at)).toEqual([10_000, 11_000, 12_000]);
    const churned = play({ nodes: 10, topology: 'ring', churn: { from: '5s', to: '50s', meanSession: '20s' } });
    const { nodes } = churned.run.world;
    expect(nodes.length).toBeGreaterThan(15);
    expect(nodes.filter(node => node.engine !== undefined)).toHaveLength(10);
    expect(new Set(nodes.map(({ id }) => id)).size).toBe(nodes.length);
  });

  it('SIM-26: answers of the crypto come after their delay, and with none still in an input of their own', () => {
    const load = [{ from: '5s', to: '6s', kind: 'event', perSecond: 1, writers: 'one' }] as const;
    for (const [signMs, verifyMs] of [
      [0, 0],
      [7, 11],
    ] as const) {
      const { seen } = play({ load, crypto: { signMs, verifyMs } });
      const said = told(seen, 0, 'publish', 5_000)[0]!.at;
      expect(told(seen, 0, 'signed', 5_000)[0]!.at).toBe(said + signMs);
      expect(told(seen, 1, 'verified', 5_000)[0]!.at).toBe(said + signMs + 20 + verifyMs);
    }
  });
});

describe('the signaling server', () => {
  const mesh = { nodes: 12, topology: [] as const, server: { up: true }, presence: true };

  it('SIM-27: it introduces newcomers at its rate, to at most eight others, and keeps eight entry points', () => {
    const { seen } = play({ ...mesh, server: { introductionsPerSecond: 10 } });
    const ups = seen.filter(({ input }) => input.type === 'rendezvous-up');
    const inputs = ups.map(({ input }) => input as Extract<Input, { type: 'rendezvous-up' }>);
    expect(ups.length).toBeGreaterThanOrEqual(12);
    expect(Math.max(...inputs.map(({ peers }) => peers.length))).toBe(8);
    expect(inputs.slice(0, 12).filter(({ entry }) => entry)).toHaveLength(8);
    // Twelve at ten a second take more than a second.
    expect(ups[11]!.at - ups[0]!.at).toBeGreaterThan(1_000);
  });

  it('SIM-41: signals by way of it are lost, doubled and overtaken as often as the network says', () => {
    const signals = (network: ScenarioFile['network']): number =>
      play({ ...mesh, nodes: 6, duration: '20s', network: { ...QUIET.network, ...network } }).seen.filter(
        ({ input }) => input.type === 'server-signal',
      ).length;
    const usual = signals({});
    expect(usual).toBeGreaterThan(20);
    expect(signals({ duplicate: 1 })).toBeGreaterThan(1.5 * usual);
    const lossy = play({ ...mesh, nodes: 6, network: { ...QUIET.network, loss: 0.3, reorder: 0.5, duplicate: 0.3 } });
    const { overlay, broken } = lossy.run.result().report;
    expect(overlay.components).toBe(1);
    expect(broken).toEqual([]);
  });

  it('SIM-42: the report counts signals through the mesh, answered accusations and honest peers cut off', () => {
    const { report } = play({
      ...mesh,
      nodes: 16,
      duration: '2m',
      timeline: [
        { at: '40s', do: 'pause', nodes: [3], for: '9s' },
        { at: '60s', do: 'server', up: false },
        { at: '61s', do: 'leave', count: 5 },
      ],
    }).run.result();
    expect(report.relay.attempts).toBeGreaterThan(0);
    expect(report.relay.success).toBeGreaterThan(0.5);
    expect(report.relay.hops.max).toBeGreaterThanOrEqual(report.relay.hops.mean);
    expect(report.membership.refutations).toBeGreaterThan(0);
    expect(report.guard.honestPenalised).toBe(0);
  });

  it('SIM-28: when it goes down it says so, and those who want it come back when it is up', () => {
    const timeline = [
      { at: '20s', do: 'server', up: false },
      { at: '30s', do: 'server', up: true },
    ] as const;
    const { seen } = play({ ...mesh, timeline });
    expect(
      seen.filter(({ input, at }) => input.type === 'rendezvous-down' && at >= 20_000).length,
    ).toBeGreaterThanOrEqual(8);
    expect(seen.filter(({ input, at }) => input.type === 'rendezvous-up' && at > 20_000 && at < 30_000)).toEqual([]);
    expect(seen.filter(({ input, at }) => input.type === 'rendezvous-up' && at > 30_000).length).toBeGreaterThanOrEqual(
      8,
    );
  });

  it('SIM-29: an entry point that leaves is followed by the next oldest', () => {
    const { seen } = play({ ...mesh, timeline: [{ at: '3s', do: 'leave', nodes: [0] }] });
    expect(seen.filter(({ input }) => input.type === 'entry-role')).toHaveLength(1);
  });
});
