/**
 * Random schedules in the simulator, one for each seed: npm run sim:soak -- [--seeds N] [--from S] [--minutes M].
 * See docs/simulation.md. Exit code 1: a seed failed, and the command that repeats it is printed; 2: bad usage.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const SIMULATOR = path.join(ROOT, 'packages', 'core', 'dist-sim', 'index.js');
const USAGE = `npm run sim:soak -- [--seeds N] [--from S] [--minutes M]
  --seeds N    how many seeds (30)
  --from S     the first of them; without it HEARSAY_SEED, and without that one by the clock
  --minutes M  stop after so long, whatever is left`;
const PROGRESS_MS = 5_000;

process.exitCode = await main(process.argv.slice(2));

async function main(args) {
  if (args.includes('--help')) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const options = readArguments(args);
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n${USAGE}\n`);
    return 2;
  }
  const { runSoak } = await import(SIMULATOR);
  process.stdout.write(`seeds ${options.from} to ${options.from + options.seeds - 1}\n`);
  const { done, failed, agreedMs } = soak(runSoak, options);
  const worst = agreedMs.length === 0 ? '–' : `${(Math.max(...agreedMs) / 1000).toFixed(0)} s`;
  const mean = agreedMs.reduce((sum, ms) => sum + ms, 0) / Math.max(1, agreedMs.length);
  process.stdout.write(
    `${done} seeds, ${failed} failed; agreed ${(mean / 1000).toFixed(1)} s after the healing on average, ${worst} at the latest\n`,
  );
  return failed === 0 ? 0 : 1;
}

function soak(runSoak, { from, seeds, minutes }) {
  const endsAt = performance.now() + minutes * 60_000;
  const agreedMs = [];
  let saidAt = performance.now();
  let done = 0;
  let failed = 0;
  for (let seed = from; seed < from + seeds && performance.now() < endsAt; seed++) {
    const { failures, agreedAfterMs, file } = runSoak(seed);
    done += 1;
    if (agreedAfterMs !== null) agreedMs.push(agreedAfterMs);
    if (failures.length > 0) {
      failed += 1;
      process.stdout.write(`✗ seed ${seed} (${file.nodes} nodes, ${file.config['broadcast.mode']}):\n`);
      for (const failure of failures) process.stdout.write(`    ${failure}\n`);
      process.stdout.write(`  repeat: npm run sim:soak -- --seeds 1 --from ${seed}\n`);
    }
    if (performance.now() - saidAt < PROGRESS_MS) continue;
    saidAt = performance.now();
    process.stderr.write(`  … ${done} of ${seeds} seeds, ${failed} failed\n`);
  }
  return { done, failed, agreedMs };
}

/** A text says what is wrong. */
function readArguments(args) {
  const names = ['seeds', 'from', 'minutes'];
  let values;
  try {
    ({ values } = parseArgs({ args, options: Object.fromEntries(names.map(name => [name, { type: 'string' }])) }));
  } catch (error) {
    return error.message;
  }
  const given = { from: process.env['HEARSAY_SEED'], ...values };
  for (const name of names) {
    if (given[name] !== undefined && !/^\d{1,12}$/.test(given[name])) {
      return `--${name} takes a whole number, not "${given[name]}".`;
    }
  }
  return {
    seeds: Number(given.seeds ?? 30),
    from: Number(given.from ?? Math.floor(Date.now() / 1000)),
    minutes: Number(given.minutes ?? 24 * 60),
  };
}
