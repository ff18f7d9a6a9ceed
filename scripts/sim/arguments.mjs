/** What `npm run sim` is asked to do. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const USAGE = `Usage: npm run sim -- <file.json | name | list> [options]

  file.json    a scenario of your own; docs/simulation.md says what it may contain
  name         a shipped scenario
  list         names the shipped scenarios
  --seed N     another course of chance
  --nodes N    another number of nodes
  --duration T another length, such as 10m
  --json FILE  write the whole report, or the figures over all seeds
  --trace FILE write every input of every node, one JSON object per line
  --svg FILE   draw delivery and bytes over time
  --seeds N    run N seeds, each in a process of its own, and print mean and worst of each figure
    --from S       the first of them (1)
    --parallel P   so many at a time (1)
    --markdown     print the figures as a table of Markdown
    --keep         keep them in docs/results, from which scripts/sim-doc.mjs writes docs/simulation.md
  --help       print this`;

const NUMBERS = ['seed', 'nodes', 'seeds', 'from', 'parallel'];
const TEXTS = ['duration', 'json', 'trace', 'svg'];
const FLAGS = ['markdown', 'keep'];
const ONE_RUN = ['seed', 'trace', 'svg'];
const MANY_RUNS = ['from', 'parallel', 'markdown', 'keep'];

export class UsageError extends Error {}

export function readArguments(args) {
  const options = {
    ...Object.fromEntries([...NUMBERS, ...TEXTS].map(name => [name, { type: 'string' }])),
    ...Object.fromEntries(FLAGS.map(name => [name, { type: 'boolean' }])),
  };
  let parsed;
  try {
    parsed = parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${error.message}\n${USAGE}`);
  }
  const { values, positionals } = parsed;
  if (positionals.length !== 1) throw new UsageError(`Name one scenario, or a file with one.\n${USAGE}`);
  for (const name of NUMBERS) {
    if (values[name] === undefined) continue;
    if (!/^\d{1,15}$/.test(values[name]))
      throw new UsageError(`--${name} takes a whole number, not "${values[name]}".`);
    values[name] = Number(values[name]);
  }
  if (values.seeds === 0 || values.parallel === 0) throw new UsageError('--seeds and --parallel begin at 1.');
  const misplaced = (values.seeds === undefined ? MANY_RUNS : ONE_RUN).find(name => values[name] !== undefined);
  if (misplaced !== undefined) {
    throw new UsageError(
      `--${misplaced} and --seeds ${values.seeds === undefined ? 'go together' : 'exclude each other'}.`,
    );
  }
  return { values, what: positionals[0] };
}

export async function loadSimulator() {
  try {
    return await import(pathToFileURL(path.join(ROOT, 'packages', 'core', 'dist-sim', 'index.js')).href);
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new UsageError('The simulator is not compiled yet: run it as `npm run sim`, which compiles first.');
  }
}

/** The variants that a name or a file stands for, as long and as large as was asked for. */
export function scenariosNamed(what, scenarios, { nodes, duration } = {}) {
  const asked = { ...(nodes === undefined ? {} : { nodes }), ...(duration === undefined ? {} : { duration }) };
  return filesNamed(what, scenarios).map(file => ({ ...file, ...asked }));
}

/** What somebody types to run the same again. */
export function commandOf(what, { nodes, duration, ...others }) {
  const options = Object.entries({ nodes, duration, ...others }).filter(([, value]) => value !== undefined);
  return ['npm run sim --', what, ...options.map(([name, value]) => `--${name} ${value}`)].join(' ');
}

function filesNamed(what, scenarios) {
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
