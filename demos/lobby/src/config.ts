/** Where the page learns which room to join and through which signaling server. */

export interface LobbyConfig {
  readonly room: string;
  readonly signaling: string;
  /** Hard cap of links, from `?max=`. */
  readonly maxLinks: number | undefined;
  /** Whether the signaling server runs, where the page's own server can tell. */
  readonly signalingUp: boolean | undefined;
}

const DEFAULT_ROOM = 'lobby';
const DEFAULT_PORT = 8787;
const MAX_ROOM_NAME = 64;
const PATIENCE_MS = 2_000;
const ASK_EVERY_MS = 3_000;

/** The address bar first, then `config.json` beside the page, then the same host on the usual port. */
export async function readConfig(location: Location): Promise<LobbyConfig> {
  const query = new URLSearchParams(location.search);
  const fallback = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.hostname || 'localhost'}:${DEFAULT_PORT}`;
  const served = await readServed();
  return {
    room: roomOf(location.hash),
    signaling: query.get('signaling') ?? served.signaling ?? fallback,
    maxLinks: linksOf(query.get('max')),
    signalingUp: served.signalingUp,
  };
}

/** Asks again and again whether the signaling server runs; undefined while the page's own server is silent. */
export function watchSignaling(onChange: (isUp: boolean | undefined) => void): void {
  window.setInterval(async () => {
    if (!document.hidden) onChange((await readServed()).signalingUp);
  }, ASK_EVERY_MS);
}

/** `#kitchen` names the room; an unreadable escape is taken as it stands. */
export function roomOf(hash: string): string {
  const raw = hash.replace(/^#/, '');
  let name = raw;
  try {
    name = decodeURIComponent(raw);
  } catch {
    name = raw;
  }
  return name.trim().slice(0, MAX_ROOM_NAME) || DEFAULT_ROOM;
}

/** A link of two is the least that forms a ring, 64 the most that the engine takes. */
function linksOf(value: string | null): number | undefined {
  const links = Number(value);
  return value !== null && Number.isInteger(links) && links >= 2 && links <= 64 ? links : undefined;
}

/** What `npm start` tells about itself. `signalingUp` is there when it can stop and start the signaling server. */
interface Served {
  readonly signaling?: string;
  readonly signalingUp?: boolean;
}

async function readServed(): Promise<Served> {
  try {
    const response = await fetch('./config.json', { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) });
    const config: unknown = response.ok ? await response.json() : {};
    if (typeof config !== 'object' || config === null) return {};
    return {
      ...('signaling' in config && typeof config.signaling === 'string' ? { signaling: config.signaling } : {}),
      ...('signalingUp' in config && typeof config.signalingUp === 'boolean'
        ? { signalingUp: config.signalingUp }
        : {}),
    };
  } catch {
    // No such file is the usual case when the page is served by something else than `npm start`.
    return {};
  }
}
