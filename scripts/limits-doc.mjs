/** Writes docs/limits.md from the engine's own tables; with --check it only says whether the file is current. */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { tunables } from '../packages/core/dist/index.js';
import { wireLimits } from '../packages/core/dist/wire/index.js';

const FILE = fileURLToPath(new URL('../docs/limits.md', import.meta.url));

export function limitsDoc() {
  const rows = Object.entries(tunables).map(
    ([name, { initial, min, max, unit, about, source }]) =>
      `| \`${name}\` | ${number(initial)} | ${number(min)}–${number(max)} | ${unit} | ${about} | ${source} |`,
  );
  const wire = Object.entries(wireLimits).map(([name, value]) => `| \`${name}\` | ${number(value)} |`);
  return `# Limits and settings

Written by \`node scripts/limits-doc.mjs\` from \`packages/core/src/config.ts\` and \`wire/limits.ts\`; a test fails when
it is out of date.

## Settings

Set them with \`joinRoom({ limits: { 'overlay.maxLinks': 8 } })\`, in a scenario's \`config\`, or leave them alone. Every
peer of a room should have the same \`store.*\` and \`guard.author*\` settings.

| name | default | range | unit | meaning | source |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

\`broadcast.mode\` is \`tree\` (the default), \`flood\`, \`push\`, \`pull\` or \`push-pull\`: the
same on every peer of a room.

## On the wire

Fixed: peers that differ in these do not understand each other.

| name | value |
| --- | --- |
${wire.join('\n')}

The signaling server's own limits are in \`packages/signaling/src/limits.ts\`, each with its reason.
`;
}

function number(value) {
  return value.toLocaleString('en-US');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const current = await readFile(FILE, 'utf8').catch(() => '');
  if (!process.argv.includes('--check')) await writeFile(FILE, limitsDoc());
  else if (current !== limitsDoc()) {
    console.error('docs/limits.md is out of date: run node scripts/limits-doc.mjs.');
    process.exit(1);
  }
}
