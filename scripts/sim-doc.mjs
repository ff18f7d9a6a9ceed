/**
 * Writes the tables in docs/simulation.md from what is kept in docs/results: node sim-doc.mjs [--check]
 *
 * So they say nothing that was not measured. A scenario that misses what it expects now, or was never run at its
 * own size, needs a sentence in docs/results/reasons.json, and a sentence needs such a scenario: else this fails.
 */
import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadSimulator, ROOT } from './sim/arguments.mjs';
import { modesTable } from './sim/modes.mjs';
import { readReasons, readResults } from './sim/results.mjs';
import { ratiosOf } from './sim/seeds.mjs';
import { amount, markdown } from './sim/tables.mjs';

const FILE = path.join(ROOT, 'docs', 'simulation.md');
const SCENARIOS = '<!-- from docs/results by scripts/sim-doc.mjs -->';
const MODES = '<!-- modes, from docs/results by scripts/sim-doc.mjs -->';
const END = '<!-- end -->';
/** The modes of broadcast have a section of their own. */
const LEFT_OUT = /^modes-/;

/**
 * @param {ReadonlyMap<string, readonly object[]>} scenarios  variants by name, parsed
 * @param {object[]} results  as kept
 * @param {{ [scenario: string]: string }} reasons
 * @returns {{ table: string, problems: string[] }}
 */
export function scenarioTable(scenarios, results, reasons) {
  const rows = [];
  const problems = [];
  for (const [name, variants] of scenarios) {
    if (LEFT_OUT.test(name)) continue;
    const runs = results.filter(({ scenario }) => scenario === name);
    const found = runs.flatMap(run => rowsOf(name, variants, run));
    const problem = problemWith(found);
    const isFine = problem === undefined;
    const reason = reasons[name];
    if (isFine && reason !== undefined)
      problems.push(`${name} meets all it expects: its reason says nothing any more.`);
    if (!isFine && reason === undefined) problems.push(`${name} ${problem}: say why in docs/results/reasons.json.`);
    const why = isFine || reason === undefined ? '' : `${found.length === 0 ? '**Not run.** ' : ''}${reason}`;
    if (found.length === 0) rows.push([`\`${name}\``, '', why, '']);
    for (const [i, row] of found.entries()) {
      const isLast = i === found.length - 1;
      rows.push([row.title, row.size, [...row.lines, ...(isLast && why !== '' ? [why] : [])].join('<br>'), row.cost]);
    }
  }
  const unknown = Object.keys(reasons).filter(name => !scenarios.has(name));
  problems.push(...unknown.map(name => `docs/results/reasons.json: there is no scenario ${name}.`));
  return {
    table: markdown(['scenario', 'size', 'asked: mean, worst (shown: mean, least to most)', 'one seed'], rows),
    problems,
  };
}

function problemWith(rows) {
  if (rows.length === 0) return 'was not run';
  if (rows.some(({ isMet }) => !isMet)) return 'misses a number';
  return rows.some(({ isWhole }) => isWhole) ? undefined : 'was not run at its own size';
}

function rowsOf(name, variants, { seeds, failed, variants: measured }) {
  return measured.map(({ name: variant, nodes, durationMs, figures }, i) => {
    const own = variants.find(file => file.name === variant) ?? { expect: [], show: [], nodes, durationMs };
    const { expect, show = [] } = own;
    const lines = [
      ...expect.flatMap(({ path: figure, bounds }) => boundLines(figure, bounds, figures)),
      ...show.map(figure => shownLine(figure, figures[figure])),
    ];
    const isMet = failed.length === 0 && lines.every(line => line.isMet);
    if (i === 0 && failed.length > 0) lines.push({ text: `**seeds that fail: ${failed.join(', ')}**` });
    const { 'run.cpuMs': cpu, 'run.memoryMb': memory, 'run.events': events } = figures;
    return {
      title: variant === name ? `\`${name}\`` : `\`${name}\`: ${variant}`,
      size: `${of(amount, nodes, own.nodes)} nodes, ${of(spanOf, durationMs, own.durationMs)}, ${seeds} seeds`,
      isWhole: nodes === own.nodes && durationMs === own.durationMs,
      lines: folded(lines),
      isMet,
      cost: `${amount(Math.round(events.mean / 1000))} k events, ${amount(cpu.mean / 1000)} s, ${amount(Math.round(memory.max))} MB`,
    };
  });
}

function of(text, measured, own) {
  return measured === own ? text(own) : `${text(measured)} of ${text(own)}`;
}

/** What always was the one number that is asked for needs no line of its own. */
function folded(lines) {
  const exact = lines.filter(({ isExact }) => isExact).map(({ text }) => text);
  const others = lines.filter(({ isExact }) => !isExact).map(({ text }) => text);
  return exact.length === 0 ? others : [...others, `always ${exact.join(', ')}`];
}

function boundLines(figure, bounds, figures) {
  const ratios = ratiosOf(figure, bounds).map(({ name, bound }) => {
    const times = bound.times ?? 1;
    return line(name, bound === bounds.min ? { min: times } : { max: times }, figures[name]);
  });
  const fixed = Object.entries(bounds).filter(([, bound]) => typeof bound !== 'object');
  return fixed.length === 0 ? ratios : [...ratios, line(figure, Object.fromEntries(fixed), figures[figure])];
}

function line(name, { min, max, equals }, figure) {
  const asked = [
    ...(equals === undefined ? [] : [`= ${equals}`]),
    ...(min === undefined ? [] : [`≥ ${amount(min)}`]),
    ...(max === undefined ? [] : [`≤ ${amount(max)}`]),
  ].join(', ');
  if (figure?.mean === undefined) return { text: `${name} ${asked}: **not measured**`, isMet: false };
  const isMet =
    figure.missing === undefined &&
    (min === undefined || figure.min >= min) &&
    (max === undefined || figure.max <= max) &&
    (equals === undefined || (figure.min === equals && figure.max === equals));
  if (isMet && (equals !== undefined || (max === 0 && min === undefined))) {
    return { text: `${name} = ${equals ?? 0}`, isMet, isExact: true };
  }
  const worst = min === undefined && equals === undefined ? figure.max : figure.min;
  const isOneValue = figure.min === figure.max;
  const found = isOneValue ? amount(figure.mean) : `${amount(figure.mean)}, ${amount(worst)}`;
  const never = figure.missing === undefined ? '' : `, never in ${figure.missing} seeds`;
  return { text: `${name} ${asked}: ${isMet ? found : `**${found}${never}**`}`, isMet };
}

/** Of a figure that nothing is asked of: nobody could say which end of it is the worse. */
function shownLine(name, figure) {
  if (figure === undefined) return { text: `${name}: **not measured**`, isMet: false };
  const never = figure.missing === undefined ? '' : `, never in ${figure.missing} seeds`;
  if (figure.mean === undefined) return { text: `(${name}: never)`, isMet: true };
  const { mean, min, max } = figure;
  const found = min === max ? amount(mean) : `${amount(mean)}, ${amount(min)} to ${amount(max)}`;
  return { text: `(${name}: ${found}${never})`, isMet: true };
}

function spanOf(ms) {
  if (ms < 180_000) return `${ms / 1000} s`;
  return ms < 7_200_000 ? `${amount(ms / 60_000)} min` : `${amount(ms / 3_600_000)} h`;
}

function bySize(results) {
  return results.toSorted((a, b) => a.variants[0].nodes - b.variants[0].nodes);
}

/** @throws when the page has no place for it */
function withTable(text, begin, table) {
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf(END, from);
  if (!text.includes(begin) || to === -1) throw new Error(`docs/simulation.md has no place for ${begin} … ${END}.`);
  return `${text.slice(0, from)}\n${table}${text.slice(to)}`;
}

async function main(isCheck) {
  const { scenarios, parseScenario } = await loadSimulator();
  const parsed = new Map([...scenarios].map(([name, files]) => [name, files.map(parseScenario)]));
  const results = readResults();
  const { table, problems } = scenarioTable(parsed, results, readReasons());
  const modes = modesTable(parsed, bySize(results.filter(({ scenario }) => LEFT_OUT.test(scenario))));
  const old = readFileSync(FILE, 'utf8');
  const text = withTable(withTable(old, SCENARIOS, table), MODES, modes);
  if (isCheck && text !== old)
    problems.push('docs/simulation.md is not what docs/results says: run node scripts/sim-doc.mjs.');
  if (!isCheck) writeFileSync(FILE, text);
  for (const problem of problems) console.error(problem);
  return problems.length === 0 ? 0 : 1;
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.argv.includes('--check'));
}
