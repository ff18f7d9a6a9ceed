/** The numbers, as this tab measures them, once a second; two of them with the last minute as a line. */
import { byId, html, svg } from './dom.ts';

export interface Sample {
  readonly peers: number;
  readonly viaServer: number;
  readonly viaMesh: number;
  /** Undefined until something by somebody else has arrived. */
  readonly lagMs: { readonly p50: number; readonly p99: number } | undefined;
  readonly bytesInPerSecond: number;
  readonly bytesOutPerSecond: number;
  /** Equal in every tab that holds the same notes. */
  readonly stateHash: string;
}

export interface Numbers {
  show(sample: Sample): void;
}

const SECONDS = 60;

export function createNumbers(): Numbers {
  const list = byId('numbers', HTMLDListElement);
  const peers = tile(list, 'Peers', 'Everyone in the room, you included');
  const links = tile(list, 'Your links', 'How each was made: introduced by the server, or through the mesh');
  const lag = tile(
    list,
    'Convergence lag',
    'From the author’s clock to here, half and 99 % of the last 256 updates',
    'wide',
  );
  const bytes = tile(list, 'Traffic', 'What this tab receives and sends', 'wide');
  const hash = tile(list, 'Board fingerprint', 'Equal in every tab that holds the same notes', 'line');
  const [lagLine, inLine] = [createLine(lag.tile), createLine(bytes.tile)];

  return {
    show(sample) {
      const { lagMs, bytesInPerSecond, bytesOutPerSecond } = sample;
      peers.set([String(sample.peers)], 'in the room');
      links.set(
        [String(sample.viaServer + sample.viaMesh)],
        `${sample.viaServer} via server, ${sample.viaMesh} via mesh`,
      );
      lag.set(lagMs === undefined ? ['–'] : [ms(lagMs.p50), unit('p50'), ms(lagMs.p99), unit('p99')], '');
      lagLine.add(lagMs?.p50 ?? 0);
      bytes.set([rate(bytesInPerSecond), unit('in'), rate(bytesOutPerSecond), unit('out')], '');
      inLine.add(bytesInPerSecond + bytesOutPerSecond);
      hash.set([html('code', '', sample.stateHash)], '');
    },
  };
}

interface Tile {
  readonly tile: HTMLElement;
  set(value: readonly (string | Node)[], note: string): void;
}

function tile(list: HTMLElement, name: string, about: string, kind = ''): Tile {
  const value = html('dd', 'value');
  const note = html('dd', 'note-line');
  const element = html('div', `tile ${kind}`, html('dt', '', name), value, note);
  element.title = about;
  list.append(element);
  let shown = '';
  return {
    tile: element,
    set(parts, words) {
      const next = parts.map(part => (typeof part === 'string' ? part : part.textContent)).join(' ');
      if (next !== shown) value.replaceChildren(...parts);
      shown = next;
      if (note.textContent !== words) note.textContent = words;
    },
  };
}

/** The last minute, scaled to its own largest value. */
function createLine(tile: HTMLElement): { add(value: number): void } {
  const drawing = svg('svg', 'spark', {
    viewBox: `0 0 ${SECONDS - 1} 24`,
    preserveAspectRatio: 'none',
    'aria-hidden': 'true',
  });
  const area = svg('path', 'spark-area');
  const line = svg('polyline', 'spark-line');
  drawing.append(area, line);
  tile.append(drawing);
  const values: number[] = [];
  return {
    add(value) {
      values.push(value);
      if (values.length > SECONDS) values.shift();
      const top = Math.max(1, ...values);
      const points = values.map((v, i) => `${SECONDS - values.length + i},${(22.5 - (21 * v) / top).toFixed(2)}`);
      line.setAttribute('points', points.join(' '));
      area.setAttribute('d', `M${SECONDS - values.length},24 L${points.join(' L')} L${SECONDS - 1},24Z`);
    },
  };
}

function ms(value: number): string {
  return value < 1_000 ? `${Math.round(value)} ms` : `${(value / 1_000).toFixed(1)} s`;
}

function rate(bytes: number): string {
  if (bytes < 1_000) return `${Math.round(bytes)} B/s`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB/s` : `${(bytes / 1_000_000).toFixed(1)} MB/s`;
}

function unit(words: string): HTMLElement {
  return html('span', 'unit', words);
}
