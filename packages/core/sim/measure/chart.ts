/** Delivery over time as an SVG picture: one line for each run, time on a root scale so that fast and slow fit. */

export interface Curve {
  readonly name: string;
  /** [ms, share of all deliveries], rising. */
  readonly points: readonly (readonly [ms: number, share: number])[];
}

const WIDTH = 760;
const HEIGHT = 420;
const LEFT = 64;
const RIGHT = 150;
const TOP = 44;
const BOTTOM = 56;
/** Told apart with every kind of colour vision (Okabe and Ito). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];
const STEPS_MS = [10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000, 120_000, 300_000, 600_000];

/** @returns a whole SVG document. */
export function convergenceChart(title: string, curves: readonly Curve[]): string {
  const lastMs = Math.max(10, ...curves.map(({ points }) => points.at(-1)?.[0] ?? 0));
  const x = (ms: number): number => LEFT + (WIDTH - LEFT - RIGHT) * Math.sqrt(ms / lastMs);
  const y = (share: number): number => HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" fill="#333">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${LEFT}" y="24" font-size="16">${escaped(title)}</text>`,
    ...shareGrid(y),
    ...timeGrid(x, lastMs),
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 12}" text-anchor="middle">time since publication</text>`,
    ...curves.flatMap((curve, i) => line(curve, i, x, y)),
    '</svg>',
    '',
  ].join('\n');
}

function shareGrid(y: (share: number) => number): readonly string[] {
  return [0, 0.25, 0.5, 0.75, 1].flatMap(share => [
    `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(share)}" y2="${y(share)}" stroke="#ddd"/>`,
    `<text x="${LEFT - 8}" y="${y(share) + 4}" text-anchor="end">${100 * share} %</text>`,
  ]);
}

function timeGrid(x: (ms: number) => number, lastMs: number): readonly string[] {
  let lastLabelAt = Number.NEGATIVE_INFINITY;
  return STEPS_MS.filter(ms => ms <= lastMs).flatMap(ms => {
    const at = x(ms);
    if (at - lastLabelAt < 48) return [];
    lastLabelAt = at;
    return [
      `<line x1="${at.toFixed(1)}" x2="${at.toFixed(1)}" y1="${TOP}" y2="${HEIGHT - BOTTOM}" stroke="#eee"/>`,
      `<text x="${at.toFixed(1)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`}</text>`,
    ];
  });
}

function line(
  { name, points }: Curve,
  index: number,
  x: (ms: number) => number,
  y: (share: number) => number,
): readonly string[] {
  const colour = COLOURS[index % COLOURS.length]!;
  const path = points.map(([ms, share]) => `${x(ms).toFixed(1)},${y(share).toFixed(1)}`).join(' ');
  const legendY = TOP + 12 + 20 * index;
  return [
    `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    `<line x1="${WIDTH - RIGHT + 14}" x2="${WIDTH - RIGHT + 34}" y1="${legendY - 4}" y2="${legendY - 4}" stroke="${colour}" stroke-width="2"/>`,
    `<text x="${WIDTH - RIGHT + 40}" y="${legendY}">${escaped(name)}</text>`,
  ];
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
