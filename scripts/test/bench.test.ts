import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));

/** What a benchmark prints. Its figures are nobody's promise here; that it still speaks to the engine is. */
function bench(file: string, ...args: readonly string[]): string {
  return execFileSync(process.execPath, [path.join(ROOT, 'packages/core/bench', file), ...args], { encoding: 'utf8' });
}

test('the cost of an update is told stage by stage', () => {
  const said = bench('run.mjs', 'stages');
  for (const stage of ['gate', 'decode', 'verify', 'policy', 'store', 'forward', 'everything but verification']) {
    expect(said).toMatch(new RegExp(`\\d µs  ${stage}`));
  }
});

test('the cost of a member is told', () => {
  expect(bench('run.mjs', 'members')).toMatch(/\d µs {2}for each/);
});

test('the bytes of a reconciliation are told', () => {
  expect(bench('sync.mjs', '300', '2')).toContain('100 scattered');
});

test('a benchmark that does not exist is refused', () => {
  expect(() => bench('run.mjs', 'nothing')).toThrow('There is no benchmark named nothing');
});
