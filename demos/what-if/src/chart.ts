/** A line chart as wide as its place, drawn anew when that changes. */
import type { Points } from './messages.ts';

export interface ChartLine {
  readonly name: string;
  readonly kind: 'measured' | 'theory';
  readonly points: Points;
}

export interface Chart {
  readonly lines: readonly ChartLine[];
  readonly xText: (x: number) => string;
  readonly yText: (y: number) => string;
  /** The top of the scale; without it the highest point. */
  readonly yMax?: number;
  /** In words, for who does not see it. */
  readonly label: string;
}

const SVG = 'http://www.w3.org/2000/svg';
const HEIGHT = 260;
const LEFT = 58;
const RIGHT = 14;
const TOP = 26;
const BOTTOM = 26;
const TICK_GAP = 84;
const KEY_GAP = 130;

export function showChart(place: HTMLElement, chart: Chart): void {
  observers.get(place)?.disconnect();
  const observer = new ResizeObserver(() => draw(place, chart));
  observers.set(place, observer);
  observer.observe(place);
  draw(place, chart);
}

const observers = new WeakMap<HTMLElement, ResizeObserver>();

function draw(place: HTMLElement, { lines, xText, yText, yMax, label }: Chart): void {
  const width = Math.max(240, place.clientWidth);
  const all = lines.flatMap(({ points }) => points);
  const right = Math.max(1e-9, ...all.map(([x]) => x));
  const top = yMax ?? Math.max(1e-9, ...all.map(([, y]) => y));
  const x = (value: number): number => LEFT + ((width - LEFT - RIGHT) * value) / right;
  const y = (value: number): number => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * value) / top;
  const svg = element('svg', { viewBox: `0 0 ${width} ${HEIGHT}`, role: 'img', 'aria-label': label });
  for (const value of ticks(top, 4)) {
    svg.append(element('line', { class: 'grid', x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value) }));
    svg.append(element('text', { x: LEFT - 8, y: y(value) + 4, 'text-anchor': 'end' }, yText(value)));
  }
  for (const value of ticks(right, Math.max(2, Math.floor((width - LEFT - RIGHT) / TICK_GAP)))) {
    svg.append(element('line', { class: 'grid', x1: x(value), x2: x(value), y1: TOP, y2: HEIGHT - BOTTOM }));
    svg.append(element('text', { x: x(value), y: HEIGHT - 8, 'text-anchor': 'middle' }, xText(value)));
  }
  for (const [i, { name, kind, points }] of lines.entries()) {
    const path = points.map(([px, py]) => `${x(px).toFixed(1)},${y(py).toFixed(1)}`).join(' ');
    svg.append(element('polyline', { class: `line ${kind}`, points: path }));
    const at = LEFT + KEY_GAP * i;
    svg.append(element('line', { class: `key line ${kind}`, x1: at, x2: at + 22, y1: 10, y2: 10 }));
    svg.append(element('text', { x: at + 28, y: 14 }, name));
  }
  place.replaceChildren(svg);
}

/** Round values from 0 to `last`, about `count` of them. */
function ticks(last: number, count: number): readonly number[] {
  const power = 10 ** Math.floor(Math.log10(last / count));
  const step = [1, 2, 5, 10].map(digit => digit * power).find(size => last / size <= count) ?? 10 * power;
  return Array.from({ length: Math.floor(last / step + 1e-9) + 1 }, (_, i) => i * step);
}

export function element(name: string, attributes: { readonly [name: string]: string | number }, text = ''): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.textContent = text;
  return made;
}
