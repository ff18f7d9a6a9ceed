/** Links in the making: asked and not yet answered, or agreed and being connected. */
import type { Config } from '../config.ts';
import { createTokenBucket } from '../lib/token-bucket.ts';
import type { Now, PeerId, Via } from '../types.ts';
import type { Introducer } from './links.ts';

/**
 * `bridge`: to the other half of a room that fell apart; it gets its slot when it is accepted, even at the cap.
 * `swap`: to the own region; a far link is given up for it when it is up.
 */
export type Purpose = 'fill' | 'bridge' | 'swap';

export interface Dial {
  readonly peer: PeerId;
  readonly introducer: Introducer;
  readonly session: number;
  phase: 'asked' | 'dialing';
  readonly initiator: boolean;
  readonly purpose: Purpose;
  readonly urgent: boolean;
  via: Via;
  until: number;
}

export interface Dials {
  get(peer: PeerId): Dial | undefined;
  add(dial: Dial): void;
  remove(peer: PeerId): void;
  /** How many of them this node began. */
  own(): number;
  /** How many of them this node began to peers that suit. */
  ownTo(suits: (peer: PeerId) => boolean): number;
  /** How many of those that this node began go to peers whom `introducer` named. */
  namedBy(introducer: Introducer): number;
  /** Is there one to the other half of the room? */
  bridging(): boolean;
  /** Is there budget for one more of our own? Takes it. */
  mayAsk(now: Now): boolean;
  /** When there may be budget again. */
  nextBudgetAt(now: Now): number;
  takeOverdue(now: Now): readonly Dial[];
  nextDueAt(): number;
  size(): number;
  peers(): readonly PeerId[];
}

export function createDials(config: Config, startedAt: Now): Dials {
  const dials = new Map<PeerId, Dial>();
  const perMinute = config['overlay.dialsPerMinute'];
  const budget = createTokenBucket(perMinute / 60, perMinute, startedAt.mono);

  const ownTo = (suits: (peer: PeerId) => boolean): number => {
    let count = 0;
    for (const dial of dials.values()) if (dial.initiator && suits(dial.peer)) count += 1;
    return count;
  };
  const own = (): number => ownTo(() => true);

  return {
    get: peer => dials.get(peer),
    add: dial => void dials.set(dial.peer, dial),
    remove: peer => void dials.delete(peer),
    own,
    ownTo,
    namedBy: introducer => [...dials.values()].filter(dial => dial.initiator && dial.introducer === introducer).length,
    bridging: () => [...dials.values()].some(dial => dial.purpose === 'bridge'),
    mayAsk: now => own() < config['overlay.dialsAtOnce'] && budget.take(1, now.mono),
    nextBudgetAt: now =>
      own() < config['overlay.dialsAtOnce'] ? now.mono + budget.waitMs(1, now.mono) : Number.POSITIVE_INFINITY,
    takeOverdue(now) {
      const overdue = [...dials.values()].filter(dial => now.mono >= dial.until);
      for (const { peer } of overdue) dials.delete(peer);
      return overdue;
    },
    nextDueAt() {
      let next = Number.POSITIVE_INFINITY;
      for (const { until } of dials.values()) next = Math.min(next, until);
      return next;
    },
    size: () => dials.size,
    peers: () => [...dials.keys()],
  };
}
