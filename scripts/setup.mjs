/**
 * Makes a fresh checkout ready: node setup.mjs [--browser] [--quiet]
 *
 * Runs before anything is installed, so it may use Node's built-in modules only. Installs what the lockfile says,
 * compiles, and with --browser finds or fetches a Chromium. All three do nothing when there is nothing to do.
 */
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runBounded } from './bounded-process.mjs';
import { findChromium, installChromium } from './chromium.mjs';
import { createSteps } from './steps.mjs';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
const forTests = process.argv.includes('--browser');
const { note, step } = createSteps({ quiet: process.argv.includes('--quiet') });

checkNode();
if (!isInstalled()) await step('installing packages', install);
await step('compiling', compile);
if (forTests) await provideChromium();

function checkNode() {
  const wanted = manifest.engines.node
    .match(/^>=(\d+)\.(\d+)\.(\d+)$/)
    .slice(1)
    .map(Number);
  const have = process.versions.node.split('.').map(Number);
  const differing = wanted.findIndex((part, i) => part !== have[i]);
  if (differing === -1 || have[differing] > wanted[differing]) return;
  fail(
    `Hearsay needs Node.js ${wanted.join('.')} or newer, and this is ${process.version}: please install a newer one.`,
  );
}

function isInstalled() {
  const wanted = path.join(ROOT, 'pnpm-lock.yaml');
  const have = path.join(ROOT, 'node_modules', '.pnpm', 'lock.yaml');
  if (!existsSync(have) || !readFileSync(wanted).equals(readFileSync(have))) return false;
  return workspaceFolders().every(folder => existsSync(path.join(folder, 'node_modules')));
}

/** Folders of the packages that depend on something, and so have a `node_modules` of their own once installed. */
function workspaceFolders() {
  const groups = ['packages', 'demos'].map(name => path.join(ROOT, name)).filter(existsSync);
  const folders = groups.flatMap(group => readdirSync(group).map(name => path.join(group, name)));
  return [...folders, path.join(ROOT, 'e2e')].filter(folder => {
    const file = path.join(folder, 'package.json');
    if (!existsSync(file)) return false;
    const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(file, 'utf8'));
    return Object.keys({ ...dependencies, ...devDependencies }).length > 0;
  });
}

async function install(onLine) {
  const [program, ...args] = pnpm();
  // In production mode pnpm leaves the compiler and the test tools out.
  const env = { ...process.env, NODE_ENV: 'development' };
  const all = [...args, 'install', '--frozen-lockfile', '--config.confirmModulesPurge=false'];
  const { ok, how, output } = await runBounded(program, all, { boundMs: 600_000, cwd: ROOT, env, onLine });
  if (!ok) fail(`${output}\nInstalling the packages ${how}: see above, and check the network.`);
}

/** The pnpm we were called through, else the one that package.json names, by way of npm. */
function pnpm() {
  const caller = process.env['npm_execpath'] ?? '';
  if (path.basename(caller).startsWith('pnpm') && existsSync(caller)) {
    return /\.[cm]?js$/.test(caller) ? [process.execPath, caller] : [caller];
  }
  const npm = npmCli(caller);
  if (npm === undefined) fail('npm was not found next to Node.js: please install npm, or run `pnpm install` yourself.');
  const name = manifest.packageManager.split('+')[0];
  return [process.execPath, npm, 'exec', '--yes', `--package=${name}`, '--', 'pnpm'];
}

function npmCli(caller) {
  const inNpm = path.join('node_modules', 'npm', 'bin', 'npm-cli.js');
  const ofNode = [process.execPath, realpathSync(process.execPath)].map(file => path.dirname(file));
  const beside = ofNode.flatMap(folder => [path.join(folder, inNpm), path.join(folder, '..', 'lib', inNpm)]);
  const onPath = (process.env['PATH'] ?? '').split(path.delimiter).map(folder => path.join(folder, 'npm'));
  return [caller, ...beside, ...onPath]
    .filter(file => existsSync(file))
    .map(file => realpathSync(file))
    .find(file => path.basename(file) === 'npm-cli.js');
}

async function compile(onLine) {
  forgetLostOutputs();
  const tsc = path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const { ok, how, output } = await runBounded(process.execPath, [tsc, '--build'], {
    boundMs: 300_000,
    cwd: ROOT,
    onLine,
  });
  if (ok) return;
  // The tests read sources and report a compile error among their results; stopping here would hide all the others.
  if (forTests) note(`Compiling ${how}: the tests will report it.`);
  else fail(`${output}\nCompiling ${how}: see above.`);
}

/** The compiler believes its record of an earlier build, even when someone has deleted what was built. */
function forgetLostOutputs() {
  const { references } = JSON.parse(readFileSync(path.join(ROOT, 'tsconfig.json'), 'utf8'));
  for (const reference of references) {
    const folder = path.join(ROOT, reference.path);
    const { compilerOptions } = JSON.parse(readFileSync(path.join(folder, 'tsconfig.json'), 'utf8'));
    const isBuilt = existsSync(path.join(folder, compilerOptions.outDir));
    if (!isBuilt) rmSync(path.join(folder, 'tsconfig.tsbuildinfo'), { force: true });
  }
}

/** A missing browser ends nothing here: scripts/test.mjs decides whether to skip its tests or to fail. */
async function provideChromium() {
  try {
    const found = await step('looking for a browser', findChromium);
    if (found !== undefined) return note(`browser: ${found}`);
    const { path: fetched, why } = await step('fetching a browser', installChromium);
    if (fetched !== undefined) return note(`browser: ${fetched}`);
    const outcome = process.env['CI'] === 'true' ? 'count as failed (this is CI)' : 'will be skipped';
    process.stderr.write(`The real-browser tests ${outcome}, because no Chromium could be had: ${why}.\n`);
  } catch (error) {
    fail(error.message);
  }
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  // `npm test` ends with this line whatever happens.
  if (forTests) process.stdout.write('0 passed, 1 failed\n');
  process.exit(1);
}
