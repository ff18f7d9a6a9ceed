/** The notes on the board, kept in step with the shared state. */
import { byId } from '../dom.ts';
import { type Note, type NoteKey, type Person, type Point, readNote } from '../model.ts';
import { type Card, createCard } from './card.ts';

export interface Notes {
  /** A value of the shared state, as it came; undefined: deleted. */
  put(key: NoteKey, value: unknown, author: string | undefined): void;
  /** Adds an empty note there, or at a place that is likely free, and lets the visitor write. */
  add(at?: Point): void;
  /** Signs every note again, after someone came, left or changed their name. */
  signAll(): void;
  readonly size: number;
}

export interface NotesHandlers {
  write(key: NoteKey, note: Note): void;
  erase(key: NoteKey): void;
  person(author: string | undefined, name: string | undefined): Pick<Person, 'name' | 'color'>;
  /** Color of one's own notes. */
  color(): string;
  say(words: string): void;
}

/** More than this is no board any more; further notes stay in the state and are not drawn. */
const MAX_NOTES = 150;

interface Shown {
  readonly card: Card;
  author: string | undefined;
  /** What the author was called when they wrote it. */
  by: string | undefined;
}

export function createNotes(handlers: NotesHandlers): Notes {
  const list = byId('notes', HTMLUListElement);
  const empty = byId('board-empty', HTMLDivElement);
  const shown = new Map<NoteKey, Shown>();

  const sign = ({ card, author, by }: Shown): void => {
    const { name, color } = handlers.person(author, by);
    card.sign(name, color);
  };

  const insert = (key: NoteKey, note: Note): Shown => {
    const card = createCard(note, {
      changed: newer => {
        // A note that someone else deletes meanwhile must not come back by what was still to be written.
        if (shown.has(key)) handlers.write(key, newer);
      },
      removed: () => erase(key),
    });
    const entry: Shown = { card, author: undefined, by: undefined };
    shown.set(key, entry);
    list.append(card.element);
    card.raise();
    return entry;
  };

  const erase = (key: NoteKey): void => {
    const keys = [...shown.keys()];
    const next = keys[keys.indexOf(key) + 1] ?? keys[keys.indexOf(key) - 1];
    handlers.erase(key);
    handlers.say('Note deleted');
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
        entry.by = note.by;
        entry.card.show(note);
        sign(entry);
      }
      empty.hidden = shown.size > 0;
    },
    add(at = freePlace(shown.size)) {
      const key: NoteKey = `note/${crypto.randomUUID()}`;
      handlers.write(key, { ...at, text: '', color: handlers.color() });
      shown.get(key)?.card.edit();
    },
    signAll() {
      for (const entry of shown.values()) sign(entry);
    },
    get size() {
      return shown.size;
    },
  };
}

/** Walks the board in steps of the golden ratio, so that neighbours in time are not neighbours in place. */
function freePlace(count: number): Point {
  const step = (ratio: number, from: number): number => Math.round(((from + count * ratio) % 1) * 1e4) / 1e4;
  return { x: 0.06 + 0.88 * step(0.618_034, 0.1), y: 0.06 + 0.88 * step(0.381_966, 0.15) };
}
