/** Many seeds of one scenario, each in a process of its own, and what their figures come to. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SEED_PROCESS = fileURLToPath(new URL('./seed-process.mjs', import.meta.url));
/** What a room of 10,000 may take; and more room for what is young than usual, so that less of it is taken for old. */
const V8 = ['--max-old-space-size=8192', '--max-semi-space-size=64'];

/**
 * @param {{ what: string, nodes?: number, duration?: string, seeds: number[], parallel: number }} wish
 * @param {(seed: number, line: string) => void} onProgress
 * @param {(done: { seed: number, runs: object[], failures: string[] }) => void} onDone
 * @returns the runs of each seed, in the order of the seeds
 */
export async function runSeeds({ seeds, parallel, ...what }, onProgress, onDone) {
  const done = new Map();
  const waiting = [...seeds];
  const worker = async () => {
    for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) {
      const result = await runSeed({ ...what, seed }, line => onProgress(seed, line));
      done.set(seed, result);
      onDone(result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, seeds.length) }, worker));
  return seeds.map(seed => done.get(seed));
}

function runSeed(wish, onProgress) {
  return new Promise(resolve => {
    const child = fork(SEED_PROCESS, [JSON.stringify(wish)], { execArgv: V8 });
    let runs;
    child.on('message', message => {
      if ('runs' in message) runs = message.runs;
      else onProgress(message.progress);
    });
    child.on('exit', (code, signal) => {
      const failures = runs?.flatMap(run => run.failures.map(text => `${run.scenario.name}: ${text}`)) ?? [
        `${wish.what}: the process ended by ${signal ?? `code ${code}`} before the run did.`,
      ];
      resolve({ seed: wish.seed, runs: runs ?? [], failures });
    });
  });
}

/** Shown of every scenario, besides what it expects. */
const USUAL = [
  'convergence.delivered',
  'convergence.t50Ms',
  'convergence.t99Ms',
  'convergence.t100Ms',
  'redundancy',
  'bytes.perNodePerSecond.out.mean',
  'bytes.perNodePerSecond.out.max',
  'bytes.perNodePerSecond.peak',
  'membership.falseSuspicions',
  'membership.falseDeaths',
  'overlay.degree.mean',
  'sync.bytes',
  'run.events',
  'run.cpuMs',
  'run.memoryMb',
];

/** Of each entry of the load. */
const OF_LOADS = ['t99Ms', 't100Ms', 'redundancy', 'bytes'];

/**
 * The figures of all seeds, by variant: `{ name, nodes, durationMs, figures: { path: { mean, min, max, … } } }`.
 * A figure that is `null` in a run (never reached, or nothing to measure) is counted as `missing`.
 */
export function summaryOf({ figureAt, boundOf }, done) {
  const finished = done.filter(({ runs }) => runs.length > 0);
  return (finished[0]?.runs ?? []).map(({ scenario }, i) => {
    const loads = finished[0].runs[i].report.convergence.loads.flatMap((_, n) =>
      OF_LOADS.map(name => `convergence.loads.${n}.${name}`),
    );
    const paths = new Set([...scenario.expect.map(({ path }) => path), ...scenario.show, ...USUAL, ...loads]);
    const values = path => finished.map(({ seed, runs }) => ({ seed, value: figureAt(runs[i].report, path) }));
    const figures = [...paths].map(path => [path, figureOf(values(path))]);
    const ratios = scenario.expect.flatMap(({ path, bounds }) =>
      ratiosOf(path, bounds).map(({ name, bound }) => {
        const value = ({ runs }) => {
          const others = runs.map(({ report }) => report);
          const found = figureAt(runs[i].report, path) ?? Number.NaN;
          return found / (boundOf({ ...bound, times: 1 }, runs[i].report, others) ?? Number.NaN);
        };
        return [name, figureOf(finished.map(one => ({ seed: one.seed, value: value(one) })))];
      }),
    );
    const { name, nodes, durationMs } = scenario;
    return { name, nodes, durationMs, figures: Object.fromEntries([...figures, ...ratios]) };
  });
}

/** A bound that is drawn from another figure is kept as the ratio to that figure. */
export function ratiosOf(path, { min, max }) {
  return [min, max]
    .filter(bound => typeof bound === 'object')
    .map(bound => ({ name: `${path} ÷ ${bound.figure}${bound.of === undefined ? '' : ` of ${bound.of}`}`, bound }));
}

function figureOf(values) {
  const known = values.filter(({ value }) => Number.isFinite(value));
  const missing = values.length - known.length;
  if (known.length === 0) return { missing };
  const least = known.reduce((a, b) => (b.value < a.value ? b : a));
  const most = known.reduce((a, b) => (b.value > a.value ? b : a));
  const mean = known.reduce((sum, { value }) => sum + value, 0) / known.length;
  return {
    mean: rounded(mean),
    min: rounded(least.value),
    minSeed: least.seed,
    max: rounded(most.value),
    maxSeed: most.seed,
    ...(missing > 0 ? { missing } : {}),
  };
}

/** Six digits are more than any of this is good for. */
function rounded(value) {
  return Number(value.toPrecision(6));
}
