/**
 * Runs a scenario in the simulator: npm run sim -- <file.json | name | list> [options]. See docs/simulation.md.
 * The report goes to stdout, progress to stderr. Exit code 1: an expectation or an invariant failed; 2: bad usage.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { commandOf, loadSimulator, readArguments, scenariosNamed, USAGE, UsageError } from './sim/arguments.mjs';
import { areModes } from './sim/modes.mjs';
import { modesChart } from './sim/modes-chart.mjs';
import { createProgress } from './sim/progress.mjs';
import { keepResults } from './sim/results.mjs';
import { runSeeds, summaryOf } from './sim/seeds.mjs';
import { simulate } from './sim/simulate.mjs';
import { comparisonOf, summaryTables, tableOf } from './sim/tables.mjs';

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isOurs = error instanceof UsageError || ['scenario-invalid', 'ENOENT', 'EACCES', 'EISDIR'].includes(error.code);
  process.stderr.write(isOurs ? `${error.message}\n` : `${error.stack}\n`);
  process.exitCode = isOurs ? 2 : 1;
}

async function main(args) {
  if (args.includes('--help')) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const { values, what } = readArguments(args);
  const sim = await loadSimulator();
  if (what === 'list') return list(sim.scenarios);
  const files = scenariosNamed(what, sim.scenarios, values);
  const failures = values.seeds === undefined ? runOnce(sim, what, files, values) : await runMany(sim, what, values);
  process.stdout.write(failures.length === 0 ? '\npassed\n' : `\n${failures.join('\n')}\nfailed\n`);
  return failures.length === 0 ? 0 : 1;
}

function list(scenarios) {
  const width = Math.max(...[...scenarios.keys()].map(name => name.length));
  for (const [name, variants] of scenarios) process.stdout.write(`${name.padEnd(width)}  ${aboutOf(variants)}\n`);
  return 0;
}

function aboutOf(variants) {
  if (variants.length === 1) return variants[0].about;
  return `${variants.length} variants compared: ${variants[0].name} to ${variants.at(-1).name}.`;
}

function runOnce(sim, what, files, values) {
  const progress = createProgress();
  const results = files.map(file => simulate(sim, file, values, line => progress.show(line)));
  progress.clear();
  process.stdout.write(results.map(tableOf).join('\n'));
  if (results.length > 1) process.stdout.write(`\n${comparisonOf(results)}`);
  const reports = results.map(({ report }) => report);
  const judged = results.map(result => ({
    ...result,
    failures: sim.failuresOf(result.scenario, result.report, reports),
  }));
  if (values.json !== undefined) {
    const whole = judged.map(({ report, failures }) => ({ ...report, failures }));
    writeJson(values.json, whole.length === 1 ? whole[0] : whole);
  }
  if (values.svg !== undefined) writeFileSync(values.svg, pictureOf(sim, what, judged));
  return judged.flatMap(({ scenario, failures }) => failures.map(text => `✗ ${scenario.name}: ${text}`));
}

function pictureOf({ runChart }, what, results) {
  if (areModes(results.map(({ scenario }) => scenario))) return modesChart(results);
  const curves = results.map(({ scenario, curve, traffic }) => ({ name: scenario.name, points: curve, traffic }));
  const { name, about } = results[0].scenario;
  const title = results.length > 1 ? path.basename(what, '.json') : about === '' ? name : `${name}: ${about}`;
  return runChart(title, curves);
}

async function runMany(sim, what, { nodes, duration, from = 1, parallel = 1, ...values }) {
  const size = { nodes, duration };
  // Refused here with a sentence, and not once for each seed.
  for (const file of scenariosNamed(what, sim.scenarios, size)) sim.parseScenario(file);
  const seeds = Array.from({ length: values.seeds }, (_, i) => from + i);
  const progress = createProgress();
  const repeat = seed => commandOf(what, { ...size, seed });
  const done = await runSeeds(
    { what, ...size, seeds, parallel },
    (seed, line) => progress.show(() => `seed ${seed} of ${seeds[0]}–${seeds.at(-1)}: ${line}`),
    ({ seed, failures }) => {
      progress.clear();
      process.stdout.write(failures.length === 0 ? `✓ seed ${seed}\n` : `✗ seed ${seed}\n`);
      for (const text of failures) process.stdout.write(`    ${text}\n`);
      if (failures.length > 0) process.stdout.write(`  repeat: ${repeat(seed)}\n`);
    },
  );
  const variants = summaryOf(sim, done);
  const failed = done.filter(({ failures }) => failures.length > 0).map(({ seed }) => seed);
  process.stdout.write(`\n${summaryTables(variants, values.markdown === true).join('\n')}`);
  if (values.json !== undefined) writeJson(values.json, { scenario: what, seeds, failed, variants });
  if (values.keep) process.stdout.write(`\nkept in ${keepResults({ what, ...size, seeds }, variants, failed)}\n`);
  return failed.map(seed => `✗ seed ${seed}: ${repeat(seed)}`);
}

function writeJson(file, value) {
  writeFileSync(file, `${JSON.stringify(value, undefined, 2)}\n`);
}
