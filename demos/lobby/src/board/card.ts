/**
 * One sticky note. A click or Enter writes in it, dragging or the arrow keys move it. While someone here writes or
 * drags, that half of the note is theirs: what comes from others waits until they let go.
 */
import { html, paint } from '../dom.ts';
import { MAX_TEXT, type Note, type Point } from '../model.ts';
import { createThrottle } from '../throttle.ts';
import { followDrag } from './drag.ts';

export interface Card {
  readonly element: HTMLLIElement;
  show(note: Note): void;
  /** Who wrote what it shows. */
  sign(name: string, color: string): void;
  edit(): void;
  focus(): void;
  /** Drawn above the others. */
  raise(): void;
}

export interface CardHandlers {
  changed(note: Note): void;
  removed(): void;
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
  const { element, face, text, signature, remove } = build();
  const writing = createThrottle(WRITE_EVERY_MS);
  let note = first;
  let hasOwnText = false;
  let isDragged = false;

  const place = (): void => {
    face.style.setProperty('--x', String(note.x));
    face.style.setProperty('--y', String(note.y));
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
  };

  text.addEventListener('input', () => {
    hasOwnText = true;
    change({ text: text.value });
  });
  text.addEventListener('blur', stop);
  remove.addEventListener('click', handlers.removed);
  element.addEventListener('keydown', event => onKey(event, { face, edit, change, note: () => note, handlers }));
  followDrag(face, {
    start: () => note,
    moved(to) {
      isDragged = true;
      face.classList.add('dragged');
      change(to);
    },
    ended() {
      isDragged = false;
      face.classList.remove('dragged');
      writing.flush();
    },
    clicked: edit,
  });

  const card: Card = {
    element,
    show(newer) {
      note = {
        ...newer,
        text: hasOwnText ? note.text : newer.text,
        ...(isDragged ? { x: note.x, y: note.y } : {}),
      };
      if (!hasOwnText && text.value !== note.text) text.value = note.text;
      text.classList.toggle('long', note.text.length > LONG_TEXT);
      paint(face, note.color);
      place();
      describe(face, note.text, signature.textContent);
    },
    sign(name, color) {
      if (signature.textContent !== name) signature.textContent = name;
      paint(signature, color);
      describe(face, note.text, name);
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
  readonly note: () => Point;
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
  else if (event.key === 'Delete' || event.key === 'Backspace') handlers.removed();
  else return;
  event.preventDefault();
}

function inside(fraction: number): number {
  return Math.min(1, Math.max(0, Math.round(fraction * 1e4) / 1e4));
}

function describe(face: HTMLElement, text: string, author: string): void {
  face.setAttribute('aria-label', `Note by ${author || 'someone'}: ${text.trim() || 'empty'}`);
}

function build(): {
  readonly element: HTMLLIElement;
  readonly face: HTMLElement;
  readonly text: HTMLTextAreaElement;
  readonly signature: HTMLElement;
  readonly remove: HTMLButtonElement;
} {
  const text = html('textarea', 'note-text');
  text.maxLength = MAX_TEXT;
  text.readOnly = true;
  text.tabIndex = -1;
  text.placeholder = 'Write something';
  text.setAttribute('aria-label', 'Text of the note');
  const remove = html('button', 'note-remove', '×');
  remove.type = 'button';
  remove.setAttribute('aria-label', 'Delete this note');
  const signature = html('span', 'note-author');
  const face = html('div', 'note', text, html('div', 'note-foot', signature), remove);
  face.tabIndex = 0;
  face.setAttribute('role', 'group');
  face.setAttribute('aria-roledescription', 'note');
  face.setAttribute('aria-describedby', 'board-help');
  return { element: html('li', '', face), face, text, signature, remove };
}
