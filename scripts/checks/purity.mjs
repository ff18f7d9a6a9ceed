/** The core is compiled without the DOM, Node or any other outside world in sight. */

const CONFIG = 'packages/core/tsconfig.json';
const WANTED = { lib: ['ES2023'], types: [] };

/**
 * @param {import('./tree.mjs').Tree} tree
 * @returns {import('./tree.mjs').Problem[]}
 */
export function checkPurity(tree) {
  const { compilerOptions = {} } = JSON.parse(tree.text(CONFIG));
  return Object.entries(WANTED)
    .filter(([option, value]) => JSON.stringify(compilerOptions[option]) !== JSON.stringify(value))
    .map(([option, value]) => {
      const text = `\`${option}\` must be ${JSON.stringify(value)} so that IO does not compile: mend it, and use a port.`;
      return { file: CONFIG, line: lineOf(tree.text(CONFIG), `"${option}"`), text };
    });
}

function lineOf(text, part) {
  const at = text.indexOf(part);
  return at === -1 ? 1 : text.slice(0, at).split('\n').length;
}
