import { describe, expect, it } from 'vitest';
import { type Report, runScenario, type ScenarioFile } from '../../sim/index.ts';

/** Seconds when nobody else wants the machine. */
const RUN_MS = 240_000;

const unlisted: ScenarioFile = {
  name: 'unlisted',
  nodes: 40,
  presence: false,
  duration: '150s',
  join: { over: '5s' },
  config: { 'aggregate.epochMs': 60_000 },
};

const run = (changes: Partial<ScenarioFile>): Report => {
  const { report, failures } = runScenario({ ...unlisted, ...changes }, { seed: 1 });
  expect(failures).toEqual([]);
  return report;
};

describe('aggregates', () => {
  it('AGGR-10: a room without presence knows its size, counted while the sample has room', { timeout: RUN_MS }, () => {
    expect(run({}).aggregates).toMatchObject({ size: 40, offBy: 0 });
  });

  it('AGGR-10: beyond it everybody has about the same estimate', { timeout: RUN_MS }, () => {
    const k = 32;
    const { aggregates, bytes } = run({ nodes: 120, config: { ...unlisted.config, 'aggregate.sample': k } });
    expect(aggregates.offBy).toBeLessThan(3 / Math.sqrt(k - 2));
    expect(aggregates.offBy).toBeGreaterThan(0);
    // Two epochs and a half of 32 records of 150 bytes each, and of what is announced; a vouch, and one anew, for ten links.
    expect(bytes.byFrame['push']! / 120).toBeLessThan(2.5 * k * 150 * 2 + 2 * 10 * 215);
  });

  it('AGGR-10: two halves know the whole after the heal', { timeout: RUN_MS }, () => {
    const timeline: ScenarioFile['timeline'] = [{ at: '20s', do: 'partition', fraction: 0.5, for: '70s' }];
    // Halves meet by check-ins with the server, which come by chance.
    const config = { ...unlisted.config, 'overlay.beaconMs': 8_000 };
    expect(run({ timeline, config, duration: '5m' }).aggregates).toMatchObject({ size: 40, offBy: 0 });
  });

  it('AGGR-1: in a room with presence nobody says here, and all count all', { timeout: RUN_MS }, () => {
    const { aggregates, verify } = run({ presence: true });
    expect(aggregates).toEqual({ size: 40, offBy: 0, divergence: 0 });
    expect(verify.perNodePerSecond.mean).toBeLessThan(2);
  });
});
