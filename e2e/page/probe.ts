/** What a page of the crowd measures about itself. Times are milliseconds since 1970, comparable between pages. */
import type { Room } from '@hearsay/browser';

/** Something a peer was told of another, or warned of. `what`: its status, `leave: <reason>` or `warning: <code>`. */
export interface Notice {
  readonly what: string;
  readonly peer: string | undefined;
  readonly at: number;
}

export interface Probe {
  /** RTCPeerConnections constructed since the page was loaded. */
  connectionsMade(): number;
  /** When this page saw `count` others for the first time. */
  sees(count: number): Promise<number>;
  /** Changes its presence `times` times, every `everyMs`; resolves after the last one. */
  beat(everyMs: number, times: number): Promise<void>;
  /** How many others are known to have come as far as this beat. */
  othersAt(beat: number): number;
  /** How late each beat came of those of others that were heard of; a busy link leaves out what is newer already. */
  beatLagsMs(): readonly number[];
  /** Changes of status, leaves and warnings since the join. */
  notices(): readonly Notice[];
}

interface Beat {
  readonly name: string;
  readonly beat?: number;
  readonly at?: number;
}

export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** Before anybody constructs one. */
export function countConnections(): () => number {
  let made = 0;
  globalThis.RTCPeerConnection = new Proxy(globalThis.RTCPeerConnection, {
    construct(target, args) {
      made += 1;
      return Reflect.construct(target, args);
    },
  });
  return () => made;
}

export function createProbe(room: Room<Beat>, connectionsMade: () => number): Probe {
  const lagsMs: number[] = [];
  const latest = new Map<string, number>();
  room.presence.subscribe((others, change) => {
    const { beat, at } = (change && others.get(change.peer)?.presence) ?? {};
    // A presence is delivered again when its author's standing changes.
    if (change === undefined || beat === undefined || at === undefined || latest.get(change.peer) === beat) return;
    latest.set(change.peer, beat);
    lagsMs.push(now() - at);
  });
  const notices = noteAll(room);
  return {
    connectionsMade,
    notices: () => notices,
    sees: count =>
      new Promise(resolve => {
        const stop = room.presence.subscribe(others => {
          if (others.size !== count) return;
          queueMicrotask(() => stop());
          resolve(now());
        });
      }),
    async beat(everyMs, times) {
      const begun = performance.now();
      for (let beat = 1; beat <= times; beat++) {
        room.presence.update({ beat, at: now() });
        await new Promise(resolve => setTimeout(resolve, begun + beat * everyMs - performance.now()));
      }
    },
    othersAt: beat => [...latest.values()].filter(reached => reached === beat).length,
    beatLagsMs: () => lagsMs,
  };
}

function noteAll(room: Room<Beat>): readonly Notice[] {
  const notices: Notice[] = [];
  const note = (what: string, peer: string | undefined): void => void notices.push({ what, peer, at: now() });
  const statuses = new Map<string, string>();
  room.presence.subscribe((others, change) => {
    if (change === undefined) return;
    const status = others.get(change.peer)?.status;
    if (change.type === 'update' && status !== statuses.get(change.peer)) note(String(status), change.peer);
    statuses.set(change.peer, String(status));
  });
  room.on('peer-leave', ({ peer, reason }) => note(`leave: ${reason}`, peer));
  room.on('warning', ({ code, peer }) => note(`warning: ${code}`, peer));
  return notices;
}
