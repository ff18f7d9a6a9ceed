/** Everyone in the room as the page shows them, oneself first, and the names of those who have left. */
import type { PeerId, Room } from '@hearsay/browser';
import {
  type LobbyEvents,
  type LobbyPresence,
  type LobbyState,
  linkName,
  type Person,
  readPerson,
  type Standing,
} from './model.ts';
import type { Profile } from './profile.ts';

export type LobbyRoom = Room<LobbyPresence, LobbyState, LobbyEvents>;

export interface Crowd {
  /** Everyone who is here now. */
  all(): readonly Person[];
  /** Reads one person anew; undefined when they are not here. */
  meet(id: string): Person | undefined;
  /** Someone who is here, or was; whoever left before this tab came is called as the note says. */
  person(id: string | undefined, name?: string): Pick<Person, 'name' | 'color' | 'cursor'>;
}

/** Names of the absent that are remembered, the longest known go first. */
const MAX_REMEMBERED = 512;
const UNKNOWN_COLOR = '#5a6272';
const STANDINGS = { alive: 'here', suspect: 'silent', away: 'away' } as const satisfies { [status: string]: Standing };

export function createCrowd(room: LobbyRoom, profile: () => Profile): Crowd {
  const known = new Map<string, Person>();

  const remember = (person: Person): void => {
    known.delete(person.id);
    known.set(person.id, person);
    const oldest = known.keys().next();
    if (known.size > MAX_REMEMBERED && !oldest.done) known.delete(oldest.value);
  };

  const meet = (id: PeerId): Person | undefined => {
    const other = room.presence.others.get(id);
    if (other === undefined) return undefined;
    const person = readPerson(id, other.presence, STANDINGS[other.status]);
    remember(person);
    return person;
  };

  return {
    all() {
      const self: Person = {
        id: room.self.id,
        ...profile(),
        kind: 'tab',
        cursor: room.presence.self.cursor ?? null,
        links: room.links.map(({ peer }) => linkName(peer)),
        isSelf: true,
        standing: 'here',
      };
      remember(self);
      const others = [...room.presence.others.keys()].flatMap(id => meet(id) ?? []);
      // Tabs before Node peers, each by id: nobody changes places while they are here.
      others.sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
      return [self, ...others];
    },
    meet: id => meet(id as PeerId),
    person(id = '', name = linkName(id)) {
      return known.get(id) ?? { name, color: UNKNOWN_COLOR, cursor: null };
    },
  };
}

function rank({ kind, id }: Person): string {
  return `${kind === 'tab' ? 0 : 1} ${id}`;
}
