/** Who is here: one chip for each person, oneself first, in one row whatever the number. */
import { byId, html, initials, paint } from './dom.ts';
import type { Person } from './model.ts';

const MAX_SHOWN = 12;

export interface People {
  show(people: readonly Person[]): void;
}

export function createPeople(list: HTMLElement): People {
  const more = byId('people-more', HTMLSpanElement);
  let shown = '';
  let all: readonly Person[] = [];

  /** Chips without room in the first row are wrapped out of sight: they are counted instead. */
  const count = (): void => {
    const chips = [...list.children].filter(child => child instanceof HTMLElement);
    const inRow = chips.filter(({ offsetTop }) => offsetTop === chips[0]?.offsetTop).length;
    const words = inRow < all.length ? `+${all.length - inRow}` : '';
    if (more.textContent !== words) more.textContent = words;
    more.title = all
      .slice(inRow)
      .map(({ name }) => name)
      .join(', ');
  };
  new ResizeObserver(count).observe(list);

  return {
    show(everyone) {
      // Those who look at the room come first, each of both kinds in the order they had.
      const isAway = ({ standing }: Person): number => Number(standing === 'away');
      const people = [...everyone].sort((a, b) => isAway(a) - isAway(b));
      // Cursors move many times a second; the chips only change when one of these does.
      const now = JSON.stringify(people.map(({ id, name, color, standing }) => [id, name, color, standing]));
      if (now === shown) return;
      shown = now;
      all = people;
      list.replaceChildren(...people.slice(0, MAX_SHOWN).map(chip));
      count();
    },
  };
}

function chip(person: Person): HTMLElement {
  const avatar = html('span', person.kind === 'node' ? 'avatar node' : 'avatar', initials(person.name));
  avatar.setAttribute('aria-hidden', 'true');
  const item = html(
    'li',
    person.standing === 'here' ? 'person' : 'person dim',
    avatar,
    html('span', 'person-name', person.name),
  );
  if (person.isSelf) item.append(html('span', 'tag', 'you'));
  if (person.standing !== 'here') item.append(html('span', 'tag', person.standing));
  item.title = `${person.kind === 'node' ? 'Node peer' : 'Tab'} ${person.id.slice(0, 8)}`;
  paint(item, person.color);
  return item;
}
