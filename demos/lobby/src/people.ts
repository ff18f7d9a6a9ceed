/** Who is here: one chip for each person, oneself first. */
import { html, initials, paint } from './dom.ts';
import type { Person } from './model.ts';

const MAX_SHOWN = 12;

export interface People {
  show(people: readonly Person[]): void;
}

export function createPeople(list: HTMLElement): People {
  let shown = '';
  return {
    show(people) {
      // Cursors move many times a second; the chips only change when one of these does.
      const now = JSON.stringify(people.map(({ id, name, color, isSilent }) => [id, name, color, isSilent]));
      if (now === shown) return;
      shown = now;
      const more = people.length - MAX_SHOWN;
      list.replaceChildren(...people.slice(0, MAX_SHOWN).map(chip));
      if (more > 0) list.append(html('li', 'person more', `+${more} more`));
    },
  };
}

function chip(person: Person): HTMLElement {
  const avatar = html('span', person.kind === 'node' ? 'avatar node' : 'avatar', initials(person.name));
  avatar.setAttribute('aria-hidden', 'true');
  const item = html(
    'li',
    person.isSilent ? 'person silent' : 'person',
    avatar,
    html('span', 'person-name', person.name),
  );
  if (person.isSelf) item.append(html('span', 'tag', 'you'));
  if (person.isSilent) item.append(html('span', 'tag', 'silent'));
  item.title = `${person.kind === 'node' ? 'Node peer' : 'Tab'} ${person.id.slice(0, 8)}`;
  paint(item, person.color);
  return item;
}
