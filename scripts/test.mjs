/**
 * Everything that can say "this is broken", one after the other: node scripts/test.mjs [filter for vitest]
 *
 * A failing stage does not stop the others. The last line is `N passed, N failed` for all of them together.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runBounded } from './bounded-process.mjs';
import { findChromium } from './chromium.mjs';
import { seconds } from './steps.mjs';
import { addVitestReport, emptyTally, printTally } from './tally.mjs';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const filter = process.argv.slice(2);
const IN_CI = process.env['CI'] === 'true';
const CHECK_MS = 3 * 60_000;
const UNIT_MS = 8 * 60_000;
const E2E_MS = 6 * 60_000;

const tally = emptyTally();
const began = performance.now();
process.chdir(ROOT);
mkdirSync('.cache', { recursive: true });

await stage('Compile', () => program('compile', tool('typescript/bin/tsc'), ['--build']));
await stage('Type-check the tests', typeCheck);
await stage('Lint and format', () => program('lint and format', tool('@biomejs/biome/bin/biome'), ['check', '.']));
await stage('House rules', houseRules);
await stage('Unit, property and simulator tests', () => vitest('unit', [], UNIT_MS));
await stage('Real browsers', realBrowsers);

if (filter.length > 0 && tally.vitestTests === 0) tally.failed.push(`no test matches ${filter.join(' ')}`);
printTally(tally, seconds(began));
if (tally.failed.length > 0) process.exitCode = 1;

/** A stage that throws has failed, and the next one runs all the same. */
async function stage(name, run) {
  const start = performance.now();
  console.log(`\n── ${name}`);
  try {
    await run();
  } catch (error) {
    console.log(error);
    tally.failed.push(`${name}: ${error instanceof Error ? error.message : error}`);
  }
  console.log(`── ${name}: ${seconds(start)}`);
}

/** One program that is one test: it passes when it ends well. */
async function program(name, file, args) {
  const { ok, how } = await runBounded(process.execPath, [file, ...args], { boundMs: CHECK_MS, show: true });
  console.log(`${ok ? '✓' : '✗'} ${name}`);
  if (ok) tally.passed += 1;
  else tally.failed.push(`${name} ${how}`);
}

/** Tests, and demos, which Vite builds without looking at their types. */
async function typeCheck() {
  const demos = readdirSync('demos').map(name => `demos/${name}/tsconfig.json`);
  for (const project of ['tsconfig.tests.json', ...demos.filter(existsSync)]) {
    await program(`type-check ${project}`, tool('typescript/bin/tsc'), ['-p', project, '--noEmit']);
  }
}

async function houseRules() {
  await program('docs/limits.md is current', path.join(ROOT, 'scripts/limits-doc.mjs'), ['--check']);
  await program('docs/simulation.md says what was measured', path.join(ROOT, 'scripts/sim-doc.mjs'), ['--check']);
  // Imported here so that a broken check is a failed stage, not the end of everything.
  const { runChecks } = await import('./check.mjs');
  for (const { name, ok } of runChecks(ROOT)) {
    if (ok) tally.passed += 1;
    else tally.failed.push(`house rules: ${name}`);
  }
}

async function realBrowsers() {
  const files = readdirSync('e2e', { recursive: true }).filter(name => !name.startsWith('node_modules'));
  if (!files.some(name => name.endsWith('.test.ts'))) {
    tally.skipped.push('real browsers: e2e has no tests');
    return;
  }
  const browser = await findChromium();
  if (browser !== undefined) {
    const env = { ...process.env, CHROMIUM_PATH: browser };
    await vitest('e2e', ['--config', 'e2e/vitest.config.ts', '--no-file-parallelism'], E2E_MS, env);
  } else if (IN_CI) tally.failed.push('real browsers: no Chromium was found, and in CI there must be one');
  else tally.skipped.push('real browsers: no Chromium was found; set CHROMIUM_PATH to one');
}

async function vitest(name, args, boundMs, env = process.env) {
  const report = path.join(ROOT, '.cache', `vitest-${name}.json`);
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const filters = filter.length > 0 ? ['--passWithNoTests', ...filter] : [];
  const all = [tool('vitest/vitest.mjs'), 'run', ...args, ...reporters, ...filters];
  const outcome = await runBounded(process.execPath, all, { boundMs, env, show: true });
  const json = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
  addVitestReport(tally, name, json, outcome, { root: ROOT, mayBeEmpty: filter.length > 0 });
}

/** Packages are called by their file, so no shell and no PATH is needed. */
function tool(file) {
  return path.join(ROOT, 'node_modules', file);
}
