/** The repository as the house rules see it: its source files, parsed once. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseSync } from 'vite';

const IGNORED = new Set(['node_modules', 'dist', 'dist-sim', 'coverage', 'test-results']);

/**
 * @typedef {object} Problem
 * @property {string} file   relative to the root, with forward slashes
 * @property {number} line
 * @property {string} text   what is wrong and how to mend it
 *
 * @typedef {object} Import
 * @property {string} specifier  as written
 * @property {string | undefined} target  the file it names when it is relative, from the root
 * @property {number} line
 *
 * @typedef {ReturnType<typeof openTree>} Tree
 */

/** @param {string} root */
export function openTree(root) {
  const files = listFiles(root, '').sort();
  const parsed = new Map();

  const tree = {
    files,
    /** @param {string} file */
    text: file => readFileSync(path.join(root, file), 'utf8'),
    /** @param {RegExp} pattern */
    matching: pattern => files.filter(file => pattern.test(file)),
    /** @param {string} file */
    source(file) {
      let source = parsed.get(file);
      if (source === undefined) {
        source = parse(file, tree.text(file));
        parsed.set(file, source);
      }
      return source;
    },
  };
  return tree;
}

function listFiles(root, folder) {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap(entry => {
    const name = path.posix.join(folder, entry.name);
    if (entry.name.startsWith('.') || IGNORED.has(entry.name)) return [];
    if (entry.isDirectory()) return listFiles(root, name);
    return entry.isFile() ? [name] : [];
  });
}

function parse(file, text) {
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0].message}`);
  const lineOf = lineFinder(text);
  const imports = [];
  walk(program, node => {
    const literal = importedName(node);
    if (typeof literal?.value !== 'string') return;
    const specifier = literal.value;
    const target = specifier.startsWith('.')
      ? path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier))
      : undefined;
    imports.push({ specifier, target, line: lineOf(literal.start) });
  });
  return { program, imports, lineOf };
}

/** `import`, `export … from`, `import()` and the type `import('…')` alike: an arrow is an arrow. */
function importedName(node) {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return node.source;
    default:
      return undefined;
  }
}

/**
 * Visits every node, parents first. What `visit` returns is called when the node's children are done.
 * @param {object} node
 * @param {(node: any, parent: any) => (() => void) | undefined | void} visit
 * @param {object} [parent]
 */
export function walk(node, visit, parent) {
  const leave = visit(node, parent);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type === 'string') walk(child, visit, node);
    }
  }
  leave?.();
}

function lineFinder(text) {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return offset => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}
