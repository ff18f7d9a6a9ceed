/** Functions fit a screen, files read in one sitting. */
import { walk } from './tree.mjs';

export const FUNCTION_LINES = 70;
export const FILE_LINES = 500;
export const FILE_LINES_NOTED = 300;

const COUNTED = /^(packages\/[^/]+\/src|packages\/core\/sim|demos\/[^/]+\/src|scripts)\/.*\.(tsx?|mjs)$/;
const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

/**
 * @param {import('./tree.mjs').Tree} tree
 * @returns {import('./tree.mjs').Problem[]}
 */
export function checkSizes(tree) {
  return tree.matching(COUNTED).flatMap(file => {
    const lines = lineCount(tree, file);
    const tooLong = `${lines} lines, more than ${FILE_LINES}: split the file by what its parts are about.`;
    const ofFile = lines > FILE_LINES ? [{ file, line: 1, text: tooLong }] : [];
    return [...ofFile, ...longFunctions(tree, file)];
  });
}

/**
 * Files that grow towards the limit.
 * @param {import('./tree.mjs').Tree} tree
 * @returns {string[]}
 */
export function noteSizes(tree) {
  return tree
    .matching(COUNTED)
    .map(file => ({ file, lines: lineCount(tree, file) }))
    .filter(({ lines }) => lines > FILE_LINES_NOTED && lines <= FILE_LINES)
    .map(({ file, lines }) => `${file}: ${lines} lines (aim: ${FILE_LINES_NOTED})`);
}

function lineCount(tree, file) {
  return tree.text(file).trimEnd().split('\n').length;
}

function longFunctions(tree, file) {
  const { program, lineOf } = tree.source(file);
  return ownLines(program, lineOf)
    .filter(({ lines }) => lines > FUNCTION_LINES)
    .map(({ line, lines }) => ({
      file,
      line,
      text: `A function of ${lines} lines, more than ${FUNCTION_LINES}: name its steps and give each a function.`,
    }));
}

/**
 * A function inside another is counted by itself when it has a name of its own (a factory's methods), and as its
 * caller's lines when it is a callback.
 */
function ownLines(program, lineOf) {
  const found = [];
  const around = [];
  walk(program, (node, parent) => {
    if (!FUNCTIONS.has(node.type)) return undefined;
    const line = lineOf(node.start);
    const entry = { line, lines: lineOf(node.end - 1) - line + 1 };
    const outer = around.at(-1);
    if (outer !== undefined && hasOwnName(node, parent)) outer.lines -= entry.lines;
    found.push(entry);
    around.push(entry);
    return () => around.pop();
  });
  return found;
}

function hasOwnName(node, parent) {
  return (
    node.type === 'FunctionDeclaration' ||
    ['Property', 'PropertyDefinition', 'VariableDeclarator', 'MethodDefinition'].includes(parent.type)
  );
}
