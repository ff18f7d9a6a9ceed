/**
 * How much may be handed to a neighbour's link now? What a link has been given and has not yet put on the wire can
 * be neither overtaken nor replaced, and a heartbeat behind a megabyte of sync looks like death. So a link is given
 * a small window; the rest waits in the modules, where the urgent goes first and the newer replaces the older,
 * until the host says that the link has drained. Small frames (liveness, grafts, goodbyes) do not wait for that.
 * A link that does not drain is given up, however lively its other side: who only talks and never reads would
 * hold back our own words.
 * A fast link is held to what the other side's guard admits: what is beyond would be thrown away there.
 * Repairs share one pace of all links: after a cut everybody lacks much and nobody waits for it.
 */
import type { Config } from '../config.ts';
import { createEarliest } from '../lib/earliest.ts';
import { createTokenBucket, type TokenBucket } from '../lib/token-bucket.ts';
import type { Load, Outbox } from '../outbox.ts';
import type { MonoMs, Now, PeerId } from '../types.ts';
import type { FrameType } from '../wire/frame.ts';
import { wireLimits } from '../wire/limits.ts';
import { createRepairPace } from './repair-pace.ts';

export interface Flow {
  /** May a frame of this load go now, whatever its size? */
  isOpen(peer: PeerId, load: Load, now: Now): boolean;
  /** Counts a frame that is about to go. False: far too much waits already, and it is not to go. */
  admit(peer: PeerId, type: FrameType, bytes: number, now: Now): boolean;
  /** The host says that no more than `waiting` bytes of what it was given wait. */
  onDrained(peer: PeerId, waiting: number, now: Now): void;
  onNeighbourDown(peer: PeerId): void;
  /** This node was stopped for so long, and no link is to blame for it. */
  onStall(stalledMs: number): void;
  /** Gives up the links that have not drained. */
  onWake(now: Now): void;
  /** Links that were found closed for their pace and are open again. */
  takePaced(now: Now): readonly PeerId[];
  nextWakeAt(): MonoMs | undefined;
  /** The most that any link holds by our count, bytes. */
  fullest(): number;
}

interface Window {
  /** Given to the link and not known to be on the wire, bytes. */
  given: number;
  /** The host has been asked to say when it has drained. */
  asked: boolean;
  /** Without an answer by then the link is given up. */
  stuckAt: number;
  /** What the other side admits, bytes and frames, less a margin for what is not paced. */
  readonly pace: TokenBucket;
  readonly frames: TokenBucket;
  /** What it was last opened for. */
  load: Load;
  /** When it last had a turn to send repairs. */
  repairedAt: number;
}

/** Bulk keeps the line busy with little, so that what is fresh finds room and waits for little. */
const BULK_SHARE = 1 / 4;
/** The host speaks while there is still something to send, or the line would stand idle. */
const LOW_SHARE = 1 / 8;
/** Of what the other side admits; the rest is for small frames, which are sent at any pace. */
const PACE_SHARE = 0.9;
/** About the largest frame of pushes. */
const FRAME_BYTES = 16_384;

export function createFlow(config: Config, outbox: Outbox): Flow {
  // The largest frame fits on top of a window that is almost full.
  const windowBytes = Math.min(config['flow.windowBytes'], config['flow.linkBytes'] - wireLimits.frameBytes);
  const bulkBytes = BULK_SHARE * windowBytes;
  const windows = new Map<PeerId, Window>();
  const stuckDue = createEarliest(() => {
    let next = Number.POSITIVE_INFINITY;
    for (const { stuckAt } of windows.values()) next = Math.min(next, stuckAt);
    return next;
  });

  /** Closed for their pace, and when they open. */
  const paced = new Map<PeerId, number>();
  const bytesPerSecond = PACE_SHARE * config['guard.linkBytesPerSecond'];
  const repairs = createRepairPace(config['sync.repairBytesPerSecond']);
  const framesPerSecond = PACE_SHARE * config['guard.linkFramesPerSecond'];

  const windowOf = (peer: PeerId, now: Now): Window => {
    let window = windows.get(peer);
    if (window === undefined) {
      const pace = createTokenBucket(bytesPerSecond, bytesPerSecond, now.mono);
      const frames = createTokenBucket(framesPerSecond, framesPerSecond, now.mono);
      window = { given: 0, asked: false, stuckAt: Number.POSITIVE_INFINITY, pace, frames, load: 'push', repairedAt: 0 };
      windows.set(peer, window);
    }
    return window;
  };

  const countRepairs = (window: Window, type: FrameType, bytes: number, now: Now): void => {
    if (type !== 'delta') return repairs.onOther(bytes, now);
    if (window.load !== 'repair') return;
    repairs.onRepair(bytes, now);
    window.repairedAt = now.mono;
  };

  const setStuckAt = (window: Window, at: number): void => {
    stuckDue.moved(window.stuckAt, at);
    window.stuckAt = at;
  };

  const repairedAt = (peer: PeerId): number => windows.get(peer)?.repairedAt ?? 0;

  const askIfFilling = (peer: PeerId, window: Window, now: Now): void => {
    if (window.asked || window.given < bulkBytes) return;
    window.asked = true;
    setStuckAt(window, now.mono + config['flow.drainMs']);
    outbox.effect({ type: 'watch-link', peer, below: LOW_SHARE * windowBytes });
  };

  return {
    isOpen(peer, load, now) {
      const window = windows.get(peer);
      if (window === undefined) return true;
      if (window.given >= (load === 'push' ? windowBytes : bulkBytes)) return false;
      const bytesMs = window.pace.waitMs(Math.min(FRAME_BYTES, bytesPerSecond), now.mono);
      const repairMs = load === 'repair' ? repairs.waitMs(now) : 0;
      const waitMs = Math.max(bytesMs, window.frames.waitMs(1, now.mono), repairMs);
      // Several wait for the same link, and who waits for less is not held up by the others.
      if (waitMs > 0) paced.set(peer, Math.min(paced.get(peer) ?? Number.POSITIVE_INFINITY, now.mono + waitMs));
      else window.load = load;
      return waitMs === 0;
    },

    admit(peer, type, bytes, now) {
      const window = windowOf(peer, now);
      // The goodbye is the end of it anyway.
      if (window.given + bytes > config['flow.linkBytes'] && type !== 'disconnect') {
        if (isHard(type)) outbox.fact({ type: 'link-overflowed', peer });
        else outbox.fact({ type: 'record-ignored', reason: 'slow-link' });
        return false;
      }
      window.given += bytes;
      window.pace.take(bytes, now.mono);
      window.frames.take(1, now.mono);
      countRepairs(window, type, bytes, now);
      askIfFilling(peer, window, now);
      return true;
    },

    onDrained(peer, waiting, now) {
      const window = windows.get(peer);
      // Nobody asked: a word about an earlier link to the same peer.
      if (!window?.asked) return;
      window.given = waiting;
      window.asked = false;
      setStuckAt(window, Number.POSITIVE_INFINITY);
      askIfFilling(peer, window, now);
    },

    onNeighbourDown(peer) {
      const window = windows.get(peer);
      if (window !== undefined) setStuckAt(window, Number.POSITIVE_INFINITY);
      windows.delete(peer);
      paced.delete(peer);
    },

    onStall(stalledMs) {
      for (const window of windows.values()) setStuckAt(window, window.stuckAt + stalledMs);
    },

    onWake(now) {
      for (const [peer, window] of windows) {
        if (now.mono < window.stuckAt) continue;
        setStuckAt(window, Number.POSITIVE_INFINITY);
        outbox.fact({ type: 'link-overflowed', peer });
      }
    },

    takePaced(now) {
      if (paced.size === 0) return [];
      const due = [...paced].filter(([, at]) => at <= now.mono).map(([peer]) => peer);
      for (const peer of due) paced.delete(peer);
      return due.sort((a, b) => repairedAt(a) - repairedAt(b));
    },

    nextWakeAt() {
      let next = stuckDue.at();
      if (paced.size > 0) for (const at of paced.values()) next = Math.min(next, at);
      return next === Number.POSITIVE_INFINITY ? undefined : (next as MonoMs);
    },

    fullest: () => Math.max(0, ...[...windows.values()].map(({ given }) => given)),
  };
}

/** Without these the tree would have a hole that neither side knows of. The rest is said again, or repaired by sync. */
function isHard(type: FrameType): boolean {
  return type === 'graft' || type === 'prune' || type === 'grow';
}
