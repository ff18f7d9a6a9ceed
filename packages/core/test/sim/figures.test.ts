import { describe, expect, it } from 'vitest';
import { failuresOf, type Report, runScenario, type ScenarioFile, startScenario } from '../../sim/index.ts';

const ROOM = { name: 'figures', nodes: 6, duration: '30s', join: { over: '5s' } } as const;
/** Nobody wants another link, and nobody could get one. */
const LINE = {
  ...ROOM,
  nodes: 5,
  topology: [
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 4],
  ],
  server: { up: false },
  config: { 'overlay.degree': 1 },
} as const;

function reportOf(file: ScenarioFile): Report {
  return runScenario(file).report;
}

describe('figures of the report', () => {
  it('SIM-60: the peak is the worst second of what a node sends, and no byte is missing from the seconds', () => {
    const load = [{ from: '20s', to: '21s', kind: 'event', perSecond: 10, bytes: 4_000, writers: 'one' }] as const;
    const run = startScenario({ ...ROOM, load, join: { all: true } });
    run.advance(Number.POSITIVE_INFINITY);
    const { report, traffic } = run.result();
    const { peak, out } = report.bytes.perNodePerSecond;
    const worst = traffic.reduce((most, point) => (point[1] > most[1] ? point : most));
    expect(worst).toEqual([21, peak]);
    expect(peak).toBeGreaterThan(10 * 4_000 * 0.8);
    expect(peak).toBeGreaterThan(3 * out.max);
    expect(traffic).toHaveLength(30);
    // The engine's own count ends with the run, the last second a moment before.
    const sent = traffic.reduce((sum, [, bytes]) => sum + 6 * bytes, 0);
    expect(Math.abs(sent - run.world.network.traffic.sent)).toBeLessThan(1_000);
  });

  it('SIM-61: what a crash leaves joined is counted right after it', () => {
    // 0 and 1 on one side, 3 and 4 on the other: 4 of 12 ordered pairs.
    const cut = reportOf({ ...LINE, timeline: [{ at: '10s', do: 'crash', nodes: [2] }] });
    expect(cut.overlay.reachAfterCrash).toBeCloseTo(4 / 12);
    const end = reportOf({ ...LINE, timeline: [{ at: '10s', do: 'crash', nodes: [4] }] });
    expect(end.overlay.reachAfterCrash).toBe(1);
    expect(reportOf(LINE).overlay.reachAfterCrash).toBeNull();
  });

  it('SIM-66: of what is said after a crash, it is counted who was in reach and did not get it', () => {
    const load = [
      { from: '9s', to: '10s', kind: 'event', perSecond: 5, writers: 5 },
      { from: '11s', to: '12s', kind: 'event', perSecond: 4, writers: 4 },
    ] as const;
    const missed = (timeline: ScenarioFile['timeline'] = []): readonly (number | null)[] =>
      reportOf({ ...LINE, load, timeline }).convergence.loads.map(({ missedInReach }) => missedInReach);
    const crash = { at: '10s', do: 'crash', nodes: [2] } as const;
    const cut = { at: '10500ms', do: 'partition', nodes: [0] } as const;
    expect(missed()).toEqual([null, null]);
    expect(missed([cut])).toEqual([null, null]);
    expect(missed([crash])).toEqual([null, 0]);
    expect(missed([crash, cut])).toEqual([null, 2]);
    expect(missed([crash, cut, { at: '10700ms', do: 'restart', nodes: [1], after: '50ms' }])).toEqual([null, 0]);
    expect(missed([crash, cut, { at: '25s', do: 'crash', nodes: [4] }])).toEqual([null, null]);
  });

  it('SIM-62: views are full since the last newcomer is shown to all, and not when somebody shows a ghost', () => {
    const all = reportOf(ROOM).membership.fullViewsMs!;
    expect(all).toBeGreaterThanOrEqual(4_000);
    expect(all).toBeLessThan(10_000);
    const late = reportOf({ ...ROOM, timeline: [{ at: '15s', do: 'join', count: 1 }] }).membership.fullViewsMs!;
    expect(late).toBeGreaterThanOrEqual(15_000);
    const ghost = reportOf({ ...ROOM, timeline: [{ at: '28s', do: 'crash', count: 1 }] });
    expect(ghost.membership.ghosts).toBeGreaterThan(0);
    expect(ghost.membership.fullViewsMs).toBeNull();
  });

  it('SIM-63: a deleted key that somebody shows again is counted', () => {
    const load = [
      { from: '10s', to: '15s', kind: 'state', perSecond: 2 },
      { from: '16s', to: '20s', kind: 'delete', perSecond: 1 },
    ] as const;
    const run = startScenario({ ...ROOM, load });
    run.advance(Number.POSITIVE_INFINITY);
    const { report } = run.result();
    expect(report.convergence.loads[1]).toMatchObject({ sent: 4, delivered: null });
    expect(run.world.nodes.map(node => node.engine!.stats().stateKeys)).toEqual(new Array(6).fill(6));
    expect(report.state.resurrected).toBe(0);
    // With deletions forgotten sooner than a visitor returns, he keeps for himself what they deleted.
    const away = (maxTombstones: number): number =>
      reportOf({
        ...ROOM,
        duration: '60s',
        config: { 'store.maxTombstones': maxTombstones },
        timeline: [{ at: '20s', do: 'restart', nodes: [1], after: '30s' }],
        load: [
          { from: '6s', to: '16s', kind: 'state', perSecond: 4 },
          { from: '25s', to: '35s', kind: 'delete', perSecond: 4 },
        ],
      }).state.resurrected;
    expect(away(64)).toBe(0);
    expect(away(16)).toBeGreaterThan(0);
  });

  it('SIM-65: bytes of spreading are counted for the load in whose time they were sent', () => {
    const load = [
      { from: '10s', to: '11s', kind: 'event', perSecond: 1, bytes: 1_000 },
      { from: '20s', to: '21s', kind: 'event', perSecond: 4, bytes: 1_000 },
    ] as const;
    const { convergence, bytes } = reportOf({
      ...ROOM,
      load,
      presence: false,
      config: { 'broadcast.mode': 'flood', 'aggregate.sample': 0 },
    });
    const [one, four] = convergence.loads.map(({ bytes: sent }) => sent);
    // Each of five others receives it once at least.
    expect(one).toBeGreaterThan((5 / 6) * 1_000);
    expect(four! / one!).toBeCloseTo(4, 1);
    expect(6 * (one! + four!)).toBeLessThanOrEqual(bytes.byFrame['push']!);
  });

  it('SIM-64: a bound can be drawn from another figure, of the same run or of a variant', () => {
    const run = startScenario({
      ...ROOM,
      load: [{ from: '20s', to: '21s', kind: 'event', perSecond: 1 }],
      expect: {
        'convergence.t50Ms': { max: { figure: 'convergence.t99Ms' }, min: { figure: 'convergence.t99Ms', times: 2 } },
        'bytes.perNodePerSecond.peak': { max: { figure: 'bytes.perNodePerSecond.peak', of: 'other', times: 1.5 } },
        'overlay.degree.mean': { min: { figure: 'overlay.reachAfterCrash' } },
      },
    });
    run.advance(Number.POSITIVE_INFINITY);
    const { scenario, report, failures } = run.result();
    expect(failures.map(text => text.split(' ')[0])).toEqual(['convergence.t50Ms', 'overlay.degree.mean']);
    const { perNodePerSecond } = report.bytes;
    const other = (peak: number): Report => ({
      ...report,
      name: 'other',
      bytes: { ...report.bytes, perNodePerSecond: { ...perNodePerSecond, peak } },
    });
    expect(failuresOf(scenario, report, [report, other(perNodePerSecond.peak)])).toHaveLength(2);
    expect(failuresOf(scenario, report, [report, other(perNodePerSecond.peak / 2)])).toHaveLength(3);
  });
});
