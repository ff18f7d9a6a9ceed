/** Whom this node is going to accuse, why, and when: time for the peer to come back, or for somebody else to be faster. */
import { createEarliest } from '../lib/earliest.ts';
import type { Now, PeerId } from '../types.ts';

export interface Intention {
  readonly at: number;
  /** `cut`: it fell silent, and all of its region may be out of reach; `claimed`: others have said so. */
  readonly why: 'closed' | 'hung-up' | 'doubt' | 'cut' | 'claimed';
}

export interface Intentions {
  size(): number;
  get(peer: PeerId): Intention | undefined;
  set(peer: PeerId, intention: Intention): void;
  delete(peer: PeerId): void;
  /** Takes out those whose time has come, in the order of their making. */
  takeDue(now: Now): readonly (readonly [PeerId, Intention])[];
  /** Infinite when there is none. */
  nextDueAt(): number;
}

export function createIntentions(): Intentions {
  const intentions = new Map<PeerId, Intention>();
  const due = createEarliest(() => {
    let next = Number.POSITIVE_INFINITY;
    for (const { at } of intentions.values()) next = Math.min(next, at);
    return next;
  });

  const remove = (peer: PeerId): void => {
    const known = intentions.get(peer);
    if (known === undefined) return;
    due.moved(known.at, Number.POSITIVE_INFINITY);
    intentions.delete(peer);
  };

  return {
    size: () => intentions.size,
    get: peer => intentions.get(peer),
    set(peer, intention) {
      due.moved(intentions.get(peer)?.at ?? Number.POSITIVE_INFINITY, intention.at);
      intentions.set(peer, intention);
    },
    delete: remove,
    takeDue(now) {
      if (now.mono < due.at()) return [];
      const taken = [...intentions].filter(([, { at }]) => now.mono >= at);
      for (const [peer] of taken) remove(peer);
      return taken;
    },
    nextDueAt: () => due.at(),
  };
}
