/** The lobby: joins the room that the address names, and wires it to the parts of the page. */
import { HearsayError, joinRoom } from '@hearsay/browser';
import { createCursors } from './board/cursors.ts';
import { createNotes, type Notes } from './board/notes.ts';
import { watchPointer } from './board/pointer.ts';
import { createReactions } from './board/reactions.ts';
import { type LobbyConfig, readConfig } from './config.ts';
import { type Crowd, createCrowd, type LobbyRoom } from './crowd.ts';
import { byId, html } from './dom.ts';
import { meshOf } from './mesh/graph.ts';
import { createMeshView, type MeshView } from './mesh/view.ts';
import { isNoteKey, type LobbyEvents, type LobbyPresence, type LobbyState, linkName, type Person } from './model.ts';
import { createAnnouncer, noticeFor, showNotice } from './notices.ts';
import { createNumbers } from './numbers.ts';
import { createPeople } from './people.ts';
import { loadProfile, type Profile, showProfile } from './profile.ts';
import { watchServer } from './server-watch.ts';
import { emptyWords, showStatus } from './status.ts';
import { createThrottle } from './throttle.ts';
import { createToast } from './toast.ts';

declare global {
  interface Window {
    /** For whoever drives this page from outside: tests, and the curious with the console open. */
    hearsay?: { readonly room: LobbyRoom };
  }
}

const LINKS_EVERY_MS = 500;
/** Cursors of a crowd arrive more often than a screen is drawn. */
const SHOW_EVERY_MS = 40;
const NUMBERS_EVERY_MS = 1_000;

interface Page {
  readonly room: LobbyRoom;
  readonly config: LobbyConfig;
  readonly crowd: Crowd;
  readonly mesh: MeshView;
  readonly say: (words: string) => void;
}

wireSkipLink();
const config = await readConfig(location);
let profile: Profile = loadProfile();
const room = open(config, profile);
nameRoom(config.room);
if (room !== undefined) run(room, config);

function open({ room, signaling, maxLinks }: LobbyConfig, { name, color }: Profile): LobbyRoom | undefined {
  try {
    return joinRoom<LobbyPresence, LobbyState, LobbyEvents>(
      {
        app: 'hearsay.demo.lobby',
        signaling,
        presence: { name, color, cursor: null, links: [], kind: 'tab' },
        ...(maxLinks === undefined ? {} : { maxLinks }),
      },
      room,
    );
  } catch (error) {
    tell(error, signaling);
    // Without a room there is nothing to show but the reason.
    document.body.classList.add('outside');
    return undefined;
  }
}

function run(room: LobbyRoom, config: LobbyConfig): void {
  window.hearsay = { room };
  const page: Page = {
    room,
    config,
    crowd: createCrowd(room, () => profile),
    mesh: createMeshView(),
    say: createAnnouncer(),
  };
  const notes = wireNotes(page);
  wireReactions(page);
  const refresh = wirePeople(page, notes);
  wireNumbers(page);
  wireStatus(page);
  showProfile(profile, changed => {
    profile = changed;
    room.presence.update(changed);
    refresh();
  });
}

/** Chips, cursors and the mesh: all that follows from who is here and what they say. */
function wirePeople({ room, crowd, mesh, say }: Page, notes: Notes): () => void {
  const people = createPeople(byId('people', HTMLUListElement));
  const cursors = createCursors(byId('overlay', HTMLDivElement));
  const showing = createThrottle(SHOW_EVERY_MS);
  const refresh = (): void => showing.push(show);
  let published = '';

  const show = (): void => {
    const all = crowd.all();
    people.show(all);
    cursors.show(all);
    mesh.show(meshOf(all, new Map(room.links.map(({ peer, via }) => [peer, via]))));
  };
  const publishLinks = (): void => {
    const links = room.links.map(({ peer }) => linkName(peer)).sort();
    if (links.join() === published) return;
    published = links.join();
    room.presence.update({ links });
    refresh();
  };

  room.presence.subscribe((_others, change) => {
    refresh();
    if (change === undefined) return;
    const before = crowd.person(change.peer);
    const now = crowd.meet(change.peer);
    if (now !== undefined && hasActed(before, now)) mesh.wave(change.peer, false);
    if (change.type === 'join' && now !== undefined) say(`${now.name} has joined`);
    if (change.type === 'leave') say(`${before.name} has left`);
    if (now !== undefined && (now.name !== before.name || now.color !== before.color)) notes.signAll();
  });
  watchPointer(byId('board', HTMLDivElement), cursor => {
    room.presence.update({ cursor });
    mesh.wave(room.self.id, false);
  });
  window.setInterval(publishLinks, LINKS_EVERY_MS);
  publishLinks();
  return () => {
    show();
    notes.signAll();
  };
}

/** What a page says of its links is nobody's doing, and comes in storms while a room fills. */
function hasActed(before: Pick<Person, 'name' | 'color' | 'cursor'>, now: Person): boolean {
  const hasMoved = now.cursor?.x !== before.cursor?.x || now.cursor?.y !== before.cursor?.y;
  return hasMoved || now.name !== before.name || now.color !== before.color;
}

function wireNotes({ room, config, crowd, mesh, say }: Page): Notes {
  const board = byId('board', HTMLDivElement);
  const toast = createToast();
  const attempt = (write: () => void): void => {
    try {
      write();
    } catch (error) {
      tell(error, config.signaling);
    }
  };
  const notes = createNotes({
    write: (key, note) => attempt(() => room.state.set(key, { ...note, by: profile.name })),
    erase: key => attempt(() => room.state.delete(key)),
    person: (author, name) => crowd.person(author, name),
    own: () => ({ color: profile.color, creator: linkName(room.self.id) }),
    tell(words, undo) {
      toast(words, undo);
      say(undo === undefined ? words : `${words} Control Z brings it back`);
    },
  });
  for (const [key, value] of room.state.entries()) if (isNoteKey(key)) notes.put(key, value, room.state.author(key));
  room.state.subscribe(({ key, value, author }) => {
    if (isNoteKey(key)) notes.put(key, value, author);
    mesh.wave(author, true);
  });
  byId('add-note', HTMLButtonElement).addEventListener('click', () => notes.add());
  board.addEventListener('dblclick', event => {
    if (event.target instanceof Element && event.target.closest('.note') !== null) return;
    const { left, top, width, height } = board.getBoundingClientRect();
    notes.add({ x: (event.clientX - left) / width, y: (event.clientY - top) / height });
  });
  return notes;
}

function wireReactions({ room, config, crowd, mesh }: Page): void {
  const reactions = createReactions(byId('overlay', HTMLDivElement), emoji => {
    try {
      room.events.send('reaction', { emoji });
    } catch (error) {
      tell(error, config.signaling);
    }
    reactions.show(emoji, crowd.person(room.self.id));
    mesh.wave(room.self.id, true);
  });
  room.events.on('reaction', (payload: unknown, { from }) => {
    const emoji = typeof payload === 'object' && payload !== null && 'emoji' in payload ? payload.emoji : undefined;
    reactions.show(emoji, crowd.person(from));
    mesh.wave(from, true);
  });
}

function wireNumbers({ room }: Page): void {
  const numbers = createNumbers();
  const measure = (): void => {
    const stats = room.stats();
    const viaMesh = room.links.filter(({ via }) => via === 'mesh').length;
    numbers.show({
      peers: room.presence.others.size + 1,
      viaServer: room.links.length - viaMesh,
      viaMesh,
      lagMs: stats.lagMs.p99 > 0 ? stats.lagMs : undefined,
      bytesInPerSecond: stats.bytesInPerSecond,
      bytesOutPerSecond: stats.bytesOutPerSecond,
      stateHash: stats.stateHash,
    });
  };
  window.setInterval(measure, NUMBERS_EVERY_MS);
  measure();
}

function wireStatus({ room, config }: Page): void {
  const empty = byId('board-empty', HTMLDivElement);
  let isServerUp: boolean | undefined;

  const show = (): void => {
    showStatus(room.status, room.links.length, isServerUp);
    const [title, advice] = emptyWords(room.status, room.presence.others.size === 0);
    empty.replaceChildren(html('strong', '', title), html('span', '', advice));
  };
  const settle = (): void => {
    if (room.status === 'connected') showNotice(undefined);
    show();
  };

  room.on('status', settle);
  room.on('peer-join', settle);
  room.on('peer-leave', show);
  room.on('error', error => tell(error, config.signaling));
  room.ready.then(settle, (error: unknown) => {
    if (room.status !== 'connected') tell(error, config.signaling);
  });
  watchServer(config.signaling, isUp => {
    isServerUp = isUp;
    if (room.status === 'connecting') {
      showNotice(isUp ? undefined : noticeFor('signaling-unreachable', '', config.signaling));
    }
    show();
  });
  window.setInterval(show, NUMBERS_EVERY_MS);
  show();
}

function tell(error: unknown, signaling: string): void {
  const code = error instanceof HearsayError ? error.code : '';
  const message = error instanceof Error ? error.message : String(error);
  if (code !== 'room-left') showNotice(noticeFor(code, message, signaling));
}

/** The hash names the room, so a link to a part of the page must not change it. */
function wireSkipLink(): void {
  byId('skip', HTMLAnchorElement).addEventListener('click', event => {
    event.preventDefault();
    byId('add-note', HTMLButtonElement).focus();
  });
}

function nameRoom(name: string): void {
  document.title = `${name} · Hearsay`;
  byId('room-name', HTMLSpanElement).textContent = name;
  byId('another', HTMLAnchorElement).href = location.href;
  // Another room is another life: everything that was wired belongs to this one.
  window.addEventListener('hashchange', () => location.reload());
  window.addEventListener('pageshow', event => {
    if (event.persisted) location.reload();
  });
}
