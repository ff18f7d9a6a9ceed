/**
 * When to hold a socket to the signaling server. It introduces newcomers and rescues the isolated; a peer that
 * has its links lets go of it, unless the server asked it to stay as an entry point. Everyone checks in now
 * and then, about once a minute for the whole room, so that two halves that lost each other meet again.
 */
import type { Config } from '../config.ts';
import type { Rng } from '../lib/rng.ts';
import type { Outbox } from '../outbox.ts';
import type { Now } from '../types.ts';

export interface RendezvousPolicy {
  onUp(entry: boolean, now: Now): void;
  onDown(): void;
  onEntryRole(entry: boolean, now: Now): void;
  /** Called after anything changed. `settled`: the links wanted are there. */
  review(settled: boolean, linkCount: number, roomSize: number, now: Now): void;
  /** Ask the server for members now, and hold no socket for it longer than a check-in takes. */
  checkIn(now: Now): void;
  nextWakeAt(): number;
  /** For good. */
  onLeave(): void;
  readonly up: boolean;
}

export function createRendezvousPolicy(config: Config, outbox: Outbox, rng: Rng): RendezvousPolicy {
  let wanted = false;
  let up = false;
  let entry = false;
  let settledSince: number | undefined;
  let lonelySince: number | undefined;
  let beaconAt: number | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;

  const want = (open: boolean): void => {
    if (wanted === open) return;
    wanted = open;
    if (!open) {
      up = false;
      outbox.fact({ type: 'server-left' });
    }
    outbox.effect({ type: 'rendezvous', open });
  };

  const planBeacon = (roomSize: number, now: Now): void => {
    // Exponential waiting times: the room's check-ins together come about once per beaconMs.
    beaconAt = now.mono - Math.log(1 - rng.next()) * config['overlay.beaconMs'] * Math.max(1, roomSize);
  };

  const askAgain = (now: Now): void => {
    if (!up || now.mono - askedAt < config['overlay.lonelyMs']) return;
    askedAt = now.mono;
    outbox.effect({ type: 'introduce' });
  };

  return {
    onUp(isEntry, now) {
      up = true;
      entry = isEntry;
      settledSince = undefined;
      askedAt = now.mono;
    },
    onDown() {
      up = false;
      entry = false;
    },
    onEntryRole(isEntry, now) {
      entry = isEntry;
      settledSince = now.mono;
    },
    review(settled, linkCount, roomSize, now) {
      settledSince = settled ? (settledSince ?? now.mono) : undefined;
      lonelySince = linkCount === 0 ? (lonelySince ?? now.mono) : undefined;
      const settledMs = settledSince === undefined ? 0 : now.mono - settledSince;
      if (!settled) want(true);
      else if (wanted && up && !entry && linkCount > 0 && settledMs >= config['overlay.settleMs']) {
        want(false);
        planBeacon(roomSize, now);
      }
      if (!wanted && beaconAt !== undefined && now.mono >= beaconAt) {
        beaconAt = undefined;
        settledSince = undefined;
        want(true);
      }
      if (lonelySince !== undefined && now.mono - lonelySince >= config['overlay.lonelyMs']) askAgain(now);
    },
    checkIn(now) {
      if (!wanted) beaconAt = now.mono;
      else if (up) outbox.effect({ type: 'introduce' });
    },
    nextWakeAt() {
      let next = Number.POSITIVE_INFINITY;
      if (!wanted && beaconAt !== undefined) next = beaconAt;
      if (wanted && up && !entry && settledSince !== undefined) {
        next = Math.min(next, settledSince + config['overlay.settleMs']);
      }
      if (up && lonelySince !== undefined) {
        next = Math.min(next, Math.max(lonelySince, askedAt) + config['overlay.lonelyMs']);
      }
      return next;
    },
    onLeave: () => want(false),
    get up() {
      return up;
    },
  };
}
