/** The sum of several test runners. */
import path from 'node:path';

const LISTED = 30;

/**
 * @typedef {object} Tally
 * @property {number} passed
 * @property {string[]} failed    what failed, by name
 * @property {string[]} skipped   what was skipped, by name, and why where that is known
 * @property {number} vitestTests  how many tests vitest ran to their end
 */

/** @returns {Tally} */
export function emptyTally() {
  return { passed: 0, failed: [], skipped: [], vitestTests: 0 };
}

/**
 * Adds what one run of vitest reported. A runner that crashed, hung, or ran nothing has failed, whatever it wrote.
 * @param {Tally} tally
 * @param {string} name
 * @param {any} report   vitest's JSON report; undefined when it wrote none
 * @param {{ ok: boolean, how: string }} outcome
 * @param {{ root: string, mayBeEmpty: boolean }} options  mayBeEmpty: a filter was given, which may match no test here
 */
export function addVitestReport(tally, name, report, outcome, { root, mayBeEmpty }) {
  const failedBefore = tally.failed.length;
  let count = 0;
  for (const file of report?.testResults ?? []) {
    const where = path.relative(root, file.name);
    for (const test of file.assertionResults) {
      count += 1;
      if (test.status === 'passed' || test.status === 'failed') tally.vitestTests += 1;
      if (test.status === 'passed') tally.passed += 1;
      else if (test.status === 'failed') tally.failed.push(`${where}: ${test.fullName}`);
      else tally.skipped.push(`${where}: ${test.fullName}`);
    }
    const ownFailure = file.status === 'failed' && !file.assertionResults.some(test => test.status === 'failed');
    if (ownFailure) tally.failed.push(`${where}: ${file.message || 'the file could not be run'}`);
  }
  if (!outcome.ok && tally.failed.length === failedBefore) tally.failed.push(`${name}: vitest ${outcome.how}`);
  else if (outcome.ok && count === 0 && !mayBeEmpty) tally.failed.push(`${name}: vitest ran no test`);
}

/**
 * Lists what needs attention, then the one line that counts.
 * @param {Tally} tally
 * @param {string} duration
 */
export function printTally({ passed, failed, skipped }, duration) {
  console.log(`\n── All: ${duration}`);
  list('skipped', skipped);
  list('failed', failed);
  const counts = [`${passed} passed`, `${failed.length} failed`];
  if (skipped.length > 0) counts.push(`${skipped.length} skipped`);
  console.log(counts.join(', '));
}

function list(heading, names) {
  if (names.length === 0) return;
  console.log(`${heading}:`);
  for (const name of names.slice(0, LISTED)) console.log(`  ${name.split('\n')[0]}`);
  if (names.length > LISTED) console.log(`  and ${names.length - LISTED} more`);
}
