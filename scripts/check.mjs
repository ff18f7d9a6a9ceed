/** The house rules, each a small check of its own: node scripts/check.mjs */
import { realpathSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkArrows } from './checks/arrows.mjs';
import { checkCycles } from './checks/cycles.mjs';
import { checkGlobals } from './checks/globals.mjs';
import { checkLayers } from './checks/layers.mjs';
import { checkLockfile } from './checks/lockfile.mjs';
import { checkPurity } from './checks/purity.mjs';
import { checkSizes, noteSizes } from './checks/sizes.mjs';
import { checkSpec } from './checks/spec.mjs';
import { openTree } from './checks/tree.mjs';
import { checkWiring } from './checks/wiring.mjs';
import { checkWords } from './checks/words.mjs';

const THIS_FILE = fileURLToPath(import.meta.url);

/** @type {[name: string, check: (tree: import('./checks/tree.mjs').Tree) => import('./checks/tree.mjs').Problem[]][]} */
const CHECKS = [
  ['layers of the core', checkLayers],
  ['import cycles', checkCycles],
  ['arrows between packages', checkArrows],
  ['globals', checkGlobals],
  ['sizes', checkSizes],
  ['rules and tests', checkSpec],
  ['purity of the core', checkPurity],
  ['forbidden words', checkWords],
  ['wiring table', checkWiring],
  ['lockfile', checkLockfile],
];

/**
 * Runs every check and prints what it finds; a check that throws has failed.
 * @param {string} [root]  the repository
 * @returns {{ name: string, ok: boolean }[]}
 */
export function runChecks(root = path.dirname(path.dirname(THIS_FILE))) {
  const tree = openTree(root);
  const results = CHECKS.map(([name, check]) => {
    const complaints = complaintsOf(check, tree);
    console.log(`${complaints.length === 0 ? '✓' : '✗'} ${name}`);
    for (const complaint of complaints) console.log(`  ${complaint}`);
    return { name, ok: complaints.length === 0 };
  });
  for (const note of noteSizes(tree)) console.log(`note: ${note}`);
  return results;
}

function complaintsOf(check, tree) {
  try {
    return check(tree).map(({ file, line, text }) => `${file}:${line} ${text}`);
  } catch (error) {
    return [error.message];
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === THIS_FILE) {
  if (runChecks().some(({ ok }) => !ok)) process.exitCode = 1;
}
