/** Each package's SPEC.md and its tests say the same: every rule has a test, every test checks a rule. */
import { walk } from './tree.mjs';

const RULE = /^- \*\*([A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*-\d+)\*\* /;
const TITLE = /^([A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*-\d+): /;

/**
 * @param {import('./tree.mjs').Tree} tree
 * @returns {import('./tree.mjs').Problem[]}
 */
export function checkSpec(tree) {
  return tree.matching(/^packages\/[^/]+\/SPEC\.md$/).flatMap(spec => checkPackage(tree, spec));
}

function checkPackage(tree, spec) {
  const folder = spec.slice(0, -'SPEC.md'.length);
  const { rules, problems } = readRules(tree, spec);
  const tested = new Set();
  for (const file of tree.files) {
    if (!file.startsWith(`${folder}test/`) || !/\.test\.tsx?$/.test(file)) continue;
    for (const { title, line } of titlesIn(tree.source(file))) {
      const id = title?.match(TITLE)?.[1];
      if (id === undefined) {
        problems.push({ file, line, text: `A test title starts with the rule it checks, written out: \`RULE-1: …\`.` });
      } else if (!rules.has(id)) {
        problems.push({ file, line, text: `There is no rule ${id} in ${spec}: correct the title, or write the rule.` });
      }
      tested.add(id);
    }
  }
  for (const [id, line] of rules) {
    if (!tested.has(id))
      problems.push({ file: spec, line, text: `Rule ${id} has no test: write one titled \`${id}: …\`.` });
  }
  return problems;
}

function readRules(tree, spec) {
  const rules = new Map();
  const problems = [];
  for (const [i, text] of tree.text(spec).split('\n').entries()) {
    const id = text.match(RULE)?.[1];
    if (id === undefined) continue;
    if (rules.has(id))
      problems.push({ file: spec, line: i + 1, text: `Rule ${id} is numbered twice: give this one the next number.` });
    else rules.set(id, i + 1);
  }
  if (rules.size === 0)
    problems.push({ file: spec, line: 1, text: 'No rule found: write each as `- **RULE-1** text`.' });
  return { rules, problems };
}

/** Titles of `it(…)`, `test(…)`, `it.each(…)(…)` and the like; undefined where it does not start with plain text. */
function titlesIn({ program, lineOf }) {
  const titles = [];
  walk(program, (node, parent) => {
    if (node.type !== 'CallExpression' || !isTestFunction(node.callee)) return;
    // In `it.each(table)(title, …)` the inner call is the callee of the outer one, which has the title.
    if (parent?.type === 'CallExpression' && parent.callee === node) return;
    if (parent?.type === 'TaggedTemplateExpression' && parent.tag === node) return;
    titles.push({ title: startOf(node.arguments[0]), line: lineOf(node.start) });
  });
  return titles;
}

function isTestFunction(callee) {
  switch (callee.type) {
    case 'Identifier':
      return callee.name === 'it' || callee.name === 'test';
    case 'MemberExpression':
      // `test.beforeEach(…)` and its like are not tests.
      return isTestFunction(callee.object) && !/^(before|after|describe|extend|use)/.test(callee.property.name ?? '');
    case 'CallExpression':
      return isTestFunction(callee.callee);
    case 'TaggedTemplateExpression':
      return isTestFunction(callee.tag);
    default:
      return false;
  }
}

function startOf(argument) {
  if (argument?.type === 'Literal' && typeof argument.value === 'string') return argument.value;
  if (argument?.type === 'TemplateLiteral') return argument.quasis[0].value.cooked;
  if (argument?.type === 'BinaryExpression' && argument.operator === '+') return startOf(argument.left);
  return undefined;
}
