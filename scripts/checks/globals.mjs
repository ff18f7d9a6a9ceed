/**
 * What the compiler lets through: chance, clocks, timers and inexact functions in the core and its simulator, Node's
 * `process` there and in the browser's package.
 */
import { walk } from './tree.mjs';

const CORE = 'packages/core/';
const INEXACT = 'acos asin atan atan2 cbrt cos cosh exp expm1 hypot log log10 log1p log2 pow sin sinh tan tanh';
const IN_CORE = {
  'Date.now': 'read `now`',
  'Math.random': 'use the seeded generator in lib',
  'performance.now': 'read `now`',
  setTimeout: 'keep a deadline and answer `nextWakeAt`',
  setInterval: 'keep a deadline and answer `nextWakeAt`',
  ...Object.fromEntries(
    INEXACT.split(' ').map(name => [
      `Math.${name}`,
      'its last bit differs between JavaScript engines; use + − × ÷ and √',
    ]),
  ),
};

/**
 * @param {import('./tree.mjs').Tree} tree
 * @returns {import('./tree.mjs').Problem[]}
 */
export function checkGlobals(tree) {
  return tree.matching(/^packages\/(core\/(src|sim)|browser\/src)\/.*\.tsx?$/).flatMap(file => {
    const { program, lineOf } = tree.source(file);
    const problems = [];
    walk(program, (node, parent) => {
      const text = problemWith(file, node, parent);
      if (text !== undefined) problems.push({ file, line: lineOf(node.start), text });
    });
    return problems;
  });
}

function problemWith(file, node, parent) {
  if (isMember(node)) {
    const object = nameOf(node.object);
    if (object === 'process') return 'A tab has no `process`: take the value as an option.';
    if (!file.startsWith(CORE)) return undefined;
    return coreProblem(object === 'globalThis' ? node.property.name : `${object}.${node.property.name}`);
  }
  if (!file.startsWith(CORE) || node.type !== 'Identifier') return undefined;
  // As a property's name it is someone's own word, unless it is read from globalThis.
  const isOwnName = (isMember(parent) && parent.property === node) || parent.key === node;
  return isOwnName ? undefined : coreProblem(node.name);
}

function coreProblem(name) {
  const instead = Object.hasOwn(IN_CORE, name) ? IN_CORE[name] : undefined;
  return instead === undefined ? undefined : `\`${name}\` makes a run unrepeatable: ${instead}.`;
}

function isMember(node) {
  return node?.type === 'MemberExpression' && !node.computed;
}

/** `x` and `globalThis.x` both name the global `x`. */
function nameOf(node) {
  if (node.type === 'Identifier') return node.name;
  return isMember(node) && nameOf(node.object) === 'globalThis' ? node.property.name : undefined;
}
