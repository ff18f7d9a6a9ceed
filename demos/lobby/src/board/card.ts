/**
 * One sticky note. A click or Enter writes in it, dragging or the arrow keys move it. While someone here writes or
 * drags, that half of the note is theirs: what comes from others waits until they let go.
 */
import { html, paint } from '../dom.ts';
import { MAX_TEXT, type Note } from '../model.ts';
import { createThrottle } from '../throttle.ts';
import { followDrag } from './drag.ts';

export interface Card {
  readonly element: HTMLLIElement;
  show(note: Note): void;
  /** Who wrote what it shows, and whether they made the note, too. */
  sign(name: string, color: string, isCreator: boolean): void;
  edit(): void;
  focus(): void;
  /** Drawn above the others. */
  raise(): void;
}

export interface CardHandlers {
  changed(note: Note): void;
  /** The visitor deletes it; `last` is all that it held. */
  removed(last: Note): void;
}

const WRITE_EVERY_MS = 110;
/** More characters than this fit in smaller letters only. */
const LONG_TEXT = 56;
const STEP = 0.02;
const BIG_STEP = 0.1;
const ARROWS: { readonly [key: string]: readonly [x: number, y: number] } = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
let top = 1;

export function createCard(first: Note, handlers: CardHandlers): Card {
  const { element, face, body, text, signature, remove } = build();
  const writing = createThrottle(WRITE_EVERY_MS);
  let note = first;
  /** What the room holds, also while this visitor's own half is shown instead. */
  let shared = first;
  let hasOwnText = false;
  let isDragged = false;
  let author = '';

  const place = (): void => {
    face.style.setProperty('--x', String(note.x));
    face.style.setProperty('--y', String(note.y));
  };
  const growToText = (): void => {
    text.classList.toggle('long', text.value.length > LONG_TEXT);
    body.dataset['text'] = text.value;
  };
  const change = (patch: Partial<Note>): void => {
    note = { ...note, ...patch };
    place();
    writing.push(() => handlers.changed(note));
  };
  const edit = (): void => {
    face.classList.add('editing');
    text.readOnly = false;
    text.focus();
    text.setSelectionRange(text.value.length, text.value.length);
  };
  const stop = (): void => {
    face.classList.remove('editing');
    text.readOnly = true;
    text.scrollTop = 0;
    writing.flush();
    hasOwnText = false;
    card.show(shared);
  };

  text.addEventListener('input', () => {
    hasOwnText = true;
    growToText();
    change({ text: text.value });
  });
  text.addEventListener('blur', stop);
  remove.addEventListener('click', () => handlers.removed(note));
  element.addEventListener('keydown', event => onKey(event, { face, edit, change, note: () => note, handlers }));
  followDrag(face, {
    start: () => note,
    moved(to) {
      isDragged = true;
      face.classList.add('dragged');
      change(to);
    },
    ended() {
      face.classList.remove('dragged');
      writing.flush();
      isDragged = false;
      card.show(shared);
    },
    clicked: edit,
  });

  const card: Card = {
    element,
    show(newer) {
      shared = newer;
      note = {
        ...newer,
        text: hasOwnText ? note.text : newer.text,
        ...(isDragged ? { x: note.x, y: note.y } : {}),
      };
      if (!hasOwnText && text.value !== note.text) text.value = note.text;
      growToText();
      paint(face, note.color);
      place();
      describe(face, note.text, author);
    },
    sign(name, color, isCreator) {
      author = isCreator ? `by ${name}` : `last by ${name}`;
      const words = isCreator ? name : author;
      if (signature.textContent !== words) signature.textContent = words;
      paint(signature, color);
      describe(face, note.text, author);
    },
    edit,
    focus: () => face.focus(),
    raise() {
      top += 1;
      element.style.zIndex = String(top);
    },
  };
  face.addEventListener('focusin', card.raise);
  face.addEventListener('pointerdown', card.raise);
  card.show(first);
  return card;
}

interface KeyTools {
  readonly face: HTMLElement;
  readonly edit: () => void;
  readonly change: (patch: Partial<Note>) => void;
  readonly note: () => Note;
  readonly handlers: CardHandlers;
}

function onKey(event: KeyboardEvent, { face, edit, change, note, handlers }: KeyTools): void {
  if (event.key === 'Escape') {
    face.focus();
    return;
  }
  if (event.target !== face) return;
  const arrow = ARROWS[event.key];
  if (arrow !== undefined) {
    const step = event.shiftKey ? BIG_STEP : STEP;
    const { x, y } = note();
    change({ x: inside(x + arrow[0] * step), y: inside(y + arrow[1] * step) });
  } else if (event.key === 'Enter' || event.key === 'F2') edit();
  else if (event.key === 'Delete') handlers.removed(note());
  else return;
  event.preventDefault();
}

function inside(fraction: number): number {
  return Math.min(1, Math.max(0, Math.round(fraction * 1e4) / 1e4));
}

function describe(face: HTMLElement, text: string, author: string): void {
  face.setAttribute('aria-label', `Note ${author}: ${text.trim() || 'empty'}`);
}

function build(): {
  readonly element: HTMLLIElement;
  readonly face: HTMLElement;
  /** As tall as the text, of which it holds an invisible copy: a text field does not grow by itself. */
  readonly body: HTMLElement;
  readonly text: HTMLTextAreaElement;
  readonly signature: HTMLElement;
  readonly remove: HTMLButtonElement;
} {
  const text = html('textarea', 'note-text');
  text.maxLength = MAX_TEXT;
  text.rows = 1;
  text.readOnly = true;
  text.tabIndex = -1;
  text.placeholder = 'Write something';
  text.setAttribute('aria-label', 'Text of the note');
  const remove = html('button', 'note-remove', '×');
  remove.type = 'button';
  remove.setAttribute('aria-label', 'Delete this note');
  const signature = html('span', 'note-author');
  const body = html('div', 'note-body', text);
  const face = html('div', 'note', body, html('div', 'note-foot', signature), remove);
  face.tabIndex = 0;
  face.setAttribute('role', 'group');
  face.setAttribute('aria-roledescription', 'note');
  face.setAttribute('aria-describedby', 'board-help');
  return { element: html('li', '', face), face, body, text, signature, remove };
}
