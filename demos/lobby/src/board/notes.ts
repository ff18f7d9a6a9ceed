/** The notes on the board, kept in step with the shared state. */
import { byId } from '../dom.ts';
import { linkName, type Note, type NoteKey, type Person, type Point, readNote } from '../model.ts';
import { type Card, createCard } from './card.ts';
import { freePlace } from './place.ts';

export interface Notes {
  /** A value of the shared state, as it came; undefined: deleted. */
  put(key: NoteKey, value: unknown, author: string | undefined): void;
  /** Adds an empty note there, or at the first free place, and lets the visitor write. A full board refuses. */
  add(at?: Point): void;
  /** Signs every note again, after someone came, left or changed their name. */
  signAll(): void;
}

export interface NotesHandlers {
  write(key: NoteKey, note: Note): void;
  erase(key: NoteKey): void;
  person(author: string | undefined, name: string | undefined): Pick<Person, 'name' | 'color'>;
  /** What one's own notes begin with. */
  own(): Pick<Note, 'color' | 'creator'>;
  /** Tells the visitor at the board, for a while; `undo` takes back what they just did. */
  tell(words: string, undo?: () => void): void;
}

/** More than this is no board any more; further notes stay in the state and are not drawn. */
const MAX_NOTES = 150;

interface Shown {
  readonly card: Card;
  note: Note;
  author: string | undefined;
}

export function createNotes(handlers: NotesHandlers): Notes {
  const list = byId('notes', HTMLUListElement);
  const empty = byId('board-empty', HTMLDivElement);
  const shown = new Map<NoteKey, Shown>();

  const sign = ({ card, author, note }: Shown): void => {
    const { name, color } = handlers.person(author, note.by);
    const isCreator = author === undefined || note.creator === undefined || note.creator === linkName(author);
    card.sign(name, color, isCreator);
  };

  const insert = (key: NoteKey, note: Note): Shown => {
    const card = createCard(note, {
      changed: newer => {
        // A note that someone else deletes meanwhile must not come back by what was still to be written.
        if (shown.has(key)) handlers.write(key, newer);
      },
      removed: last => erase(key, last),
    });
    const entry: Shown = { card, note, author: undefined };
    shown.set(key, entry);
    list.append(card.element);
    card.raise();
    return entry;
  };

  /** False on a full board: a note that nobody sees is not written. */
  const write = (key: NoteKey, note: Note): boolean => {
    const isFull = shown.size >= MAX_NOTES && !shown.has(key);
    if (isFull) handlers.tell(`The board is full: it has room for ${MAX_NOTES} notes. Delete one to make room.`);
    else handlers.write(key, note);
    return !isFull;
  };

  const free = (): Point => {
    const taken = [...shown.values()].map(({ note }) => note);
    return freePlace(taken, reach(list));
  };

  const erase = (key: NoteKey, last: Note): void => {
    const keys = [...shown.keys()];
    const next = keys[keys.indexOf(key) + 1] ?? keys[keys.indexOf(key) - 1];
    handlers.erase(key);
    if (shown.has(key)) return;
    handlers.tell('Note deleted.', () => {
      if (write(key, last)) shown.get(key)?.card.focus();
    });
    // Focus must not fall to the top of the page with the note it was on.
    const neighbour = next === undefined ? undefined : shown.get(next);
    if (neighbour === undefined) byId('add-note', HTMLButtonElement).focus();
    else neighbour.card.focus();
  };

  return {
    put(key, value, author) {
      const note = value === undefined ? undefined : readNote(value);
      const known = shown.get(key);
      if (note === undefined) {
        shown.delete(key);
        known?.card.element.remove();
      } else if (known !== undefined || shown.size < MAX_NOTES) {
        const entry = known ?? insert(key, note);
        entry.author = author;
        entry.note = note;
        entry.card.show(note);
        sign(entry);
      }
      empty.hidden = shown.size > 0;
    },
    add(at = free()) {
      const key: NoteKey = `note/${crypto.randomUUID()}`;
      if (write(key, { ...at, text: '', ...handlers.own() })) shown.get(key)?.card.edit();
    },
    signAll() {
      for (const entry of shown.values()) sign(entry);
    },
  };
}

/** A note's size as fractions of the room that it has on this board. */
function reach(list: HTMLElement): Point {
  const board = list.closest('.board');
  const style = getComputedStyle(list);
  const side = (name: string, length = 0): number => {
    const own = Number.parseFloat(style.getPropertyValue(name));
    return own / Math.max(1, length - own);
  };
  return { x: side('--note-w', board?.clientWidth), y: side('--note-h', board?.clientHeight) };
}
