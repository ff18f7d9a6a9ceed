/** Do neighbours see the same members? Each pong says what they add up to for whoever sends it. */
import type { PeerId } from '../types.ts';

export interface Views {
  /** `mine` and `theirs`: words over all members, 0 to 2^32 − 1. */
  onPong(peer: PeerId, theirs: number, mine: number): void;
  onNeighbourDown(peer: PeerId): void;
  /** Share of the neighbours asked that saw others than this node when they answered last; 0 while none has. */
  divergence(): number;
}

/** It keeps a flag for each neighbour; links are bounded by the overlay. */
export function createViews(): Views {
  const differs = new Map<PeerId, boolean>();
  return {
    onPong: (peer, theirs, mine) => void differs.set(peer, theirs !== mine),
    onNeighbourDown: peer => void differs.delete(peer),
    divergence() {
      let count = 0;
      for (const one of differs.values()) if (one) count += 1;
      return differs.size === 0 ? 0 : count / differs.size;
    },
  };
}
