import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { modesTable } from '../sim/modes.mjs';
import { modesChart } from '../sim/modes-chart.mjs';
import { createProgress } from '../sim/progress.mjs';
import { scenarioTable } from '../sim-doc.mjs';

const SIM = fileURLToPath(new URL('../sim.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'hearsay-sim-cli-'));

function sim(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [SIM, ...args], { encoding: 'utf8', timeout: 60_000 });
}

function scenario(name: string, expectation: object): string {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify({ name, nodes: 3, duration: '3s', expect: expectation }));
  return file;
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('npm run sim -- --seeds', () => {
  it('prints mean, least and most of each figure with their seeds, and keeps them as JSON', { timeout: 60_000 }, () => {
    const json = join(folder, 'figures.json');
    const file = scenario('fine', { 'overlay.components': { equals: 1 } });
    const { status, stdout } = sim(file, '--seeds', '3', '--from', '5', '--parallel', '2', '--json', json);
    expect(stdout).toContain('✓ seed 5');
    expect(stdout).toMatch(/run\.events +[\d,.]+ +[\d,]+ \(seed [567]\) +[\d,]+ \(seed [567]\)/);
    expect(status).toBe(0);
    const { seeds, failed, variants } = JSON.parse(readFileSync(json, 'utf8'));
    expect([seeds, failed]).toEqual([[5, 6, 7], []]);
    expect(variants[0].figures['overlay.components']).toMatchObject({ mean: 1, min: 1, max: 1 });
    expect(variants[0].figures['convergence.t99Ms']).toEqual({ missing: 3 });
  });

  it('says which seed failed what, and the command that repeats it', { timeout: 60_000 }, () => {
    const file = scenario('unmet', { 'overlay.dials': { max: 0 } });
    const { status, stdout } = sim(file, '--seeds', '1', '--from', '9', '--nodes', '4', '--markdown');
    expect(status).toBe(1);
    expect(stdout).toMatch(/✗ seed 9\n {4}unmet: overlay\.dials is \d+, above 0\./);
    expect(stdout).toContain(`repeat: npm run sim -- ${file} --nodes 4 --seed 9`);
    expect(stdout).toContain('| figure | mean |');
  });

  it('refuses what does not go together, before anything runs', { timeout: 60_000 }, () => {
    for (const args of [
      ['six-nodes', '--seeds', '2', '--seed', '1'],
      ['six-nodes', '--markdown'],
      ['six-nodes', '--seeds', '0'],
      ['no-such', '--seeds', '2'],
    ]) {
      expect(sim(...args)).toMatchObject({ status: 2, stdout: '' });
    }
  });
});

describe('progress', () => {
  function shown(isTTY: boolean, times: readonly number[]): string[] {
    const written: string[] = [];
    let now = 0;
    const progress = createProgress({ isTTY, write: text => written.push(text) }, () => now);
    for (now of times) progress.show(() => `at ${now}`);
    progress.clear();
    return written;
  }

  it('is one line that is rewritten on a terminal, and in a log a line every ten seconds', () => {
    expect(shown(true, [100, 250, 300, 500])).toEqual(['\r\x1b[2K  … at 250', '\r\x1b[2K  … at 500', '\r\x1b[2K']);
    expect(shown(false, [100, 9_000, 10_001, 15_000, 21_000])).toEqual(['  … at 10001\n', '  … at 21000\n']);
  });
});

describe('the table of scenarios', () => {
  const figure = (min: number, max: number) => ({ mean: (min + max) / 2, min, minSeed: 1, max, maxSeed: 2 });
  const figures = { 'run.cpuMs': figure(1, 1), 'run.memoryMb': figure(70, 70), 'run.events': figure(9, 9) };
  const asked = (bounds: object) =>
    new Map([['a', [{ name: 'a', nodes: 6, durationMs: 60_000, expect: [{ path: 'x', bounds }] }]]]);
  const result = (found: object, failed: number[] = []) => [
    {
      scenario: 'a',
      seeds: 2,
      failed,
      variants: [{ name: 'a', nodes: 6, durationMs: 60_000, figures: { ...figures, ...found } }],
    },
  ];

  it('shows mean and worst, and needs no reason when all is met', () => {
    const { table, problems } = scenarioTable(asked({ max: 5 }), result({ x: figure(1, 4) }), {});
    expect(table).toContain('x ≤ 5: 2.5, 4');
    expect(problems).toEqual([]);
    expect(scenarioTable(asked({ max: 5 }), result({ x: figure(1, 4) }), { a: 'Late.' }).problems).toHaveLength(1);
  });

  it('shows how much smaller a run was than the scenario, which needs a reason too', () => {
    const larger = new Map([['a', [{ name: 'a', nodes: 60, durationMs: 60_000, expect: [] }]]]);
    const { table, problems } = scenarioTable(larger, result({}), {});
    expect(table).toContain('6 of 60 nodes, 60 s, 2 seeds');
    expect(problems).toEqual(['a was not run at its own size: say why in docs/results/reasons.json.']);
    expect(scenarioTable(larger, result({}), { a: 'Too long.' }).problems).toEqual([]);
  });

  it('shows what nothing is asked of apart, from least to most, and misses it when it was not measured', () => {
    const read = new Map([['a', [{ name: 'a', nodes: 6, durationMs: 60_000, expect: [], show: ['x', 'y'] }]]]);
    const seen = scenarioTable(read, result({ x: figure(1, 4), y: { missing: 2 } }), {});
    expect(seen.table).toContain('| (x: 2.5, 1 to 4)<br>(y: never) |');
    expect(seen.problems).toEqual([]);
    const unseen = scenarioTable(read, result({ x: figure(2, 2) }), {});
    expect(unseen.table).toContain('(x: 2)<br>y: **not measured**');
    expect(unseen.problems).toHaveLength(1);
  });

  it('folds what always was the one number that is asked for into one line', () => {
    const { table } = scenarioTable(asked({ equals: 1 }), result({ x: figure(1, 1) }), {});
    expect(table).toContain('| always x = 1 |');
    expect(scenarioTable(asked({ max: 0 }), result({ x: figure(0, 1) }), { a: 'No.' }).table).toContain(
      'x ≤ 0: **0.5, 1**',
    );
  });

  it.each([
    ['a bound that one seed misses', { max: 3 }, { x: figure(1, 4) }, [], '**2.5, 4**'],
    ['a figure that one seed lacks', { max: 5 }, { x: { ...figure(1, 4), missing: 1 } }, [], 'never in 1 seeds'],
    ['a figure that was not measured', { max: 5 }, {}, [], 'not measured'],
    ['a seed that broke an invariant', { max: 5 }, { x: figure(1, 4) }, [2], 'seeds that fail: 2'],
    [
      'a ratio to another variant',
      { max: { figure: 'x', of: 'b', times: 1.1 } },
      { 'x ÷ x of b': figure(1, 1.2) },
      [],
      'x ÷ x of b ≤ 1.1: **1.1, 1.2**',
    ],
  ])('shows %s as missed, with its reason', (_what, bounds, found, failed, text) => {
    const results = result(found, failed);
    expect(scenarioTable(asked(bounds), results, {}).problems).toHaveLength(1);
    const { table, problems } = scenarioTable(asked(bounds), results, { a: 'The reason.' });
    expect(problems).toEqual([]);
    expect(table).toContain(text);
    expect(table).toContain('The reason.');
  });

  it('shows what was not run as not run, and no reason for what does not exist', () => {
    expect(scenarioTable(asked({ max: 5 }), [], {}).problems).toHaveLength(1);
    expect(scenarioTable(asked({ max: 5 }), [], { a: 'Too long.' }).table).toContain('**Not run.** Too long.');
    expect(scenarioTable(asked({ max: 5 }), [], { a: 'Too long.', b: 'Gone.' }).problems).toHaveLength(1);
  });
});

describe('the modes of broadcast', () => {
  const variant = (mode: string) => ({
    name: mode,
    nodes: 1_024,
    config: { 'broadcast.mode': mode, 'broadcast.fanout': 1, 'broadcast.roundMs': 200 },
    network: { latencyMs: { of: [[20]] } },
    topology: { random: 8 },
  });
  const modes = ['push', 'flood', 'tree'];
  const ofLoads = (t99Ms: number, redundancy: number) =>
    [0, 1].flatMap(load =>
      Object.entries({ t99Ms, t100Ms: 2 * t99Ms, redundancy: load === 0 ? redundancy : 0, bytes: 800 }).map(
        ([name, value]) => [`convergence.loads.${load}.${name}`, { mean: value, max: value + 1 }],
      ),
    );

  it('stand in one table beside theory, the message that grows the tree apart', () => {
    const variants = modes.map(name => ({ name, figures: Object.fromEntries(ofLoads(3_000, 14)) }));
    const rows = modesTable(new Map([['m', modes.map(variant)]]), [{ scenario: 'm', seeds: 3, variants }]).split('\n');
    expect(rows[2]).toBe(
      '| 1,024 | push(1) | 3 | 15.0 rounds, 3,000 (3,001) ms | 30.0 rounds, 6,000 (6,001) ms | 16.9 rounds | 15.00 (16.00) | 16 | 800 (801) |',
    );
    expect(rows[3]).toContain('| flood | 3 | 150.0 hops');
    expect(rows[3]).toContain('| 15.00 (16.00) | 7 |');
    expect(rows[4]).toMatch(/\| tree, first message \| 3 \|.*\| 15\.00 \(16\.00\) \| {2}\|/);
    expect(rows[5]).toContain('| 1.00 (2.00) | 1 |');
  });

  it('say what never came to all', () => {
    const figures = { 'convergence.loads.0.t99Ms': { mean: 400, max: 400, missing: 2 } };
    const table = modesTable(new Map([['m', [variant('push')]]]), [
      { scenario: 'm', seeds: 3, variants: [{ name: 'push', figures }] },
    ]);
    expect(table).toContain('| 2.0 rounds, 400 ms, never in 2 | never |');
  });

  it('stand in one picture, a line for each, and theory dashed', () => {
    const points = [[0, 0] as const, [3_000, 0.6] as const, [4_000, 1] as const];
    const svg = modesChart(
      modes.map(mode => ({
        scenario: variant(mode),
        report: { convergence: { loads: [{ redundancy: 1 }, { redundancy: 0 }] } },
        loadCurves: [points, points],
      })),
    );
    expect(svg.match(/<polyline/g)).toHaveLength(3);
    expect(svg).toContain('>16.9</text>');
    expect(svg.match(/<line class="theory"/g)).toHaveLength(4);
    expect(svg).not.toMatch(/NaN|undefined/);
  });
});
