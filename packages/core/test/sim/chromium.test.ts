/** The simulator in a page: the same scenario and seed is the same run to the last byte, in Node and in Chromium. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium } from '../../../../scripts/chromium.mjs';
import { launchChromium } from '../../../../scripts/run/chromium-tabs.mjs';
import { runScenario, type ScenarioFile, scenarios } from '../../sim/index.ts';

function shipped(name: string): ScenarioFile {
  return scenarios.get(name)![0]!;
}

/** With and without a server, in every mode; the pages of e2e/test/what-if.test.ts run others at their full size. */
const FILES: readonly ScenarioFile[] = [
  shipped('six-nodes'),
  { ...shipped('ring-5'), duration: '10m', load: [] },
  { ...shipped('modes-1k-flood'), nodes: 60 },
  { ...shipped('server-gone'), nodes: 16 },
  { ...shipped('churn-2min'), nodes: 12, duration: '3m', churn: { from: '20s', to: '3m', meanSession: '1m' } },
  { ...shipped('join-storm'), nodes: 24, config: { 'broadcast.mode': 'push-pull' } },
  { ...shipped('nat-matrix'), nodes: 10, duration: '2m', config: { 'broadcast.mode': 'pull' } },
  {
    name: 'troubles',
    nodes: 14,
    duration: '2m',
    topology: { random: 4 },
    server: { up: false },
    network: { loss: 0.05, bandwidthKbps: 2_000 },
    config: { 'broadcast.mode': 'tree' },
    timeline: [
      { at: '20s', do: 'partition', fraction: 0.3, for: '3s' },
      { at: '40s', do: 'pause', count: 3, for: '2s' },
      { at: '60s', do: 'restart', count: 2 },
    ],
    load: [{ from: '5s', to: '100s', kind: 'state', perSecond: 2 }],
  },
];

const executablePath: string | undefined = await findChromium();
let browser: Browser;
let bundle: string;

describe.skipIf(executablePath === undefined)('in a page', () => {
  beforeAll(async () => {
    const outDir = await mkdtemp(join(tmpdir(), 'hearsay-sim-'));
    await build({
      configFile: false,
      logLevel: 'error',
      resolve: { conditions: ['@hearsay/source', 'browser', 'import', 'default'] },
      build: {
        outDir,
        lib: {
          entry: new URL('../../sim/index.ts', import.meta.url).pathname,
          formats: ['iife'],
          name: 'hearsaySim',
          fileName: () => 'sim.js',
        },
      },
    });
    bundle = await readFile(join(outDir, 'sim.js'), 'utf8');
    await rm(outDir, { recursive: true, force: true });
    browser = await launchChromium();
  }, 180_000);

  afterAll(() => browser?.close());

  it('SIM-48: a scenario gives the same hash and figures in Node and in Chromium', async () => {
    const page = await browser.newPage();
    await page.addScriptTag({ content: bundle });
    const there = await page.evaluate(files => {
      const sim = (globalThis as unknown as { hearsaySim: typeof import('../../sim/index.ts') }).hearsaySim;
      return JSON.stringify(files.map(file => sim.runScenario(file).report));
    }, FILES);
    const here = JSON.stringify(FILES.map(file => runScenario(file).report));
    expect(JSON.parse(there)).toEqual(JSON.parse(here));
  }, 180_000);
});
