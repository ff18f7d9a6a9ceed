/** Words that mean "not finished" or "not checked", which nobody finds again once they are merged. */

const CODE = /^(packages|demos|e2e|scripts)\/.*\.(tsx?|mjs|css|html)$/;

// The brackets keep this file from finding itself.
const FORBIDDEN = [
  [/\b(it|test|describe|suite)(\.\w+)*\.on[l]y\b/, 'runs one test and drops all others: remove it'],
  [/\b(it|test|describe|suite)(\.\w+)*\.(sk[i]p|to[d]o)\b/, 'is a test that checks nothing: finish it or delete it'],
  [/\b(x[i]t|x[d]escribe|f[d]escribe)\s*\(/, 'hides tests: use plain `it` and `describe`'],
  [/\b(TO[D]O|FIX[M]E|X[X]X)\b/, 'marks something unfinished: finish it or write it into the issue list'],
  [/@ts-(ig[n]ore|no[c]heck)/, 'hides type errors: mend the type'],
  [/biome-[i]gnore(-\w+)?(?! [\w/]+(\([^)]*\))?: *\S)/, 'without a reason: add one after a colon, or mend the code'],
];

/**
 * @param {import('./tree.mjs').Tree} tree
 * @returns {import('./tree.mjs').Problem[]}
 */
export function checkWords(tree) {
  return tree.matching(CODE).flatMap(file =>
    tree
      .text(file)
      .split('\n')
      .flatMap((text, i) => problemsIn(text).map(problem => ({ file, line: i + 1, text: problem }))),
  );
}

function problemsIn(text) {
  return FORBIDDEN.flatMap(([pattern, why]) => {
    const found = text.match(pattern)?.[0];
    return found === undefined ? [] : [`\`${found}\` ${why}.`];
  });
}
