/** Builds a demo page with Vite, unless nothing that goes into it has changed since the last time. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CORE = ['packages/core/src', 'packages/core/package.json', 'pnpm-lock.yaml'];
const INPUTS = {
  lobby: [...CORE, 'packages/browser/src', 'packages/browser/package.json', 'packages/signaling/src/protocol.ts'],
  'what-if': [...CORE, 'packages/core/sim'],
};
const LEFT_OUT = new Set(['dist', 'node_modules']);

/**
 * @param {keyof typeof INPUTS} name
 * @param {(text: string) => void} step
 * @returns {Promise<string>} the folder to serve
 */
export async function buildDemo(name, step) {
  const demo = path.join(ROOT, 'demos', name);
  const stampFile = path.join(ROOT, `.cache/demo-${name}.sha256`);
  const folder = path.join(demo, 'dist');
  const hash = await hashOf([`demos/${name}`, ...INPUTS[name]]);
  const built = await readFile(path.join(folder, 'index.html')).catch(() => undefined);
  const stamp = await readFile(stampFile, 'utf8').catch(() => '');
  if (built !== undefined && stamp === hash) return folder;
  step(`building the page of demos/${name}`);
  const { build } = await import('vite');
  await build({ root: demo, configFile: path.join(demo, 'vite.config.ts'), logLevel: 'warn' });
  await mkdir(path.dirname(stampFile), { recursive: true });
  await writeFile(stampFile, hash);
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
