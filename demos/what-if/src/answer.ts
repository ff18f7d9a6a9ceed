/** Shows what a run has come to. */
import { element, showChart } from './chart.ts';
import type { Answer, Mesh, Points } from './messages.ts';
import { expectedCurve, expectedRounds, type Mode } from './theory.ts';

export function showAnswer(answer: Answer, nodes: number, theory: { mode: Mode; fanout: number } | undefined): void {
  const { report, failures, expectations, traffic } = answer;
  showSpread(answer, nodes, theory);
  showMesh(answer.mesh);
  const { out, peak } = report.bytes.perNodePerSecond;
  place('bytes-note').textContent = `${amount(out.mean)} B/s on average, ${amount(peak)} B in the worst second.`;
  showChart(place('bytes'), {
    lines: [{ name: 'measured', kind: 'measured', points: thinned(traffic) }],
    xText: seconds => (seconds < 600 ? `${amount(seconds)} s` : `${amount(seconds / 60)} min`),
    yText: bytes => `${amount(bytes)} B`,
    label: `Bytes sent per peer by second: ${amount(out.mean)} on average, ${amount(peak)} at most.`,
  });
  showFigures(answer);
  const verdict = place('verdict');
  verdict.className = `note ${failures.length === 0 ? 'met' : 'missed'}`;
  verdict.textContent =
    failures.length > 0
      ? failures.join('\n')
      : expectations === 0
        ? 'No invariant broke.'
        : 'All that was expected came true, and no invariant broke.';
}

function showSpread(
  { report, curve, roundMs }: Answer,
  nodes: number,
  theory: { mode: Mode; fanout: number } | undefined,
): void {
  const expected = theory === undefined ? [] : expectedCurve(theory.mode, nodes, theory.fanout, roundMs);
  const { toAllMs } = report.convergence;
  const words = [
    reachedInWords(report.convergence),
    ...(expected.length === 0 || theory === undefined ? [] : [theoryInWords(theory, nodes, roundMs, toAllMs.mean)]),
  ];
  place('spread-note').textContent = words.join(' ');
  showChart(place('spread'), {
    lines: [
      { name: 'measured', kind: 'measured', points: curve },
      ...(expected.length === 0 ? [] : [{ name: 'theory', kind: 'theory', points: expected } as const]),
    ],
    xText: value => (value < 1_000 ? `${amount(value)} ms` : `${amount(value / 1_000)} s`),
    yText: share => `${Math.round(100 * share)} %`,
    yMax: 1,
    label: `Share of the peers that know a message, by time since it was said. ${words.join(' ')}`,
  });
}

function reachedInWords({ t50Ms, t99Ms, toAllMs, delivered }: Answer['report']['convergence']): string {
  const half = `Half ${after(t50Ms)}`;
  if (t99Ms !== null) return `${half}, 99 % ${after(t99Ms)}; to the last peer in ${ms(toAllMs.mean)} on average.`;
  const inTheEnd = delivered === null ? 'nothing was said' : `${amount(100 * delivered)} % in the end`;
  const whole = toAllMs.mean === null ? '' : ` A message that reached all took ${ms(toAllMs.mean)} on average.`;
  return `${half}, ${inTheEnd}.${whole}`;
}

function theoryInWords(
  { mode, fanout }: { mode: Mode; fanout: number },
  nodes: number,
  roundMs: number,
  meanMs: number | null,
): string {
  const dashed = 'Dashed: what a well-mixed room would do.';
  if (mode !== 'push' || fanout !== 1) return dashed;
  // The first round is at the publication.
  const rounds = meanMs === null ? '–' : (meanMs / roundMs + 1).toFixed(1);
  return `${rounds} rounds; theory: log₂ N + ln N = ${expectedRounds(nodes).toFixed(1)}. ${dashed}`;
}

function showMesh({ peers, links, places, edges }: Mesh): void {
  const degree = peers === 0 ? 0 : (2 * links) / peers;
  const words = `${amount(peers)} peers, ${amount(links)} links, ${degree.toFixed(1)} per peer.`;
  place('mesh-note').textContent = places.length === 0 ? `${words} Too many to draw.` : words;
  const svg = element('svg', { viewBox: '-0.03 -0.03 1.06 1.06', role: 'img', 'aria-label': `The mesh: ${words}` });
  const radius = Math.max(0.006, Math.min(0.022, 0.12 / Math.sqrt(Math.max(1, places.length))));
  for (const [i, j] of edges) {
    const [from, to] = [places[i]!, places[j]!];
    svg.append(element('line', { class: 'edge', x1: from.x, y1: from.y, x2: to.x, y2: to.y }));
  }
  for (const { x, y } of places) svg.append(element('circle', { class: 'peer', cx: x, cy: y, r: radius }));
  place('mesh').replaceChildren(...(places.length === 0 ? [] : [svg]));
}

function showFigures({ report }: Answer): void {
  const { convergence, redundancy, membership, overlay, run } = report;
  const { delivered } = convergence;
  const rows: [string, string, string?][] = [
    ['Delivered', delivered === null ? '–' : `${amount(100 * delivered)} %`],
    ['Extra copies per delivery', redundancy === null ? '–' : amount(redundancy)],
    ['Wrongly suspected', amount(membership.falseSuspicions)],
    ['Crash noticed, at the latest', ms(membership.detectionMs.max)],
    ['Pieces of the mesh', amount(overlay.components)],
    ['Events handled', amount(run.events)],
    ['Trace hash', report.traceHash, 'hash'],
  ];
  const items = rows.flatMap(([name, value, kind]) => {
    const [term, detail] = [document.createElement('dt'), document.createElement('dd')];
    term.textContent = name;
    detail.textContent = value;
    if (kind !== undefined) detail.className = kind;
    return [term, detail];
  });
  place('figures').replaceChildren(...items);
}

/** A day has more seconds than a page has columns; of each stretch the highest stays. */
function thinned(series: Points): Points {
  const stretch = Math.ceil(series.length / 600);
  const kept: (readonly [number, number])[] = [];
  for (let i = 0; i < series.length; i += stretch) {
    kept.push(series.slice(i, i + stretch).reduce((highest, point) => (point[1] > highest[1] ? point : highest)));
  }
  return kept;
}

function amount(value: number): string {
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}

function ms(value: number | null): string {
  if (value === null) return '–';
  return value < 10_000 ? `${amount(Math.round(value))} ms` : `${amount(value / 1_000)} s`;
}

function after(value: number | null): string {
  return value === null ? 'never' : `after ${ms(value)}`;
}

export function place(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no #${id}.`);
  return found;
}
