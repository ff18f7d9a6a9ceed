/**
 * Without a link nothing is heard of anybody. That a presence is not renewed then says something about this node, not
 * about its author, for as long as a cut is believed in.
 */
import type { Config } from '../config.ts';
import type { Now } from '../types.ts';

export interface Solitude {
  /** This node has so many neighbours now. */
  onLinks(count: number, now: Now): void;
  /** Nobody ends before for what was not heard. */
  until(): number;
}

/** With a link again it takes a reconciliation to hear of all. */
const CATCH_UP_MS = 10_000;

export function createSolitude(config: Config): Solitude {
  let until = Number.NEGATIVE_INFINITY;
  return {
    onLinks(count, now) {
      if (count === 0) until = now.mono + config['liveness.partitionMs'];
      else until = Math.min(until, now.mono + CATCH_UP_MS);
    },
    until: () => until,
  };
}
