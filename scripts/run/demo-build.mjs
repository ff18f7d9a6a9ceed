/** Builds the demo page with Vite, unless nothing that goes into it has changed since the last time. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DEMO = path.join(ROOT, 'demos/lobby');
const STAMP = path.join(ROOT, '.cache/demo-lobby.sha256');
const INPUTS = [
  'demos/lobby',
  'packages/browser/src',
  'packages/browser/package.json',
  'packages/core/src',
  'packages/core/package.json',
  'packages/signaling/src/protocol.ts',
  'pnpm-lock.yaml',
];
const LEFT_OUT = new Set(['dist', 'node_modules']);

/** @param {(text: string) => void} step @returns {Promise<string>} the folder to serve */
export async function buildDemo(step) {
  const folder = path.join(DEMO, 'dist');
  const hash = await hashOf(INPUTS);
  const built = await readFile(path.join(folder, 'index.html')).catch(() => undefined);
  const stamp = await readFile(STAMP, 'utf8').catch(() => '');
  if (built !== undefined && stamp === hash) return folder;
  step('building the demo page');
  const { build } = await import('vite');
  await build({ root: DEMO, configFile: path.join(DEMO, 'vite.config.ts'), logLevel: 'warn' });
  await mkdir(path.dirname(STAMP), { recursive: true });
  await writeFile(STAMP, hash);
  return folder;
}

async function hashOf(inputs) {
  const hash = createHash('sha256');
  for (const input of inputs) await addTo(hash, input);
  return hash.digest('hex');
}

async function addTo(hash, relative) {
  const entries = await readdir(path.join(ROOT, relative), { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) {
    hash.update(`${relative}\0`).update(await readFile(path.join(ROOT, relative)));
    return;
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) if (!LEFT_OUT.has(entry.name)) await addTo(hash, `${relative}/${entry.name}`);
}
