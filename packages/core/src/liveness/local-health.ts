/**
 * Am I the one who is not well? After Lifeguard (Dadgar et al. 2018): whoever has reason to think that itself or
 * its own line is slow waits longer before it believes that others are dead. Each sign adds one, each ten seconds
 * without a sign take one away.
 */
import type { Now } from '../types.ts';

export interface LocalHealth {
  /** A sign that this node, or its line, is what is slow. */
  worsen(now: Now): void;
  /** How many times as long as usual it waits; 1: all is well. As of the last `update`. */
  factor(): number;
  /** True: it is better than it was. */
  update(now: Now): boolean;
  nextChangeAt(): number;
}

const DECAY_MS = 10_000;
/** Lifeguard goes to 8; more than five times the usual patience would be no detection any more. */
const MOST = 4;

export function createLocalHealth(): LocalHealth {
  /** When the last sign is forgotten. */
  let wellAt = Number.NEGATIVE_INFINITY;
  let signs = 0;

  const count = (now: Now): number => Math.max(0, Math.min(MOST, Math.ceil((wellAt - now.mono) / DECAY_MS)));

  return {
    worsen(now) {
      wellAt = Math.min(Math.max(wellAt, now.mono) + DECAY_MS, now.mono + MOST * DECAY_MS);
      signs = count(now);
    },
    factor: () => 1 + signs,
    update(now) {
      const before = signs;
      signs = count(now);
      return signs !== before;
    },
    nextChangeAt: () => (signs === 0 ? Number.POSITIVE_INFINITY : wellAt - (signs - 1) * DECAY_MS),
  };
}
