/** Everyone in the room as the page shows them, oneself first, and the names of those who have left. */
import type { Room } from '@hearsay/browser';
import { type LobbyEvents, type LobbyPresence, type LobbyState, linkName, type Person, readPerson } from './model.ts';
import type { Profile } from './profile.ts';

export type LobbyRoom = Room<LobbyPresence, LobbyState, LobbyEvents>;

export interface Crowd {
  /** Reads the room's presence anew. */
  refresh(): readonly Person[];
  /** Someone who is here, or was: their notes stay signed with the name that they had. */
  person(id: string | undefined): Pick<Person, 'name' | 'color' | 'cursor'>;
}

/** Names of the absent that are remembered, the longest known go first. */
const MAX_REMEMBERED = 512;
const UNKNOWN_COLOR = '#5a6272';

export function createCrowd(room: LobbyRoom, profile: () => Profile): Crowd {
  const known = new Map<string, Person>();

  const remember = (person: Person): void => {
    known.delete(person.id);
    known.set(person.id, person);
    const oldest = known.keys().next();
    if (known.size > MAX_REMEMBERED && !oldest.done) known.delete(oldest.value);
  };

  return {
    refresh() {
      const self: Person = {
        id: room.self.id,
        ...profile(),
        kind: 'tab',
        cursor: room.presence.self.cursor ?? null,
        links: room.links.map(({ peer }) => linkName(peer)),
        isSelf: true,
        isSilent: false,
      };
      const others = [...room.presence.others].map(([id, { presence, status }]) =>
        readPerson(id, presence, status === 'suspect'),
      );
      // Tabs before Node peers, each by id: nobody changes places while they are here.
      others.sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
      const people = [self, ...others];
      for (const person of people) remember(person);
      return people;
    },
    person(id) {
      const found = id === undefined ? undefined : known.get(id);
      return found ?? { name: id === undefined ? '' : linkName(id), color: UNKNOWN_COLOR, cursor: null };
    },
  };
}

function rank({ kind, id }: Person): string {
  return `${kind === 'tab' ? 0 : 1} ${id}`;
}
