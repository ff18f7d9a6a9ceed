/**
 * Records that were announced and have not come. After a while they are asked for from who announced them, one
 * announcer after the other. How long to wait is learned: the tree is usually faster than the announcement's
 * batch, and asking too soon on a busy machine makes double work exactly when there is too much already.
 */
import type { Config } from '../config.ts';
import { createExpiringMap } from '../lib/expiring-map.ts';
import type { MonoMs, Now, PeerId, ShortId } from '../types.ts';

export interface Missing {
  announced(id: ShortId, by: PeerId, now: Now): void;
  /**
   * It was offered and is fetched: the time to ask is put off, once. The offer may be a lie, and of a record that
   * is not even large.
   */
  coming(id: ShortId, now: Now): void;
  /** `from`: whose copy it was, when it came over a link. Nothing when nobody had announced it. */
  arrived(id: ShortId, from: string, now: Now): Arrival | undefined;
  /** Whom to ask for what, now. */
  takeDue(isNeighbour: (peer: PeerId) => boolean, now: Now): ReadonlyMap<PeerId, readonly ShortId[]>;
  nextDueAt(): MonoMs | undefined;
  /** The present patience, ms. */
  patienceMs(): number;
  size(): number;
}

export interface Arrival {
  readonly wasAsked: boolean;
  /** Who else had announced it first, when it was not asked for. */
  readonly announcer: PeerId | undefined;
}

interface Wanted {
  readonly announcers: PeerId[];
  readonly firstAt: number;
  askAt: number;
  asked: PeerId | undefined;
  isComing: boolean;
}

const MAX_WANTED = 8_192;
const MAX_ANNOUNCERS = 4;
const SAMPLES = 64;
const MAX_WAIT_MS = 60_000;

export function createMissing(config: Config): Missing {
  const wanted = createExpiringMap<ShortId, Wanted>(MAX_WANTED, MAX_WAIT_MS);
  /** Of late, in the order of their coming, and the same in order. */
  const delays: number[] = [];
  const sorted: number[] = [];
  let patience: number = config['broadcast.graftMs'];
  let nextAt = Number.POSITIVE_INFINITY;

  const learn = (delayMs: number): void => {
    delays.push(delayMs);
    sorted.splice(placeIn(sorted, delayMs), 0, delayMs);
    if (delays.length > SAMPLES) sorted.splice(sorted.indexOf(delays.shift()!), 1);
    // Not the 99th: a few late ones waited for a graft further up, and to wait longer than that adds up from hop to hop.
    const p90 = sorted[Math.floor(0.9 * (sorted.length - 1))]!;
    patience = Math.min(config['broadcast.graftMaxMs'], Math.max(config['broadcast.graftMinMs'], 1.5 * p90));
  };

  const add = (id: ShortId, announcers: PeerId[], waitMs: number, now: Now): Wanted => {
    const askAt = now.mono + waitMs;
    const entry = { announcers, firstAt: now.mono, askAt, asked: undefined, isComing: false };
    wanted.set(id, entry, now.mono);
    nextAt = Math.min(nextAt, askAt);
    return entry;
  };

  return {
    announced(id, by, now) {
      const known = wanted.get(id);
      if (known !== undefined) {
        if (known.announcers.length < MAX_ANNOUNCERS && !known.announcers.includes(by)) known.announcers.push(by);
        return;
      }
      add(id, [by], patience, now);
    },
    coming(id, now) {
      const known = wanted.get(id) ?? add(id, [], config['transfer.timeoutMs'], now);
      if (known.isComing) return;
      known.isComing = true;
      known.askAt = now.mono + config['transfer.timeoutMs'];
    },
    arrived(id, from, now) {
      const known = wanted.get(id);
      if (known === undefined) return undefined;
      wanted.delete(id);
      // A copy that was asked for says nothing about the tree, nor one in chunks; one that came by itself does.
      if (known.asked !== from && !known.isComing) learn(now.mono - known.firstAt);
      const wasAsked = known.asked !== undefined;
      return {
        wasAsked,
        announcer: wasAsked || known.isComing ? undefined : known.announcers.find(peer => peer !== from),
      };
    },
    takeDue(isNeighbour, now) {
      wanted.expire(now.mono);
      const asks = new Map<PeerId, ShortId[]>();
      nextAt = Number.POSITIVE_INFINITY;
      for (const [id, entry] of wanted.entries()) {
        if (now.mono >= entry.askAt) {
          const peer = entry.announcers.find(isNeighbour);
          if (peer === undefined) {
            wanted.delete(id);
            continue;
          }
          entry.announcers.splice(0, entry.announcers.indexOf(peer) + 1);
          entry.askAt = now.mono + patience / 2;
          entry.asked = peer;
          const asked = asks.get(peer);
          if (asked === undefined) asks.set(peer, [id]);
          else asked.push(id);
        }
        nextAt = Math.min(nextAt, entry.askAt);
      }
      return asks;
    },
    nextDueAt: () => (nextAt === Number.POSITIVE_INFINITY ? undefined : (nextAt as MonoMs)),
    patienceMs: () => patience,
    size: () => wanted.size,
  };
}

/** How many are below `value`. */
function placeIn(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
