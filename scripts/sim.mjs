/**
 * Runs a scenario in the simulator: npm run sim -- <file.json | name | list> [options]. See docs/simulation.md.
 * The report goes to stdout, progress to stderr. Exit code 1: an expectation or an invariant failed; 2: bad usage.
 */
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const SIMULATOR = path.join(ROOT, 'packages', 'core', 'dist-sim', 'index.js');
const USAGE = `Usage: npm run sim -- <file.json | name | list> [options]

  file.json    a scenario of your own; docs/simulation.md says what it may contain
  name         a shipped scenario
  list         names the shipped scenarios
  --seed N     another course of chance
  --nodes N    another number of nodes
  --json FILE  write the whole report
  --trace FILE write every input of every node, one JSON object per line
  --svg FILE   draw delivery over time
  --help       print this`;
const PROGRESS_MS = 2_000;
const SLICE_EVENTS = 5_000;

class UsageError extends Error {}

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
  const files = scenariosNamed(what, sim.scenarios);
  const results = files.map(file => simulate(sim, file, values));
  process.stdout.write(`${results.map(tableOf).join('\n')}`);
  if (results.length > 1) process.stdout.write(`\n${comparisonOf(results)}`);
  writeOutputs(sim, what, results, values);
  const failures = results.flatMap(({ scenario, failures }) => failures.map(text => `✗ ${scenario.name}: ${text}`));
  process.stdout.write(failures.length === 0 ? '\npassed\n' : `\n${failures.join('\n')}\nfailed\n`);
  return failures.length === 0 ? 0 : 1;
}

function readArguments(args) {
  const options = Object.fromEntries(['seed', 'nodes', 'json', 'trace', 'svg'].map(name => [name, { type: 'string' }]));
  let parsed;
  try {
    parsed = parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${error.message}\n${USAGE}`);
  }
  const { values, positionals } = parsed;
  if (positionals.length !== 1) throw new UsageError(`Name one scenario, or a file with one.\n${USAGE}`);
  for (const name of ['seed', 'nodes']) {
    if (values[name] === undefined) continue;
    if (!/^\d{1,15}$/.test(values[name]))
      throw new UsageError(`--${name} takes a whole number, not "${values[name]}".`);
    values[name] = Number(values[name]);
  }
  return { values, what: positionals[0] };
}

async function loadSimulator() {
  try {
    return await import(SIMULATOR);
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new UsageError('The simulator is not compiled yet: run it as `npm run sim`, which compiles first.');
  }
}

function list(scenarios) {
  for (const [name, variants] of scenarios) {
    const about = variants.length === 1 ? variants[0].about : `All of ${variants.map(file => file.name).join(', ')}.`;
    process.stdout.write(`${name.padEnd(18)} ${about}\n`);
  }
  return 0;
}

function scenariosNamed(what, scenarios) {
  const shipped = scenarios.get(what);
  if (shipped !== undefined) return shipped;
  if (!what.endsWith('.json')) {
    throw new UsageError(`There is no scenario named "${what}". Shipped: ${[...scenarios.keys()].join(', ')}.`);
  }
  let text;
  try {
    text = readFileSync(what, 'utf8');
  } catch (error) {
    throw new UsageError(`${what} cannot be read: ${error.message}.`);
  }
  try {
    return [JSON.parse(text)];
  } catch (error) {
    throw new UsageError(`${what} is no JSON: ${error.message}.`);
  }
}

function simulate({ startScenario }, file, { seed, nodes, trace }) {
  const traceFile = trace === undefined ? undefined : openTrace(trace);
  const began = performance.now();
  let saidAt = began;
  const run = startScenario(file, {
    seed,
    nodes,
    onInput: traceFile?.onInput,
    cpuMs: () => process.cpuUsage().user / 1000,
    memoryMb: () => process.memoryUsage().rss / 1e6,
  });
  while (!run.advance(SLICE_EVENTS)) {
    if (performance.now() - saidAt < PROGRESS_MS) continue;
    saidAt = performance.now();
    const { now, events } = run.world;
    const share = Math.floor((100 * now) / run.scenario.durationMs);
    const rate = Math.round(events / (saidAt - began));
    process.stderr.write(
      `  … ${run.scenario.name}: ${share} %, ${(now / 1000).toFixed(1)} s of the world, ${events} events, ${rate} k/s\n`,
    );
  }
  traceFile?.close();
  return run.result();
}

/** Buffered: a run of a minute has millions of inputs. */
function openTrace(file) {
  const handle = openSync(file, 'w');
  let lines = [];
  const flush = () => {
    writeSync(handle, lines.join(''));
    lines = [];
  };
  return {
    onInput(atMs, node, input) {
      lines.push(`${JSON.stringify({ atMs, node, ...readable(input) })}\n`);
      if (lines.length >= 4_096) flush();
    },
    close() {
      flush();
      closeSync(handle);
    },
  };
}

function readable(input) {
  return Object.fromEntries(
    Object.entries(input).map(([key, value]) => [
      key,
      value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
    ]),
  );
}

/** The figures that a reader looks for first; the rest is in the JSON. */
function tableOf({ scenario, report }) {
  const { convergence, redundancy, bytes, membership, overlay, sync, verify, run } = report;
  const { in: received, out: sent } = bytes.perNodePerSecond;
  const { detectionMs } = membership;
  const rows = [
    ['nodes · virtual time · seed', `${scenario.nodes} · ${scenario.durationMs / 1000} s · ${report.seed}`],
    ['delivered', convergence.delivered === null ? '–' : `${round(100 * convergence.delivered, 3)} %`],
    ['t50 · t90 · t99 · t100', ['t50Ms', 't90Ms', 't99Ms', 't100Ms'].map(key => ms(convergence[key])).join(' · ')],
    ['extra copies per delivery', redundancy === null ? '–' : round(redundancy, 2)],
    ['bytes/s per node out: mean · p99 · max', [sent.mean, sent.p99, sent.max].map(Math.round).join(' · ')],
    ['bytes/s per node in: mean · p99 · max', [received.mean, received.p99, received.max].map(Math.round).join(' · ')],
    ['false suspicions · false deaths', `${membership.falseSuspicions} · ${membership.falseDeaths}`],
    ['crash seen after p50 · p99 · max', ['p50', 'p99', 'max'].map(key => ms(detectionMs[key])).join(' · ')],
    ['ghosts · divergence', `${round(100 * membership.ghosts, 2)} % · ${round(100 * membership.divergence, 2)} %`],
    ['degree min · mean · max', [overlay.degree.min, round(overlay.degree.mean, 2), overlay.degree.max].join(' · ')],
    ['components · dials', `${overlay.components} · ${overlay.dials}`],
    ['sync sessions · bytes', `${sync.sessions} · ${sync.bytes}`],
    [
      'verifications/s per node: mean · max',
      `${round(verify.perNodePerSecond.mean, 2)} · ${round(verify.perNodePerSecond.max, 2)}`,
    ],
    ['events · CPU · memory', `${run.events} · ${round(run.cpuMs / 1000, 1)} s · ${Math.round(run.memoryMb)} MB`],
    ['trace hash', report.traceHash],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return `${scenario.name}${scenario.about === '' ? '' : `: ${scenario.about}`}\n${rows
    .map(([name, value]) => `  ${name.padEnd(width)}  ${value}\n`)
    .join('')}`;
}

function comparisonOf(results) {
  const rows = [
    ['', 't50', 't99', 't100', 'delivered', 'extra copies', 'bytes/s out'],
    ...results.map(({ scenario, report: { convergence, redundancy, bytes } }) => [
      scenario.name,
      ms(convergence.t50Ms),
      ms(convergence.t99Ms),
      ms(convergence.t100Ms),
      convergence.delivered === null ? '–' : `${round(100 * convergence.delivered, 3)} %`,
      redundancy === null ? '–' : String(round(redundancy, 2)),
      String(Math.round(bytes.perNodePerSecond.out.mean)),
    ]),
  ];
  const widths = rows[0].map((_, i) => Math.max(...rows.map(row => row[i].length)));
  return rows
    .map(row => `${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ')}\n`)
    .join('');
}

function writeOutputs({ convergenceChart }, what, results, { json, svg }) {
  if (json !== undefined) {
    const reports = results.map(({ report, failures }) => ({ ...report, failures }));
    writeFileSync(json, `${JSON.stringify(reports.length === 1 ? reports[0] : reports, undefined, 2)}\n`);
  }
  if (svg === undefined) return;
  const curves = results.map(({ scenario, curve }) => ({ name: scenario.name, points: curve }));
  writeFileSync(svg, convergenceChart(`${path.basename(what, '.json')}: share delivered over time`, curves));
}

function ms(value) {
  if (value === null) return '–';
  return value < 10_000 ? `${Math.round(value)} ms` : `${round(value / 1000, 1)} s`;
}

function round(value, digits) {
  return Number(value.toFixed(digits));
}
