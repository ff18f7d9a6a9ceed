/** The wiring table of ARCHITECTURE.md is the one that `wiring.ts` and the modules really have. */

const WIRING = 'packages/core/src/wiring.ts';
const PAGE = 'ARCHITECTURE.md';
const MODULE_FILES = /^packages\/core\/src\/(\w+)(\/[\w-]+)*\.ts$/;

/**
 * @param {import('./tree.mjs').Tree} tree
 * @returns {import('./tree.mjs').Problem[]}
 */
export function checkWiring(tree) {
  const text = tree.text(PAGE);
  const expected = wiringTable(tree);
  if (text.includes(expected)) return [];
  const line = text.split('\n').findIndex(row => row.startsWith('| fact |')) + 1;
  return [{ file: PAGE, line, text: `the wiring table should be:\n${expected}` }];
}

/** @param {import('./tree.mjs').Tree} tree */
function wiringTable(tree) {
  const wiring = tree.text(WIRING);
  const react = bodyOf(wiring, 'react').replace(/return (\w+)\(m(?:, fact)?(?:, now)?\)/g, (_, name) =>
    bodyOf(wiring, name, 2),
  );
  const speakers = speakersOf(tree);
  const rows = [...react.matchAll(/^ {4}case '([\w-]+)':([\s\S]*?)(?=^ {4}case|$(?![\s\S]))/gm)].map(
    ([, fact, body]) => {
      const heard = [...new Set([...body.matchAll(/\bm\.(\w+)\./g)].map(([, module]) => module))];
      return `| \`${fact}\` | ${(speakers.get(fact) ?? []).join(', ')} | ${heard.join(' → ') || 'metrics alone'} |`;
    },
  );
  return ['| fact | said by | heard by, in this order |', '| --- | --- | --- |', ...rows].join('\n');
}

/** A function at the top level of a formatted file, from its name to its closing brace, moved in by `indent`. */
function bodyOf(text, name, indent = 0) {
  const body = new RegExp(`^(?:export )?function ${name}\\([\\s\\S]*?^}$`, 'm').exec(text)?.[0];
  if (body === undefined) throw new Error(`${WIRING} has no function ${name}`);
  return body.replace(/^/gm, ' '.repeat(indent));
}

function speakersOf(tree) {
  const speakers = new Map();
  for (const file of tree.matching(MODULE_FILES)) {
    const module = MODULE_FILES.exec(file)[1];
    for (const [, fact] of tree.text(file).matchAll(/\bfact\(\{\s*type: '([\w-]+)'/g)) {
      const known = speakers.get(fact) ?? [];
      if (!known.includes(module)) speakers.set(fact, [...known, module]);
    }
  }
  return speakers;
}
