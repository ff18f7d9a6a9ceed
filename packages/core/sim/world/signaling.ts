/**
 * The signaling server of a simulated world: introductions at a limited rate, entry points, and signals handed
 * on. It forgets a crashed peer when its socket has been silent for as long as the shipped server waits.
 */
import type { Input, PeerId, Rng } from '@hearsay/core';
import type { NetworkSettings, ServerSettings } from '../scenario/scenario.ts';
import { isUp, type SimNode } from './node.ts';

export interface Signaling {
  readonly up: boolean;
  open(node: SimNode): void;
  close(node: SimNode): void;
  introduce(node: SimNode): void;
  signal(from: SimNode, to: PeerId, payload: Uint8Array): void;
  set(settings: Partial<ServerSettings>): void;
  isRegistered(node: SimNode): boolean;
}

export interface SignalingTools {
  readonly settings: ServerSettings;
  readonly network: Pick<NetworkSettings, 'loss' | 'duplicate' | 'reorder'>;
  readonly rng: Rng;
  readonly now: () => number;
  /** One way between a node and the server, ms. */
  readonly latencyMs: () => number;
  readonly after: (ms: number, act: () => void) => void;
  readonly tell: (node: SimNode, input: Input) => void;
}

/** As the shipped server has them. */
const INTRODUCTIONS = 8;
const ENTRY_POINTS = 8;
const SILENCE_MS = 30_000;
/** First back-off of a client whose server is gone; it is jittered, or all would return at once. */
const RECONNECT_MS = 2_000;
/** How long an overtaken signal, or the second copy of one, is late at most. */
const STRAY_MS = 1_000;

interface Seat {
  readonly node: SimNode;
  readonly life: number;
  entry: boolean;
  index: number;
}

export function createSignaling(tools: SignalingTools): Signaling {
  const { rng, now, after } = tools;
  const seats = new Map<PeerId, Seat>();
  /** The same seats in no order, for sampling. */
  const places: Seat[] = [];
  let { up, introductionsPerSecond } = tools.settings;
  let nextIntroductionAt = 0;

  /** Runs `act` when the server gets round to one more introduction. */
  const inTurn = (act: () => void): void => {
    const at = Math.max(now(), nextIntroductionAt);
    nextIntroductionAt = at + 1000 / introductionsPerSecond;
    after(at - now(), () => up && act());
  };

  const sample = (asker: SimNode): PeerId[] => {
    const drawn = new Set<number>();
    const wanted = Math.min(INTRODUCTIONS + 1, places.length);
    while (drawn.size < wanted) drawn.add(rng.int(places.length));
    return [...drawn]
      .map(i => places[i]!.node.id)
      .filter(id => id !== asker.id)
      .slice(0, INTRODUCTIONS);
  };

  const answer = (node: SimNode, life: number, input: Input): void =>
    after(tools.latencyMs(), () => {
      if (node.life === life && isUp(node)) tools.tell(node, input);
    });

  /** One signal on its way: lost, late or doubled, as the network has it. */
  const carry = (arrive: () => void): void => {
    const { loss, duplicate, reorder } = tools.network;
    const isHit = (share: number): boolean => share > 0 && rng.next() < share;
    if (isHit(loss)) return;
    const late = (): number => rng.next() * STRAY_MS;
    after(tools.latencyMs() + (isHit(reorder) ? late() : 0), arrive);
    if (isHit(duplicate)) after(tools.latencyMs() + late(), arrive);
  };

  const entryPoints = (): number => {
    let count = 0;
    for (const seat of seats.values()) {
      if (!seat.entry) break;
      count += 1;
    }
    return count;
  };

  const admit = (node: SimNode, life: number): void => {
    if (node.life !== life || !node.wantsServer || !isUp(node)) return;
    const older = seats.get(node.id);
    const entry = older?.entry ?? entryPoints() < ENTRY_POINTS;
    const seat: Seat = { node, life, entry, index: older?.index ?? places.length };
    seats.set(node.id, seat);
    places[seat.index] = seat;
    answer(node, life, { type: 'rendezvous-up', peers: sample(node), entry });
  };

  const remove = (seat: Seat): void => {
    if (seats.get(seat.node.id) !== seat) return;
    seats.delete(seat.node.id);
    const last = places.pop()!;
    if (last !== seat) {
      last.index = seat.index;
      places[seat.index] = last;
    }
    if (!seat.entry) return;
    // The oldest come first, so the first that is no entry point is the next.
    for (const heir of seats.values()) {
      if (heir.entry) continue;
      heir.entry = true;
      answer(heir.node, heir.life, { type: 'entry-role', entry: true });
      return;
    }
  };

  const request = (node: SimNode, waitMs: number): void => {
    const { life } = node;
    after(waitMs + tools.latencyMs(), () => {
      if (up) inTurn(() => admit(node, life));
      else if (node.wantsServer && node.life === life) request(node, rng.jitter(RECONNECT_MS, 0.5));
    });
  };

  const goDown = (): void => {
    up = false;
    for (const { node, life } of seats.values()) {
      answer(node, life, { type: 'rendezvous-down', reason: 'closed' });
      request(node, rng.jitter(RECONNECT_MS, 0.5));
    }
    seats.clear();
    places.length = 0;
  };

  return {
    get up() {
      return up;
    },
    open(node) {
      node.wantsServer = true;
      request(node, 0);
    },
    close(node) {
      node.wantsServer = false;
      const seat = seats.get(node.id);
      if (seat === undefined) return;
      // A crash closes no socket: the server must notice by itself.
      after(isUp(node) ? tools.latencyMs() : SILENCE_MS, () => {
        if (!node.wantsServer || node.life !== seat.life) remove(seat);
      });
    },
    introduce(node) {
      const seat = seats.get(node.id);
      if (!up || seat === undefined) return;
      after(tools.latencyMs(), () =>
        inTurn(() => answer(node, seat.life, { type: 'introduced', peers: sample(node) })),
      );
    },
    signal(from, to, payload) {
      const { life } = from;
      if (!up || !seats.has(from.id)) return;
      carry(() => {
        const target = seats.get(to);
        if (target === undefined) answer(from, life, { type: 'server-unreachable', peer: to });
        else answer(target.node, target.life, { type: 'server-signal', from: from.id, payload });
      });
    },
    set(settings) {
      introductionsPerSecond = settings.introductionsPerSecond ?? introductionsPerSecond;
      if (settings.up === false && up) goDown();
      else up = settings.up ?? up;
    },
    isRegistered: node => seats.has(node.id),
  };
}
