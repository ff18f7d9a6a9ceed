/** The lockfile pins contents, not places: whoever installs chooses the registry. */

const LOCKFILE = 'pnpm-lock.yaml';

/**
 * @param {import('./tree.mjs').Tree} tree
 * @returns {import('./tree.mjs').Problem[]}
 */
export function checkLockfile(tree) {
  return tree
    .text(LOCKFILE)
    .split('\n')
    .map((text, i) => ({ file: LOCKFILE, line: i + 1, found: text.match(/[a-z+]+:\/\/\S+|\btarball:/)?.[0] }))
    .filter(({ found }) => found !== undefined)
    .map(({ file, line, found }) => ({
      file,
      line,
      text: `\`${found}\` names a host: remove the tarball entry, and install from a registry without a lockfile setting.`,
    }));
}
