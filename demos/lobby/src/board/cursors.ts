/** The others' pointers, drawn over the notes. */
import { html, paint, svg } from '../dom.ts';
import type { Person } from '../model.ts';

export interface Cursors {
  show(people: readonly Person[]): void;
}

const MAX_SHOWN = 40;

export function createCursors(overlay: HTMLElement): Cursors {
  const drawn = new Map<string, HTMLElement>();
  return {
    show(people) {
      const pointing = people.filter(person => !person.isSelf && person.cursor !== null).slice(0, MAX_SHOWN);
      const present = new Set(pointing.map(({ id }) => id));
      for (const [id, element] of drawn) {
        if (present.has(id)) continue;
        element.remove();
        drawn.delete(id);
      }
      for (const person of pointing) {
        const element = drawn.get(person.id) ?? draw();
        if (!drawn.has(person.id)) overlay.append(element);
        drawn.set(person.id, element);
        move(element, person);
      }
    },
  };
}

function draw(): HTMLElement {
  const arrow = svg('svg', 'arrow', { viewBox: '0 0 18 20' });
  arrow.append(svg('path', '', { d: 'M2 2v14.2l4.1-3.4 2.4 5.4 2.7-1.2-2.4-5.3 5.4-.5Z' }));
  return html('div', 'cursor', arrow, html('span', 'cursor-name'));
}

function move(element: HTMLElement, { name, color, cursor }: Person): void {
  const label = element.lastElementChild;
  if (label !== null && label.textContent !== name) label.textContent = name;
  paint(element, color);
  element.style.setProperty('--x', String(cursor?.x ?? 0));
  element.style.setProperty('--y', String(cursor?.y ?? 0));
  // A label to the right of the pointer would leave the board.
  element.classList.toggle('flipped', (cursor?.x ?? 0) > 0.8);
}
