/** Which package may import which, and the few files that may touch the outside world. */

const TESTS = /(^|\/)(test|testing|bench)\//;

/** First rule that matches a file holds; `may` lists the workspace imports that are allowed. */
const ARROWS = [
  { files: /^packages\/core\/src\//, may: /^$/, text: 'core imports no other package' },
  { files: /^packages\/core\/sim\//, may: /^@hearsay\/core(\/|$)/, text: 'core/sim imports core only' },
  { files: /^packages\/signaling\/src\//, may: /^$/, text: 'signaling imports no other package' },
  {
    files: /^packages\/browser\/src\//,
    may: /^@hearsay\/(core(\/.*)?|signaling\/protocol)$/,
    text: 'browser imports core and signaling/protocol only',
  },
  {
    files: /^packages\/node-peer\/src\//,
    may: /^@hearsay\/(core(\/.*)?|browser(\/.*)?|signaling\/protocol)$/,
    text: 'node-peer imports browser, core and signaling/protocol only',
  },
  {
    files: /^demos\/what-if\/src\//,
    may: /^@hearsay\/core\/sim$/,
    text: 'the page with the simulator imports core/sim only',
  },
  {
    files: /^demos\/[^/]+\/src\//,
    may: /^@hearsay\/(browser|node-peer)(\/.*)?$/,
    text: 'demos import browser and node-peer only',
  },
];
const MAY_IMPORT_WS = /^packages\/(signaling\/src\/server\.ts|node-peer\/src\/ports\/.*)$/;
const CODE = /^(packages|demos)\/.*\.(tsx?|mjs)$/;

/**
 * @param {import('./tree.mjs').Tree} tree
 * @returns {import('./tree.mjs').Problem[]}
 */
export function checkArrows(tree) {
  return tree
    .matching(CODE)
    .filter(file => !TESTS.test(file))
    .flatMap(file =>
      tree
        .source(file)
        .imports.map(entry => ({ file, line: entry.line, text: problemWith(file, entry) }))
        .filter(problem => problem.text !== undefined),
    );
}

function problemWith(file, { specifier, target }) {
  if (target !== undefined) return escapeProblem(file, target);
  if (specifier === 'ws' && !MAY_IMPORT_WS.test(file)) {
    return 'Only signaling/src/server.ts and node-peer/src/ports/ import ws: take the socket as a parameter.';
  }
  const rule = ARROWS.find(({ files }) => files.test(file));
  if (rule === undefined || !/^@hearsay\//.test(specifier) || rule.may.test(specifier)) return undefined;
  return `\`${specifier}\` is not for this package, ${rule.text}: move the code, or pass the value in.`;
}

/** Each of these folders is compiled by itself, so a path out of it leads nowhere in the build. */
function escapeProblem(file, target) {
  const folder = file.match(/^(packages|demos)\/[^/]+\/(src|sim)\//)?.[0];
  if (folder === undefined || target.startsWith(folder)) return undefined;
  return `\`${target}\` is outside ${folder}: import it by its package name.`;
}
