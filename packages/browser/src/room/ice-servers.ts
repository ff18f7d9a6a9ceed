/** Which STUN and TURN servers a dial uses: the app's own, or what the signaling server handed out. */
import { iceServerFault } from '@hearsay/signaling/protocol';
import type { IceServer, RoomConfig } from './api.ts';

export interface IceSource {
  /** Asked before every dial. Rejects when the app's function does, or when what it gives is of no use. */
  servers(): Promise<RTCIceServer[]>;
  /** What counts while the app has none of its own. */
  handOut(servers: readonly IceServer[]): void;
}

/** `onFailed` hears of the first failure, and of the next one after a success: dials are many. */
export function createIceSource(
  own: RoomConfig<unknown>['iceServers'],
  onFailed: (message: string) => void,
): IceSource {
  let handedOut: readonly IceServer[] = [];
  let failing = false;
  const ask = async (): Promise<readonly IceServer[] | undefined> => {
    if (typeof own !== 'function') return own;
    const servers: unknown = await own();
    const fault = iceServersFault(servers, 'What config.iceServers() resolved to');
    if (fault !== undefined) throw new Error(fault);
    return servers as readonly IceServer[];
  };
  return {
    async servers() {
      try {
        const servers = (await ask()) ?? handedOut;
        failing = false;
        return servers.map(server => ({ ...server, urls: [server.urls].flat() as string[] }));
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        if (!failing) onFailed(`The ICE servers could not be had, so links are tried without: ${why}`);
        failing = true;
        throw error;
      }
    },
    handOut(servers) {
      handedOut = servers;
    },
  };
}

/** What is wrong with a list of ICE servers, as a sentence about `what`; undefined for a good one. */
export function iceServersFault(servers: unknown, what: string): string | undefined {
  if (!Array.isArray(servers)) return `${what} is a list of { urls, username?, credential? }.`;
  for (const [at, server] of servers.entries()) {
    const fault = iceServerFault(server);
    if (fault !== undefined) return `${what}[${at}] ${fault}.`;
  }
  return undefined;
}
