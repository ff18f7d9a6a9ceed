/** The simulator in a page: the same scenario and seed is the same run to the last byte, in Node and in Chromium. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium } from '../../../../scripts/chromium.mjs';
import { runScenario, type ScenarioFile, scenarios } from '../../sim/index.ts';

const FLAGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** Without a server: `Math.log` in the times of check-ins gives other last bits in other versions of V8. */
const FILES: readonly ScenarioFile[] = [
  scenarios.get('six-nodes')![0]!,
  { ...scenarios.get('ring-5')![0]!, duration: '10m', load: [] },
  { ...scenarios.get('modes-1k-flood')![0]!, nodes: 60 },
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
    browser = await chromium.launch({ args: FLAGS, executablePath: executablePath! });
  }, 60_000);

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
  }, 60_000);
});
