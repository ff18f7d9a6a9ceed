/**
 * One seed of a scenario, all its variants, in a process of its own: what one seed leaves in memory must not be
 * counted for the next. Called by seeds.mjs with a JSON text; answers by messages `{ progress }` and `{ runs }`.
 */
import { loadSimulator, scenariosNamed } from './arguments.mjs';
import { simulate } from './simulate.mjs';

const PROGRESS_MS = 1_000;

const { what, seed, ...size } = JSON.parse(process.argv[2]);
const sim = await loadSimulator();
let saidAt = performance.now();
const results = scenariosNamed(what, sim.scenarios, size).map(file =>
  simulate(sim, file, { seed }, line => {
    if (performance.now() - saidAt < PROGRESS_MS) return;
    saidAt = performance.now();
    process.send({ progress: line() });
  }),
);
const reports = results.map(({ report }) => report);
const runs = results.map(({ scenario, report }) => ({
  scenario: shapeOf(scenario),
  report,
  failures: sim.failuresOf(scenario, report, reports),
}));
process.send({ runs }, () => process.disconnect());

function shapeOf({ name, nodes, durationMs, expect, show }) {
  return { name, nodes, durationMs, expect, show };
}
