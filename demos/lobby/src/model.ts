/**
 * What the lobby says to others, and how it reads what others say. Everything that comes out of the mesh was written
 * by a stranger: a value is taken only in the shape and the range that the page can show.
 */

export type LobbyPresence = {
  readonly name: string;
  readonly color?: string;
  /** Where the pointer is on the board, as fractions of its width and height. */
  readonly cursor?: Point | null;
  /** First 8 hex characters of each neighbour's id: what the mesh is drawn from. */
  readonly links: readonly string[];
  readonly kind: 'tab' | 'node';
};

export type NoteKey = `note/${string}`;
export type LobbyState = Record<NoteKey, Note>;
export type LobbyEvents = { readonly reaction: { readonly emoji: string } };

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** `x` and `y` are fractions of the room that the note has on the board: 0 touches one edge, 1 the other. */
export type Note = Point & {
  readonly text: string;
  readonly color: string;
  /** What its author, who wrote it last, was called: for those who come when the author has left. */
  readonly by?: string;
  /** First 8 hex characters of the id of whoever made it, as its author says: nothing proves it. */
  readonly creator?: string;
};

/** `silent`: its neighbours have stopped hearing from it. `away`: its page is in the background, or sleeps. */
export type Standing = 'here' | 'silent' | 'away';

/** Someone in the room, ready to be shown. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly color: string;
  readonly kind: 'tab' | 'node';
  readonly cursor: Point | null;
  readonly links: readonly string[];
  readonly isSelf: boolean;
  readonly standing: Standing;
}

export const MAX_NAME = 24;
export const MAX_TEXT = 120;
const MAX_LINKS_READ = 64;
const LINK_NAME = /^[0-9a-f]{8}$/;
const NOTE_KEY = /^note\/[\w-]{1,40}$/;

/** White text on any of these has a contrast of at least 4.5 to 1. */
export const COLORS: readonly string[] = [
  '#b42318',
  '#a8500a',
  '#80650a',
  '#4a7a10',
  '#0b7a53',
  '#0e7282',
  '#1d61c9',
  '#5647d6',
  '#8a35b5',
  '#be185d',
];
const NODE_COLOR = '#5a6272';

export const linkName = (id: string): string => id.slice(0, 8);

export function readPerson(id: string, presence: unknown, standing: Standing): Person {
  const said = isMap(presence) ? presence : {};
  const kind = said['kind'] === 'node' ? 'node' : 'tab';
  return {
    id,
    name: readName(said['name']) ?? linkName(id),
    color: kind === 'node' ? NODE_COLOR : (readColor(said['color']) ?? colorOf(id)),
    kind,
    // Who is away points at nothing.
    cursor: standing === 'away' ? null : (readPoint(said['cursor']) ?? null),
    links: readLinks(said['links']),
    isSelf: false,
    standing,
  };
}

export function isNoteKey(key: string): key is NoteKey {
  return NOTE_KEY.test(key);
}

export function readNote(value: unknown): Note | undefined {
  const point = readPoint(value);
  if (point === undefined || !isMap(value) || typeof value['text'] !== 'string') return undefined;
  const by = readName(value['by']);
  return {
    ...point,
    text: value['text'].slice(0, MAX_TEXT),
    color: readColor(value['color']) ?? NODE_COLOR,
    ...(by === undefined ? {} : { by }),
    ...(isLinkName(value['creator']) ? { creator: value['creator'] } : {}),
  };
}

/** One line without control or direction characters, which could garble the names around it. */
export function readName(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const line = value
    .slice(0, 4 * MAX_NAME)
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
    .trim();
  return line === '' ? undefined : [...line].slice(0, MAX_NAME).join('').trim();
}

/** A color of our palette only: others may be unreadable under white text. */
function readColor(value: unknown): string | undefined {
  return COLORS.find(color => color === value);
}

function colorOf(id: string): string {
  return COLORS[Number.parseInt(id.slice(0, 6), 16) % COLORS.length] ?? NODE_COLOR;
}

function readPoint(value: unknown): Point | undefined {
  if (!isMap(value)) return undefined;
  const { x, y } = value;
  return isFraction(x) && isFraction(y) ? { x, y } : undefined;
}

function readLinks(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, MAX_LINKS_READ).filter(isLinkName);
}

function isLinkName(value: unknown): value is string {
  return typeof value === 'string' && LINK_NAME.test(value);
}

function isFraction(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1;
}

function isMap(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
