/**
 * Where the Chromium for real-browser tests comes from. Looking never installs anything; `installChromium` does.
 * Node built-ins only at import: Playwright is asked only when it is there.
 */
import { accessSync, constants, existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runBounded } from './bounded-process.mjs';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/**
 * The first that runs of: `CHROMIUM_PATH`, a Chromium, Chrome or Edge of this machine, Playwright's own.
 * @returns {Promise<string | undefined>} path of the program, undefined when there is none
 * @throws {Error} when CHROMIUM_PATH is set to something that does not run: a wish that is not met must be heard
 */
export async function findChromium() {
  const wished = process.env['CHROMIUM_PATH'];
  if (wished) {
    if (await runs(wished)) return wished;
    throw new Error(`CHROMIUM_PATH is ${wished}, which does not run as a browser: correct it or unset it.`);
  }
  for (const candidate of [...browsersOfThisMachine(), ...(await browserOfPlaywright())]) {
    if (await runs(candidate)) return candidate;
  }
  return undefined;
}

/**
 * Fetches a Chromium: Playwright's, else Debian's when we are root.
 * @param {(line: string) => void} onLine  hears the latest line of the installers' output
 * @returns {Promise<{ path: string } | { path: undefined, why: string }>}
 */
export async function installChromium(onLine) {
  const tried = [];
  for (const { name, commands } of installers()) {
    const failure = await runAll(commands, onLine);
    const found = await findChromium();
    if (found !== undefined) return { path: found };
    tried.push(`${name} ${failure ?? 'ended well, but its browser does not start here'}`);
  }
  return { path: undefined, why: tried.join('; ') || 'Playwright is not installed' };
}

function* installers() {
  const playwright = playwrightFile('cli.js');
  if (playwright !== undefined) {
    const command = { program: process.execPath, args: [playwright, 'install', 'chromium'] };
    yield { name: '`playwright install chromium`', commands: [command] };
  }
  const apt = onPath('apt-get');
  if (apt !== undefined && process.getuid?.() === 0) {
    const packages = ['chromium', 'fonts-liberation'];
    const commands = [
      { program: apt, args: ['update'] },
      { program: apt, args: ['install', '--yes', '--no-install-recommends', ...packages] },
    ];
    yield { name: '`apt-get install chromium`', commands };
  }
}

/** Undefined when all went well, else how the first failure ended. */
async function runAll(commands, onLine) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const { program, args } of commands) {
    const { ok, how, output } = await runBounded(program, args, { boundMs: 300_000, cwd: ROOT, env, onLine });
    if (!ok) return `${how} (${reasonIn(output)})`;
  }
  return undefined;
}

/** The line that says what went wrong; a stack trace may follow it. */
function reasonIn(output) {
  const lines = output.trim().split('\n');
  return (lines.find(line => /\berror\b|^E: /i.test(line)) ?? lines.at(-1) ?? '').trim().slice(0, 200);
}

function browsersOfThisMachine() {
  const { env, platform } = process;
  if (platform === 'win32') {
    const programs = [
      'Google\\Chrome\\Application\\chrome.exe',
      'Chromium\\Application\\chrome.exe',
      'Microsoft\\Edge\\Application\\msedge.exe',
    ];
    const folders = [env['PROGRAMFILES'], env['PROGRAMFILES(X86)'], env['LOCALAPPDATA']].filter(Boolean);
    return programs.flatMap(program => folders.map(folder => path.join(folder, program)));
  }
  if (platform === 'darwin') {
    return ['Google Chrome', 'Chromium', 'Microsoft Edge'].flatMap(name =>
      ['/Applications', path.join(env['HOME'] ?? '/', 'Applications')].map(folder =>
        path.join(folder, `${name}.app`, 'Contents', 'MacOS', name),
      ),
    );
  }
  const names = ['chromium', 'google-chrome-stable', 'google-chrome', 'chromium-browser', 'microsoft-edge-stable'];
  return names.map(onPath).filter(found => found !== undefined && !isSnap(found));
}

/** A snap sees a private /tmp, so it cannot read the profile that a test prepares for it. */
function isSnap(program) {
  return program.startsWith('/snap/') || path.basename(realpathSync(program)) === 'snap';
}

async function browserOfPlaywright() {
  try {
    const { chromium } = createRequire(path.join(ROOT, 'package.json'))('playwright');
    return [chromium.executablePath()];
  } catch {
    // Not installed, or built for other systems than this one: then it has no browser for us.
    return [];
  }
}

function playwrightFile(name) {
  const file = path.join(ROOT, 'node_modules', 'playwright', name);
  return existsSync(file) ? file : undefined;
}

/** Files alone prove little: a browser without its libraries, or a wrapper without its browser, does not start. */
async function runs(program) {
  if (!existsSync(program)) return false;
  // On Windows `--version` opens a window instead of answering.
  if (process.platform === 'win32') return true;
  const { ok, output } = await runBounded(program, ['--version'], { boundMs: 20_000 });
  return ok && /\d+\.\d+/.test(output);
}

function onPath(name) {
  for (const folder of (process.env['PATH'] ?? '').split(path.delimiter)) {
    const file = path.join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      if (path.isAbsolute(folder)) return file;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}
