import { describe, expect, it } from 'vitest';
import { drawSchedule, faults, parseScenario, runSoak } from '../../sim/index.ts';

/** By default the same seeds in every run of the tests; `npm run sim:soak` draws others. */
const FROM = Number(process.env['HEARSAY_SEED'] ?? 1);
const SEEDS = 20;

function seedsFrom(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}

/** The first of a few seeds that a broken engine fails, and all that gave it away there. */
function caughtBy(name: string): string | undefined {
  const { wrap, config } = faults.find(fault => fault.name === name)!;
  for (const seed of seedsFrom(1, 10)) {
    const { failures } = runSoak(seed, { config, wrapEngine: (engine, _node, self) => wrap(engine, self) });
    if (failures.length > 0) return failures.join('\n');
  }
  return undefined;
}

describe('soak', () => {
  it(`SIM-43: ${SEEDS} random schedules from seed ${FROM} end in a room that agrees`, { timeout: 300_000 }, () => {
    const failed = seedsFrom(FROM, SEEDS)
      .map(seed => runSoak(seed))
      .filter(({ failures }) => failures.length > 0)
      .map(({ seed, failures }) => `npm run sim:soak -- --seeds 1 --from ${seed}: ${failures.join(' ')}`);
    expect(failed).toEqual([]);
  });

  it.each([
    [{ 'liveness.silenceMs': 500, 'liveness.pingMs': 100 }, 'accused'],
    [{ 'liveness.silenceMs': 600_000 }, 'was not told of a crash'],
  ])('SIM-83: a room that agrees stays right about who runs, and hears of who crashes: not with %j', (config, by) => {
    expect(runSoak(2).failures).toEqual([]);
    expect(runSoak(2, { config }).failures.join('\n')).toContain(by);
  });

  it.each([
    [52_013, 'who lost all links while it slept asks by the server, though others were heard through the mesh'],
    [52_030, 'who is frozen says so to neighbours that are none of its tree'],
    [30_005, 'who loses all links, of which it has two, calls nobody dead for want of an answer'],
    [80_029, 'a presence that was not renewed does not end while there is no link'],
    [96_117, 'a vouch answers an accusation also for whoever counts it later'],
    [92_012, 'a presence that comes after the accusation, and is older, shows nobody as alive'],
    [91_054, 'who got the first link of a newcomer is no quorum by itself'],
    [1_795_194_859, 'who is to be frozen has a link, where a dial may fail'],
  ])('SIM-83: seed %i: %s', seed => {
    expect(runSoak(seed).failures).toEqual([]);
  });

  it('SIM-44: a seed is one run: equal traces, and another for another seed', () => {
    const hashes = [7, 7, 8].map(seed => runSoak(seed).traceHash);
    expect(hashes[0]).toBe(hashes[1]);
    expect(hashes[2]).not.toBe(hashes[0]);
  });

  it('SIM-45: every schedule is a valid scenario that ends its troubles before the healing', () => {
    for (const seed of seedsFrom(1, 300)) {
      const { file, healAtMs } = drawSchedule(seed);
      const { timeline, nodes } = parseScenario(file);
      expect(nodes).toBeGreaterThanOrEqual(3);
      expect(nodes).toBeLessThanOrEqual(24);
      for (const { atMs, action } of timeline) {
        expect(atMs).toBeLessThanOrEqual(healAtMs);
        if (action.do === 'restart') expect(atMs + action.afterMs).toBeLessThanOrEqual(healAtMs);
      }
    }
  });

  it.each([
    ['delivers-twice', 'duplicate-delivery'],
    ['ignores-leave', 'was not told of a goodbye'],
    ['drops-tombstones', 'state-diverges'],
    ['gives-no-sign-of-life', 'accused'],
    ['never-gives-up', 'was not told of a crash'],
    ['keeps-old-lives', 'who is back'],
    ['suspects-are-dead', 'who runs, had failed'],
  ])('SIM-46: a build that is broken on purpose is caught: %s', (name, by) => {
    expect(caughtBy(name)).toContain(by);
  });

  it.each([
    ['buries-too-soon', 'called somebody dead after'],
    ['never-holds', 'had fallen silent at once'],
    ['holds-for-ever', 'was not told of a crash'],
  ])('SIM-84: a verdict that is not its time is seen: %s', (name, by) => {
    expect(caughtBy(name)).toContain(by);
  });

  it.each([
    ['carries-nothing', 'accused'],
    ['trusts-signals', 'answered a signal that its source never signed'],
  ])('SIM-85: a dead link and a lie are seen through: not by %s', (name, by) => {
    expect(caughtBy(name)).toContain(by);
  });

  it('SIM-47: there are at least twenty such builds, each with a sentence', () => {
    expect(faults.length).toBeGreaterThanOrEqual(20);
    expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length);
    for (const { about } of faults) expect(about.length).toBeGreaterThan(10);
  });
});
