/**
 * The modes of broadcast, compared: what theory says of each, and the table of them in docs/simulation.md. What is
 * shown is the second message: the first one grows the tree.
 */
import { amount, markdown } from './tables.mjs';

const SHOWN = 'convergence.loads.1';
const FIRST = 'convergence.loads.0';
const FAMILIES = ['push', 'pull', 'push-pull', 'flood', 'tree'];

/** Do these variants, parsed, differ in how they spread? */
export function areModes(variants) {
  return variants.length > 1 && variants.every(({ config }) => FAMILIES.includes(config['broadcast.mode']));
}

/**
 * One step of a rumour is a round, of a flood or a tree one way over a link.
 *
 * @returns {{ family: string, k?: number, name: string, stepMs: number, steps: string, theory: { steps?: number, copies: number } }}
 */
export function modeOf({ nodes, config, network, topology }) {
  const family = config['broadcast.mode'];
  if (family === 'flood' || family === 'tree') {
    const copies = family === 'tree' ? 1 : topology.random - 1;
    return { family, name: family, stepMs: network.latencyMs.of[0][0], steps: 'hops', theory: { copies } };
  }
  const k = config['broadcast.fanout'];
  const stepMs = config['broadcast.roundMs'];
  return { family, k, name: `${family}(${k})`, stepMs, steps: 'rounds', theory: rumourTheory(family, k, nodes) };
}

/** Who was told tells `k` in each of so many rounds (`broadcast.hotRounds`). */
const HOT_ROUNDS = 16;

/** Of a graph in which everybody may tell everybody: Pittel, On spreading a rumor (1987). */
function rumourTheory(family, k, nodes) {
  const copies = family === 'pull' ? 1 : HOT_ROUNDS * k;
  return family === 'push' && k === 1 ? { steps: Math.log2(nodes) + Math.log(nodes), copies } : { copies };
}

/**
 * @param {Map<string, object[]>} scenarios  variants by name, parsed
 * @param {object[]} results  as kept
 */
export function modesTable(scenarios, results) {
  const rows = results.flatMap(({ scenario, seeds, variants }) =>
    variants.flatMap(({ name, figures }) => {
      const own = scenarios.get(scenario).find(variant => variant.name === name);
      const mode = modeOf(own);
      const before = [amount(own.nodes), mode.name, String(seeds)];
      const row = [...before, ...figuresOf(mode, load => figures[`${SHOWN}.${load}`] ?? {})];
      if (mode.family !== 'tree') return [row];
      const first = figuresOf(growing(mode), load => figures[`${FIRST}.${load}`] ?? {});
      return [[before[0], 'tree, first message', before[2], ...first], row];
    }),
  );
  const head = ['N', 'mode', 'seeds', '99 % of the room', 'all of it', 'theory', 'copies per node', 'theory', 'bytes'];
  return markdown(head, rows);
}

/** Nobody borrows a tree before there is one. */
function growing(mode) {
  return { ...mode, theory: {} };
}

function figuresOf(mode, figure) {
  const { theory, steps } = mode;
  return [
    timeOf(figure('t99Ms'), mode),
    timeOf(figure('t100Ms'), mode),
    theory.steps === undefined ? '' : `${theory.steps.toFixed(1)} ${steps}`,
    worst(figure('redundancy'), extra => (1 + extra).toFixed(2)),
    theory.copies === undefined ? '' : String(theory.copies),
    worst(figure('bytes'), amount),
  ];
}

function timeOf(figure, { stepMs, steps }) {
  if (figure.mean === undefined) return 'never';
  const never = figure.missing === undefined ? '' : `, never in ${figure.missing}`;
  return `${(figure.mean / stepMs).toFixed(1)} ${steps}, ${worst(figure, amount)} ms${never}`;
}

function worst({ mean, max }, text) {
  if (mean === undefined) return '–';
  return text(mean) === text(max) ? text(mean) : `${text(mean)} (${text(max)})`;
}
