/** The simulator in a page: what it finds is what Node finds, to the last byte. */
import { runScenario, type ScenarioFile, scenarios } from '@hearsay/core/sim';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChromium } from '../../scripts/run/chromium-tabs.mjs';
import { buildDemo } from '../../scripts/run/demo-build.mjs';
import { serveStatic } from '../../scripts/serve-static.mjs';

const RUN_MS = 60_000;
let site: Awaited<ReturnType<typeof serveStatic>>;
let browser: Browser;
let page: Page;
const errors: string[] = [];

beforeAll(async () => {
  site = await serveStatic(await buildDemo('what-if', () => undefined));
  browser = await launchChromium();
  page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  page.on('pageerror', error => errors.push(error.message));
  page.on('console', message => void (message.type() === 'error' && errors.push(message.text())));
  await page.goto(site.url);
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

/** Runs what is chosen and reads the trace hash. */
async function run(): Promise<string | null> {
  await page.getByRole('button', { name: 'Run' }).click();
  await page.waitForFunction(() => /^Done/.test(document.querySelector('#status')!.textContent!), undefined, {
    timeout: RUN_MS,
  });
  return page.locator('dd.hash').textContent();
}

test.each([
  ['six-nodes', '1'],
  ['six-nodes', '7'],
  ['ring-5', '1'],
  ['freeze-resume', '1'],
  ['partition-heal', '1'],
  ['away-24h', '1'],
])('%s with seed %s has the same trace in the page and in Node', async (name, seed) => {
  await page.getByLabel('Scenario').selectOption(name);
  expect(await page.getByLabel('Peers', { exact: true }).isVisible()).toBe(false);
  await page.getByLabel('Seed').fill(seed);
  const there = await run();
  expect(there).toBe(runScenario(scenarios.get(name)![0]!, { seed: Number(seed) }).report.traceHash);
  expect(await page.locator('#verdict.met').count()).toBe(1);
});

test('a question of one’s own runs, is drawn, and runs the same in Node from the file that the page shows', async () => {
  await page.getByLabel('Scenario').selectOption('Your own');
  await page.getByLabel('Peers', { exact: true }).fill('24');
  await page.getByLabel('Cut off').fill('30');
  await page.getByLabel('Packets lost').fill('5');
  await page.getByLabel('Mean visit').fill('60');
  const there = await run();
  const file = JSON.parse((await page.locator('#file').textContent())!) as ScenarioFile;
  expect(file).toMatchObject({ nodes: 24, network: { loss: 0.05 }, churn: { meanSession: '60s' } });
  expect(runScenario(file).report.traceHash).toBe(there);
  expect(await page.locator('#mesh circle').count()).toBe(24);
  expect(await page.locator('#spread polyline').count()).toBe(2);
  expect(await page.locator('#bytes polyline').count()).toBe(1);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
});

test('a run can be stopped, and another one started after it', async () => {
  await page.getByLabel('Peers', { exact: true }).fill('1000');
  await page.getByRole('button', { name: 'Run' }).click();
  await page.getByRole('button', { name: 'Stop' }).click();
  expect(await page.locator('#status').textContent()).toBe('Stopped.');
  await page.getByLabel('Peers', { exact: true }).fill('6');
  expect(await run()).toMatch(/^[0-9a-f]{16}$/);
  expect(await page.locator('#mesh circle').count()).toBeGreaterThan(2);
  expect(errors).toEqual([]);
});
