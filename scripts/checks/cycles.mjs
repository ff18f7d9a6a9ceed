/** No file imports itself by way of others, types included: a cycle has no first file to read. */

/**
 * @param {import('./tree.mjs').Tree} tree
 * @returns {import('./tree.mjs').Problem[]}
 */
export function checkCycles(tree) {
  const files = tree.matching(/^(packages\/[^/]+\/(src|sim|testing)|demos\/[^/]+\/src|scripts)\/.*\.(tsx?|mjs)$/);
  const known = new Set(files);
  const problems = [];
  const done = new Set();
  const path = [];

  const enter = file => {
    path.push(file);
    for (const { target, line } of tree.source(file).imports) {
      if (!known.has(target) || done.has(target)) continue;
      const start = path.indexOf(target);
      if (start === -1) enter(target);
      else problems.push({ file, line, text: cycleText([...path.slice(start), target]) });
    }
    path.pop();
    done.add(file);
  };
  for (const file of files) if (!done.has(file)) enter(file);
  return problems;
}

function cycleText(cycle) {
  return `Import cycle ${cycle.join(' → ')}: move what they share into a file that imports neither.`;
}
