/**
 * Imports inside `packages/core/src` point down only:
 * types → lib → contracts → outbox → modules (which never import each other) → metrics → contract → modules → assemble, wiring → engine → index, host.
 */

const SRC = 'packages/core/src/';
const LAYERS = [
  ['types'],
  ['lib'],
  ['wire', 'fact', 'input', 'effect', 'errors', 'tunables', 'config', 'identity'],
  ['outbox'],
  [
    'guard',
    'flow',
    'overlay',
    'relay',
    'liveness',
    'broadcast',
    'sync',
    'transfer',
    'intake',
    'policy',
    'store',
    'presence',
    'aggregate',
  ],
  ['metrics', 'due', 'refusal', 'stats'],
  ['contract'],
  ['modules'],
  ['assemble', 'wiring'],
  ['engine'],
  ['index', 'host'],
];
const MODULES = LAYERS[4];
const ALLOWED_PACKAGES = /^(cbor-x|@noble\/[^/]+)(\/|$)/;

/**
 * @param {import('./tree.mjs').Tree} tree
 * @returns {import('./tree.mjs').Problem[]}
 */
export function checkLayers(tree) {
  const files = tree.matching(/^packages\/core\/src\/.*\.ts$/);
  return files.flatMap(file => [...placeProblems(file), ...importProblems(tree, file)]);
}

function placeProblems(file) {
  if (layerOf(file) !== -1) return [];
  const text = `\`${partOf(file)}\` has no layer: put the file into an existing folder, or name it in scripts/checks/layers.mjs.`;
  return [{ file, line: 1, text }];
}

function importProblems(tree, file) {
  return tree
    .source(file)
    .imports.map(({ specifier, target, line }) => {
      const text = target === undefined ? packageProblem(specifier) : arrowProblem(file, target);
      return { file, line, text };
    })
    .filter(problem => problem.text !== undefined);
}

function packageProblem(specifier) {
  if (ALLOWED_PACKAGES.test(specifier)) return undefined;
  return `The core does no IO and imports cbor-x and @noble only, not \`${specifier}\`: ask for an effect, or use a port in a host.`;
}

function arrowProblem(file, target) {
  if (!target.startsWith(SRC)) return `\`${target}\` is outside core/src: the core never looks out.`;
  const from = partOf(file);
  const to = partOf(target);
  if (from === to || layerOf(file) === -1) return undefined;
  if (MODULES.includes(from) && MODULES.includes(to)) {
    return `Module \`${from}\` imports its sibling \`${to}\`: say it as a fact and wire it in wiring.ts.`;
  }
  if (layerOf(target) <= layerOf(file)) return undefined;
  return `\`${from}\` is below \`${to}\` and must not import it: move the shared part down, or turn the arrow round.`;
}

/** First folder, or file name, under core/src. */
function partOf(file) {
  return file.slice(SRC.length).split('/')[0].replace(/\.ts$/, '');
}

function layerOf(file) {
  return LAYERS.findIndex(parts => parts.includes(partOf(file)));
}
