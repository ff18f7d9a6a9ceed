/**
 * The modes of broadcast as an SVG picture: for each family the share of the room reached by time, in seconds and in
 * steps, and beneath it the copies that a node receives. What theory says is dashed. For light and dark ground.
 */
import { modeOf } from './modes.mjs';
import { amount } from './tables.mjs';

const WIDTH = 860;
const LEFT = 56;
const PANEL = { width: 350, height: 150, stepX: 420, stepY: 228, top: 84 };
const BARS_LEFT = 110;
const BARS_WIDTH = 640;
const BAR_STEP = 22;
/** A power of two below the floor, so that one copy is a bar that can be seen. */
const LEAST_COPIES = 0.5;
const SHARES = [0, 0.5, 1];
const TICKS = 7;
/** Told apart with every kind of colour vision (Okabe and Ito), and on both grounds. */
const COLOURS = { push: '#0072b2', pull: '#d55e00', 'push-pull': '#009e73', flood: '#cc79a7', tree: '#e69f00' };
const STYLE = `<style>
  .ground { fill: #fff } text { fill: #333 } .faint { fill: #666 } .grid { stroke: #ddd } .theory { stroke: #333 }
  .theory { stroke-width: 1.5; stroke-dasharray: 4 3 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #16181d } text { fill: #d5d8de } .faint { fill: #9aa0ab } .grid { stroke: #3a3f4a }
    .theory { stroke: #d5d8de }
  }
</style>`;

/**
 * @param {object[]} results  of the variants with one seed
 * @returns {string} a whole SVG document
 */
export function modesChart(results) {
  const runs = results.map(({ scenario, report, loadCurves }) => {
    const mode = modeOf(scenario);
    const { redundancy } = report.convergence.loads[mode.load];
    return { ...mode, points: loadCurves[mode.load], received: 1 + redundancy };
  });
  const { nodes } = results[0].scenario;
  const barsTop = PANEL.top + 2 * PANEL.stepY + 16;
  const height = barsTop + runs.length * BAR_STEP + 44;
  const title = `${amount(nodes)} nodes: how one message spreads`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${title}</title>`,
    STYLE,
    `<rect class="ground" width="${WIDTH}" height="${height}"/>`,
    `<text x="${LEFT}" y="30" font-size="17">${title}</text>`,
    `<text x="${LEFT}" y="49" class="faint">share of the room reached, by time since publication; dashed: when all know by theory, in rounds</text>`,
    ...families(runs).flatMap(panel),
    ...copies(runs, barsTop),
    '</svg>',
    '',
  ].join('\n');
}

/** Rumours share one scale of time; flood and tree are too quick for it. */
function families(runs) {
  const rumours = runs.filter(({ steps }) => steps === 'rounds');
  const others = runs.filter(({ steps }) => steps === 'hops');
  const lastOf = group =>
    Math.max(...group.map(({ points, theory, stepMs }) => Math.max(points.at(-1)[0], (theory.steps ?? 0) * stepMs)));
  const rumoursLast = lastOf(rumours);
  return [
    ...['push', 'pull', 'push-pull'].map(family => ({
      name: family,
      lines: rumours.filter(run => run.family === family),
      lastMs: rumoursLast,
    })),
    { name: 'flood and tree: another scale', lines: others, lastMs: lastOf(others) },
  ].filter(({ lines }) => lines.length > 0);
}

function panel({ name, lines, lastMs }, i) {
  const left = LEFT + (i % 2) * PANEL.stepX;
  const top = PANEL.top + Math.floor(i / 2) * PANEL.stepY;
  const bottom = top + PANEL.height;
  const x = ms => left + (PANEL.width * ms) / (1.04 * lastMs);
  const y = share => bottom - PANEL.height * share;
  return [
    `<text x="${left}" y="${top - 10}" font-weight="600">${name}</text>`,
    ...SHARES.flatMap(share => [
      line('grid', left, y(share), left + PANEL.width, y(share)),
      `<text x="${left - 6}" y="${at(y(share) + 4)}" text-anchor="end">${100 * share} %</text>`,
    ]),
    ...axis(lines[0], lastMs, x, bottom),
    ...lines.map(({ points, family }) => {
      const path = points.map(([ms, share]) => `${at(x(ms))},${at(y(share))}`).join(' ');
      return `<polyline points="${path}" fill="none" stroke="${COLOURS[family]}" stroke-width="2"/>`;
    }),
    ...labels(lines, x, y),
    ...lines.flatMap(({ theory, stepMs }) => {
      if (theory.steps === undefined) return [];
      const atX = x(theory.steps * stepMs);
      // The quickest two may be near each other: their numbers lean apart.
      const isQuickest = lines.every(other => other.theory.steps >= theory.steps);
      const [shift, anchor] = isQuickest ? [5, 'end'] : [-5, 'start'];
      return [
        line('theory', atX, top, atX, top + 18),
        `<text x="${at(atX + shift)}" y="${top + 30}" text-anchor="${anchor}" class="faint">${theory.steps.toFixed(1)}</text>`,
      ];
    }),
  ];
}

/** Seconds, and beneath them steps. */
function axis({ stepMs, steps }, lastMs, x, bottom) {
  const every = [1, 2, 5, 10, 20, 50, 100].find(count => lastMs / (count * stepMs) <= TICKS) ?? 1_000;
  const count = Math.floor(lastMs / (every * stepMs));
  return Array.from({ length: count + 1 }, (_, i) => i * every).flatMap((step, i) => {
    const ms = step * stepMs;
    const atX = at(x(ms));
    const unit = i === count ? ` ${steps}` : '';
    return [
      line('grid', atX, bottom, atX, bottom + 5),
      `<text x="${atX}" y="${bottom + 19}" text-anchor="middle">${steps === 'hops' ? `${ms} ms` : `${ms / 1_000} s`}</text>`,
      `<text x="${atX}" y="${bottom + 34}" text-anchor="middle" class="faint">${step}${unit}</text>`,
    ];
  });
}

/** Beside each line where half is reached: the quickest to the left, the others to the right. */
function labels(lines, x, y) {
  const halves = lines.map(({ points }) => points.find(([, share]) => share >= 0.5)?.[0] ?? points.at(-1)[0]);
  const quickest = Math.min(...halves);
  return lines.map(({ k, name }, i) => {
    const isLeft = lines.length > 1 && halves[i] === quickest;
    const text = k === undefined ? name : `k = ${k}`;
    return `<text x="${at(x(halves[i]) + (isLeft ? -6 : 6))}" y="${at(y(0.5) + (isLeft ? -5 : 14))}" text-anchor="${isLeft ? 'end' : 'start'}">${text}</text>`;
  });
}

function copies(runs, top) {
  const most = Math.max(...runs.map(({ received, theory }) => Math.max(received, theory.copies)));
  const x = count => BARS_LEFT + (BARS_WIDTH * Math.log(count / LEAST_COPIES)) / Math.log(most / LEAST_COPIES);
  const bottom = top + runs.length * BAR_STEP;
  const powers = Array.from({ length: Math.floor(Math.log2(most)) + 1 }, (_, i) => 2 ** i);
  return [
    `<text x="${LEFT}" y="${top - 14}" font-weight="600">copies that a node receives: one, or N − 1 in all, is the floor</text>`,
    ...powers.flatMap(count => [
      line('grid', x(count), top, x(count), bottom),
      `<text x="${at(x(count))}" y="${bottom + 18}" text-anchor="middle">${count}</text>`,
    ]),
    ...runs.flatMap(({ name, family, received, theory }, i) => {
      const y = top + i * BAR_STEP;
      const end = Math.max(x(received), x(theory.copies));
      return [
        `<text x="${BARS_LEFT - 8}" y="${y + 15}" text-anchor="end">${name}</text>`,
        `<rect x="${BARS_LEFT}" y="${y + 4}" width="${at(x(received) - BARS_LEFT)}" height="14" fill="${COLOURS[family]}"/>`,
        line('theory', x(theory.copies), y + 1, x(theory.copies), y + 21),
        `<text x="${at(end + 7)}" y="${y + 15}">${received.toFixed(2)}</text>`,
      ];
    }),
  ];
}

function line(kind, x1, y1, x2, y2) {
  return `<line class="${kind}" x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}"/>`;
}

function at(value) {
  return Number(value).toFixed(1);
}
