/**
 * The modes of broadcast, compared: what theory says of each, and the table of them in docs/simulation.md. Of the two
 * messages the first is shown, and of the tree the second: that one finds it grown.
 */
import { amount, markdown } from './tables.mjs';

/** In the load. */
const [FIRST, SECOND] = [0, 1];
const FAMILIES = ['push', 'pull', 'push-pull', 'flood', 'tree'];

/** Do these variants, parsed, differ in how they spread? */
export function areModes(variants) {
  return variants.length > 1 && variants.every(({ config }) => FAMILIES.includes(config['broadcast.mode']));
}

/**
 * One step of a rumour is a round, of a flood or a tree one way over a link.
 *
 * @returns {{
 *   family: string, k?: number, name: string,
 *   load: number, stepMs: number, steps: string,
 *   theory: { steps?: number, copies: number },
 * }}  `load`: the number of the message that is shown
 */
export function modeOf({ nodes, config, network, topology }) {
  const family = config['broadcast.mode'];
  if (family === 'flood' || family === 'tree') {
    const [load, copies] = family === 'tree' ? [SECOND, 1] : [FIRST, topology.random - 1];
    return { family, name: family, load, stepMs: network.latencyMs.of[0][0], steps: 'hops', theory: { copies } };
  }
  const k = config['broadcast.fanout'];
  const stepMs = config['broadcast.roundMs'];
  return {
    family,
    k,
    name: `${family}(${k})`,
    load: FIRST,
    stepMs,
    steps: 'rounds',
    theory: rumourTheory(family, k, nodes),
  };
}

/** Who was told tells `k` in each of so many rounds (`broadcast.hotRounds`). */
const HOT_ROUNDS = 16;

/**
 * Rounds until all know where everybody may tell everybody, by their leading terms. While few know their number grows by a
 * factor in each round; the last hear of it by chance when they are told (Pittel 1987, and Panagiotou, Pourmiri and
 * Sauerwald 2015 for k), and with a square or a higher power when they ask (Demers et al. 1987, Karp et al. 2000).
 */
function rumourTheory(family, k, nodes) {
  const log = (base, x) => Math.log(x) / Math.log(base);
  const first = log(family === 'push-pull' ? 2 * k + 1 : k + 1, nodes);
  const last = family === 'push' ? Math.log(nodes) / k : log(k + 1, Math.log(nodes));
  return { steps: first + last, copies: family === 'pull' ? 1 : HOT_ROUNDS * k };
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
      const rows = mode.family === 'tree' ? [growing(mode), mode] : [mode];
      return rows.map(row => [amount(own.nodes), row.name, String(seeds), ...figuresOf(row, figures)]);
    }),
  );
  const head = ['N', 'mode', 'seeds', '99 % of the room', 'all of it', 'theory', 'copies per node', 'theory', 'bytes'];
  return markdown(head, rows);
}

/** Nobody borrows a tree before there is one. */
function growing(mode) {
  return { ...mode, name: 'tree, first message', load: FIRST, theory: {} };
}

function figuresOf(mode, figures) {
  const { theory, steps, load } = mode;
  const figure = name => figures[`convergence.loads.${load}.${name}`] ?? {};
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
