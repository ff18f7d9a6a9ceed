/** Where the page learns which room to join and through which signaling server. */

export interface LobbyConfig {
  readonly room: string;
  readonly signaling: string;
  /** Hard cap of links, from `?max=`. */
  readonly maxLinks: number | undefined;
}

const DEFAULT_ROOM = 'lobby';
const DEFAULT_PORT = 8787;
const MAX_ROOM_NAME = 64;
const PATIENCE_MS = 2_000;

/** The address bar first, then `config.json` beside the page, then the same host on the usual port. */
export async function readConfig(location: Location): Promise<LobbyConfig> {
  const query = new URLSearchParams(location.search);
  const fallback = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.hostname || 'localhost'}:${DEFAULT_PORT}`;
  return {
    room: roomOf(location.hash),
    signaling: query.get('signaling') ?? (await servedSignaling()) ?? fallback,
    maxLinks: linksOf(query.get('max')),
  };
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

/** `npm start` serves its signaling server's address beside the page. */
async function servedSignaling(): Promise<string | undefined> {
  try {
    const response = await fetch('./config.json', { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) });
    const config: unknown = response.ok ? await response.json() : undefined;
    if (typeof config !== 'object' || config === null || !('signaling' in config)) return undefined;
    return typeof config.signaling === 'string' ? config.signaling : undefined;
  } catch {
    // Served by something else, which may answer anything.
    return undefined;
  }
}
