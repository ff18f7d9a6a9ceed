import { describe, expect, it } from 'vitest';
import { type Report, type RunOptions, runScenario, type ScenarioFile } from '../../sim/index.ts';
import type { Delivery } from '../../src/input.ts';

const ROOM = { name: 'members', nodes: 6, duration: '70s', join: { over: '3s' } } as const satisfies ScenarioFile;
/** Accuses whoever is silent for a moment. */
const HASTY = { 'liveness.silenceMs': 600, 'liveness.pingMs': 200, 'liveness.heartbeatMs': 400 };

function membersOf(file: Partial<ScenarioFile>, options: RunOptions = {}): Report['membership'] {
  return runScenario({ ...ROOM, ...file }, options).report.membership;
}

/** The app of node 0 is not told what `isHidden` names. */
function hiding(isHidden: (delivery: Delivery, node: number | undefined) => boolean): RunOptions {
  const nodes = new Map<string, number>();
  return {
    wrapEngine(engine, node, self) {
      nodes.set(self, node);
      if (node !== 0) return engine;
      const isTold = (delivery: Delivery): boolean =>
        !isHidden(delivery, 'peer' in delivery ? nodes.get(delivery.peer ?? '') : undefined);
      return {
        ...engine,
        handle: (input, now) =>
          engine.handle(input, now).filter(effect => effect.type !== 'deliver' || isTold(effect.delivery)),
      };
    },
  };
}

describe('figures about who is here', () => {
  it('SIM-72: every accusation is counted, every death of one that runs, and apart those of whom nothing was done to', () => {
    const crash = membersOf({ timeline: [{ at: '20s', do: 'crash', nodes: [2] }] });
    expect(crash.accusations).toBeGreaterThan(0);
    expect(crash).toMatchObject({ deaths: 0, healthySuspicions: 0, healthyDeaths: 0 });
    // All others give up one that was away for half a minute, and none of them is wrong.
    const frozen = membersOf({ timeline: [{ at: '20s', do: 'pause', nodes: [2], for: '30s' }] });
    expect(frozen).toMatchObject({ deaths: 5, falseDeaths: 0, healthyDeaths: 0 });
    expect(membersOf({})).toMatchObject({ accusations: 0, deaths: 0 });
  });

  it('SIM-72: a suspicion is one of the healthy only when the timeline has left its subject alone', () => {
    const slow = { at: '20s', do: 'latency', ms: 2_000, nodes: [0], for: '10s' } as const;
    const one = membersOf({ config: HASTY, timeline: [slow] });
    expect(one.falseSuspicions).toBeGreaterThan(0);
    // In a line, where nobody can be asked for by another way.
    const line: Partial<ScenarioFile> = {
      nodes: 3,
      topology: [
        [0, 1],
        [1, 2],
      ],
      server: { up: false },
      join: { all: true },
    };
    const all = membersOf({ ...line, config: { ...HASTY, 'overlay.degree': 1 }, network: { loss: 0.6 } });
    expect(all.healthySuspicions).toBe(all.falseSuspicions);
    expect(all.healthySuspicions).toBeGreaterThan(0);
    expect(one.healthySuspicions).toBeLessThan(one.falseSuspicions);
  });

  it('SIM-73: views are equal when everybody shows exactly those who run, counted from the heal', () => {
    const cut = { at: '10s', do: 'partition', nodes: [0, 1], for: '30s' } as const;
    expect(membersOf({}).equalViewsMs).toBeNull();
    expect(membersOf({ timeline: [{ ...cut, for: '90s' }] }).equalViewsMs).toBeNull();
    // Too short to be noticed: all show all the time the same.
    expect(membersOf({ timeline: [{ ...cut, for: '1s' }] }).equalViewsMs).toBe(0);
    const late = membersOf({ timeline: [cut, { at: '50s', do: 'join', count: 1 }] }).equalViewsMs!;
    expect(late).toBeGreaterThanOrEqual(10_000);
    expect(late).toBeLessThan(20_000);
  });

  it('SIM-73: as many are not the same: a ghost does not make up for one that is not shown', () => {
    const timeline = [
      { at: '10s', do: 'partition', nodes: [5], for: '1s' },
      { at: '20s', do: 'crash', nodes: [5] },
      { at: '25s', do: 'join', count: 1 },
    ] as const;
    const sees = membersOf({ timeline });
    expect(sees.equalViewsMs).not.toBeNull();
    const misses = membersOf(
      { timeline },
      hiding(
        (delivery, node) =>
          (delivery.what === 'presence-gone' && node === 5) || (delivery.what === 'presence' && node === 6),
      ),
    );
    expect(misses.fullViewsMs).not.toBeNull();
    expect(misses.equalViewsMs).toBeNull();
  });

  it('SIM-74: who is back is alive again when apps show the new life, and never where one goes on showing the old', () => {
    const restart = { at: '20s', do: 'restart', nodes: [3], after: '1s' } as const;
    expect(membersOf({}).backAliveMs).toEqual({ p50: null, p99: null, max: null });
    const back = membersOf({ timeline: [restart] }).backAliveMs;
    expect(back.max).toBeGreaterThan(300);
    expect(back.max).toBeLessThan(10_000);
    let arrivals = 0;
    const stale = membersOf(
      { timeline: [restart] },
      hiding((delivery, node) => {
        if (delivery.what !== 'presence' || node !== 3) return false;
        arrivals += delivery.joinedAtMs > 1_750_000_015_000 ? 1 : 0;
        return delivery.joinedAtMs > 1_750_000_015_000;
      }),
    ).backAliveMs;
    expect(arrivals).toBeGreaterThan(0);
    expect(stale.p50).toBeGreaterThanOrEqual(back.p50!);
    expect(stale.max).toBeNull();
  });

  it('SIM-74: after a stop it counts from the thaw, and of those alone who had given the sleeper up', () => {
    const freeze = (seconds: number) =>
      membersOf({ timeline: [{ at: '10s', do: 'pause', nodes: [3], for: `${seconds}s` }] }).backAliveMs;
    expect(freeze(2).max).toBeNull();
    expect(freeze(40).p50).toBeGreaterThan(0);
    expect(freeze(40).max).toBeLessThan(20_000);
  });

  it('SIM-75: a message across a cut is late for all, and not for those that it could reach', () => {
    const regions = [
      { name: 'west', share: 1 },
      { name: 'east', share: 1 },
    ];
    const { convergence } = runScenario({
      ...ROOM,
      duration: '2m',
      regions,
      timeline: [{ at: '20s', do: 'partition', groups: [['west'], ['east']], for: '20s' }],
      load: [{ from: '24s', to: '26s', kind: 'state', perSecond: 5 }],
    }).report;
    const [cut] = convergence.loads;
    expect(cut!.delivered).toBe(1);
    expect(cut!.t99Ms).toBeGreaterThan(14_000);
    expect(cut!.t99UncutMs).toBeLessThan(1_000);
    // With links within a side that bring nothing either, it is late there too.
    const apart = runScenario({
      ...ROOM,
      topology: [[0, 1]],
      nodes: 2,
      server: { up: false },
      timeline: [{ at: '20s', do: 'latency', ms: 1_000, for: '20s' }],
      load: [{ from: '24s', to: '26s', kind: 'event', perSecond: 5 }],
    }).report.convergence.loads[0]!;
    expect(apart.t99UncutMs).toBe(apart.t99Ms);
    expect(apart.t99UncutMs).toBeGreaterThan(1_900);
  });

  it('SIM-60: the peak of one is the most that any one node sent in a second', () => {
    const { peak, peakOfOne } = runScenario({
      ...ROOM,
      topology: Array.from({ length: 5 }, (_, i) => [0, i + 1] as const),
      server: { up: false },
      presence: false,
      config: { 'overlay.degree': 1, 'overlay.slack': 8, 'broadcast.mode': 'flood' },
      load: [{ from: '20s', to: '21s', kind: 'event', perSecond: 10, bytes: 4_000, writers: 'one' }],
    }).report.bytes.perNodePerSecond;
    // Node 0 in the middle sends everything, in five copies.
    expect(peakOfOne).toBeGreaterThan(5 * 10 * 4_000);
    expect(peakOfOne / (6 * peak)).toBeGreaterThan(0.98);
    expect(peakOfOne).toBeLessThanOrEqual(6 * peak);
  });
});
