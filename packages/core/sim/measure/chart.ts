/**
 * A run as an SVG picture: the share delivered by time since publication, and beneath it what a node sends by
 * time of day of the world; one line for each run in both. Readable on light and on dark ground.
 */

export interface Curve {
  readonly name: string;
  /** [ms, share of all deliveries], rising. */
  readonly points: readonly (readonly [ms: number, share: number])[];
  /** [s, bytes sent per running node in that second]. */
  readonly traffic: readonly (readonly [second: number, bytes: number])[];
}

interface Panel {
  readonly top: number;
  readonly title: string;
  readonly xTicks: readonly Tick[];
  readonly yTicks: readonly Tick[];
  readonly lines: readonly (readonly (readonly [x: number, y: number])[])[];
}

interface Tick {
  readonly at: number;
  readonly text: string;
}

const WIDTH = 760;
const LEFT = 72;
const RIGHT = 160;
const TOP = 72;
const PANEL_HEIGHT = 250;
const PANEL_STEP = 330;
const BOTTOM = 30;
const PLOT_WIDTH = WIDTH - LEFT - RIGHT;
/** Labels nearer than this would touch. */
const LABEL_GAP = 48;
/** As many letters of the heading as are sure to fit, in lines above the first panel. */
const HEADING_LETTERS = 80;
const HEADING_LINES = 2;
/** More points than pixels cannot be told apart. */
const MAX_POINTS = 250;
/** Told apart with every kind of colour vision (Okabe and Ito), and on both grounds. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];
const DASHES = ['', '6 3', '2 3'];
const STEPS_MS = [10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000, 120_000, 300_000, 600_000];
const STEPS_S = [10, 60, 300, 600, 1_800, 3_600, 7_200, 21_600, 86_400];
const STYLE = `<style>
  .ground { fill: #fff } text { fill: #333 } .grid { stroke: #ddd }
  @media (prefers-color-scheme: dark) { .ground { fill: #16181d } text { fill: #d5d8de } .grid { stroke: #3a3f4a } }
</style>`;

/** @returns a whole SVG document. */
export function runChart(title: string, curves: readonly Curve[]): string {
  const panels = [
    ...(curves.some(({ points }) => points.length > 0) ? [deliveryPanel(curves)] : []),
    ...(curves.some(({ traffic }) => traffic.length > 1) ? [trafficPanel(curves)] : []),
  ].map((panel, i) => ({ ...panel, top: TOP + i * PANEL_STEP }));
  const height = TOP + Math.max(1, panels.length) * PANEL_STEP - (PANEL_STEP - PANEL_HEIGHT) + BOTTOM;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    STYLE,
    `<rect class="ground" width="${WIDTH}" height="${height}"/>`,
    ...heading(title),
    ...panels.flatMap(draw),
    ...legend(curves.map(({ name }) => name)),
    '</svg>',
    '',
  ].join('\n');
}

/** As much as two lines hold; the whole of it is the document's title. */
function heading(title: string): readonly string[] {
  const lines: string[] = [];
  for (const word of title.split(' ')) {
    const longer = `${lines.at(-1) ?? ''} ${word}`.trimStart();
    if (lines.length > 0 && longer.length <= HEADING_LETTERS) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines
    .slice(0, HEADING_LINES)
    .map((line, i) => `<text x="${LEFT}" y="${20 + 19 * i}" font-size="14">${escaped(line)}</text>`);
}

/** Time on a root scale, so that a quick run and a slow one fit into one picture. */
function deliveryPanel(curves: readonly Curve[]): Omit<Panel, 'top'> {
  const lastMs = Math.max(10, ...curves.map(({ points }) => points.at(-1)?.[0] ?? 0));
  const x = (ms: number): number => Math.sqrt(ms / lastMs);
  return {
    title: 'share delivered, by time since publication (root scale)',
    xTicks: STEPS_MS.filter(ms => ms <= lastMs).map(ms => ({
      at: x(ms),
      text: ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`,
    })),
    yTicks: [0, 0.25, 0.5, 0.75, 1].map(share => ({ at: share, text: `${100 * share} %` })),
    lines: curves.map(({ points }) => points.map(([ms, share]) => [x(ms), share] as const)),
  };
}

function trafficPanel(curves: readonly Curve[]): Omit<Panel, 'top'> {
  const lastS = Math.max(1, ...curves.map(({ traffic }) => traffic.at(-1)?.[0] ?? 0));
  const most = Math.max(1, ...curves.flatMap(({ traffic }) => traffic.map(([, bytes]) => bytes)));
  const stepS = STEPS_S.find(step => lastS / step <= 8) ?? lastS;
  const step = roundStep(most / 4);
  return {
    title: 'bytes sent per node and second, by time since the beginning',
    xTicks: ticksUpTo(lastS, stepS).map(s => ({ at: s / lastS, text: clockOf(s) })),
    yTicks: ticksUpTo(most, step).map(bytes => ({ at: bytes / most, text: bytesText(bytes) })),
    lines: curves.map(({ traffic }) =>
      thinned(traffic).map(([second, bytes]) => [second / lastS, bytes / most] as const),
    ),
  };
}

/** The highest of each stretch stays: a peak that a picture leaves out never happened. */
function thinned(series: Curve['traffic']): Curve['traffic'] {
  const stretch = Math.ceil(series.length / MAX_POINTS);
  const kept: (readonly [number, number])[] = [];
  for (let i = 0; i < series.length; i += stretch) {
    kept.push(series.slice(i, i + stretch).reduce((highest, point) => (point[1] > highest[1] ? point : highest)));
  }
  return kept;
}

function draw({ top, title, xTicks, yTicks, lines }: Panel): readonly string[] {
  const x = (share: number): string => (LEFT + PLOT_WIDTH * share).toFixed(1);
  const y = (share: number): string => (top + PANEL_HEIGHT * (1 - share)).toFixed(1);
  const bottom = top + PANEL_HEIGHT;
  return [
    `<text x="${LEFT}" y="${top - 14}">${title}</text>`,
    ...yTicks.flatMap(({ at, text }) => [
      `<line class="grid" x1="${LEFT}" x2="${LEFT + PLOT_WIDTH}" y1="${y(at)}" y2="${y(at)}"/>`,
      `<text x="${LEFT - 8}" y="${Number(y(at)) + 4}" text-anchor="end">${text}</text>`,
    ]),
    ...spaced(xTicks).flatMap(({ at, text }) => [
      `<line class="grid" x1="${x(at)}" x2="${x(at)}" y1="${top}" y2="${bottom}"/>`,
      `<text x="${x(at)}" y="${bottom + 18}" text-anchor="middle">${text}</text>`,
    ]),
    ...lines.map((points, i) => {
      const path = points.map(([px, py]) => `${x(px)},${y(py)}`).join(' ');
      return `<polyline points="${path}" fill="none" ${strokeOf(i)} stroke-width="2"/>`;
    }),
  ];
}

function legend(names: readonly string[]): readonly string[] {
  const at = WIDTH - RIGHT + 14;
  return names.flatMap((name, i) => {
    const y = TOP + 12 + 20 * i;
    return [
      `<line x1="${at}" x2="${at + 20}" y1="${y - 4}" y2="${y - 4}" ${strokeOf(i)} stroke-width="3"/>`,
      `<text x="${at + 26}" y="${y}">${escaped(name)}</text>`,
    ];
  });
}

function spaced(ticks: readonly Tick[]): readonly Tick[] {
  let last = Number.NEGATIVE_INFINITY;
  return ticks.filter(({ at }) => {
    if ((at - last) * PLOT_WIDTH < LABEL_GAP) return false;
    last = at;
    return true;
  });
}

function ticksUpTo(last: number, step: number): readonly number[] {
  return Array.from({ length: Math.floor(last / step) + 1 }, (_, i) => i * step);
}

/** The next of 1, 2, 5, 10, 20, 50 … above. */
function roundStep(least: number): number {
  for (let ten = 1; ; ten *= 10) {
    const found = [1, 2, 5].find(digit => digit * ten >= least);
    if (found !== undefined) return found * ten;
  }
}

function bytesText(bytes: number): string {
  return bytes < 10_000 ? `${bytes} B` : `${bytes / 1_000} KB`;
}

function clockOf(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200 ? `${seconds / 60} min` : `${seconds / 3_600} h`;
}

/** Beyond the colours that can be told apart lines are dashed. */
function strokeOf(index: number): string {
  const dashes = DASHES[Math.floor(index / COLOURS.length) % DASHES.length]!;
  return `stroke="${COLOURS[index % COLOURS.length]!}"${dashes === '' ? '' : ` stroke-dasharray="${dashes}"`}`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
