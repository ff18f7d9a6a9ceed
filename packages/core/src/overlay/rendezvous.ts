/**
 * When to hold a socket to the signaling server, and when to ask it for members. It introduces newcomers and
 * rescues the isolated; a peer that has its links lets go of it, unless the server asked it to stay as an entry
 * point. Everyone checks in now and then, about once a minute for the whole room, entry points too, so that two
 * halves that lost each other meet again.
 */
import type { Config } from '../config.ts';
import type { Rng } from '../lib/rng.ts';
import type { Outbox } from '../outbox.ts';
import type { Now } from '../types.ts';

export interface RendezvousPolicy {
  onUp(entry: boolean, now: Now): void;
  onDown(): void;
  onEntryRole(entry: boolean, now: Now): void;
  /** Called after anything changed. */
  review(view: RendezvousView, now: Now): void;
  /** Ask the server for members now, and hold no socket for it longer than a check-in takes. */
  checkIn(now: Now): void;
  nextWakeAt(): number;
  /** For good. */
  onLeave(): void;
  isUp(): boolean;
}

export interface RendezvousView {
  /** The links that make this node safe are there. */
  readonly settled: boolean;
  readonly links: number;
  /** How many links it would have if it could. */
  readonly wanted: number;
  readonly roomSize: number;
}

/** One link where there could be more: one more loss and this node is alone. */
const THIN_LINKS = 1;
const THIN_MS = 10_000;

export function createRendezvousPolicy(config: Config, outbox: Outbox, rng: Rng): RendezvousPolicy {
  let wanted = false;
  let up = false;
  /** Kept when the server is lost: newcomers look for those who had this role when it is back. */
  let entry = false;
  let settledSince: number | undefined;
  /** Since when there are too few links, and how long that is borne before the server is asked. */
  let thin: { since: number; patienceMs: number } | undefined;
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
    // Waiting times without memory: the room's check-ins together come about once per beaconMs.
    beaconAt = now.mono + rng.exponential(config['overlay.beaconMs'] * Math.max(1, roomSize));
  };

  const introduce = (now: Now): void => {
    askedAt = now.mono;
    outbox.effect({ type: 'introduce' });
  };

  const askWhenThin = ({ links, wanted }: RendezvousView, now: Now): void => {
    const patienceMs = links === 0 ? config['overlay.lonelyMs'] : THIN_MS;
    if (links > THIN_LINKS || (links > 0 && links >= wanted)) thin = undefined;
    else if (thin?.patienceMs !== patienceMs) thin = { since: now.mono, patienceMs };
    if (up && now.mono >= thinDueAt()) introduce(now);
  };

  const thinDueAt = (): number =>
    thin === undefined ? Number.POSITIVE_INFINITY : Math.max(thin.since, askedAt) + thin.patienceMs;

  /** A socket that stays open is no reason to hear nothing: the other half's newcomers are met here. */
  const checkInWhenDue = (roomSize: number, now: Now): void => {
    if (beaconAt === undefined || now.mono < beaconAt) return;
    beaconAt = undefined;
    if (!wanted) {
      settledSince = undefined;
      want(true);
    } else if (up) {
      introduce(now);
      planBeacon(roomSize, now);
    }
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
    },
    onEntryRole(isEntry, now) {
      entry = isEntry;
      settledSince = now.mono;
    },
    review(view, now) {
      const { settled, links, roomSize } = view;
      settledSince = settled ? (settledSince ?? now.mono) : undefined;
      const isHeld = settledSince !== undefined && now.mono >= settledSince + config['overlay.settleMs'];
      if (!settled) want(true);
      else if (wanted && links > 0 && isHeld) {
        // Whether it answers or not: a server that is down is sought by its entry points and by those who need it.
        if (!entry) want(false);
        if (beaconAt === undefined && (up || !wanted)) planBeacon(roomSize, now);
      }
      checkInWhenDue(roomSize, now);
      askWhenThin(view, now);
    },
    checkIn(now) {
      if (!wanted) beaconAt = now.mono;
      else if (up) introduce(now);
    },
    nextWakeAt() {
      let next = Number.POSITIVE_INFINITY;
      if (beaconAt !== undefined && (!wanted || up)) next = beaconAt;
      if (wanted && settledSince !== undefined && (!entry || (up && beaconAt === undefined))) {
        next = Math.min(next, settledSince + config['overlay.settleMs']);
      }
      return up ? Math.min(next, thinDueAt()) : next;
    },
    onLeave: () => want(false),
    isUp: () => up,
  };
}
