/** What an engine says of itself in numbers. */

import type { Aggregate } from './aggregate/aggregate.ts';
import type { Broadcast } from './broadcast/mode.ts';
import type { Flow } from './flow/flow.ts';
import type { Guard } from './guard/guard.ts';
import type { Authoring } from './intake/authoring.ts';
import type { Intake } from './intake/intake.ts';
import type { Liveness } from './liveness/liveness.ts';
import type { Counters } from './metrics/metrics.ts';
import type { Overlay } from './overlay/overlay.ts';
import type { Presence } from './presence/presence.ts';
import type { Relay } from './relay/relay.ts';
import type { Store } from './store/store.ts';
import type { Sync } from './sync/sync.ts';
import type { Transfer } from './transfer/transfer.ts';
import type { Now } from './types.ts';

export interface EngineStats extends Counters {
  readonly links: number;
  readonly peers: number;
  /** Peers in the room, this one included; estimated as far as they are on no list: see `estimates().size`. */
  readonly size: number;
  /** 16 hex characters, equal on peers that see the same members. */
  readonly viewHash: string;
  /** Share of neighbours that saw other members than this node when they answered it last, at most 10 s ago; 0 to 1. */
  readonly divergence: number;
  readonly stateKeys: number;
  /** 16 hex characters, equal where the state is equal. */
  readonly stateHash: string;
  readonly indexed: number;
  readonly verifying: number;
  readonly unsigned: number;
  readonly suspected: number;
  readonly banned: number;
  readonly relayed: number;
  readonly syncSessions: number;
  readonly dialled: number;
  /** Of large records on their way here, bytes that have come. */
  readonly transferBytes: number;
  /** Records that wait for links, bytes. */
  readonly queuedBytes: number;
  /** The most that one link holds of what it was given and has not put on the wire, bytes; by our own count. */
  readonly fullestLinkBytes: number;
}

/** Those modules that have something to say. */
interface Asked {
  readonly aggregate: Aggregate;
  readonly overlay: Overlay;
  readonly presence: Presence;
  readonly store: Store;
  readonly sync: Sync;
  readonly intake: Intake;
  readonly authoring: Authoring;
  readonly liveness: Liveness;
  readonly guard: Guard;
  readonly relay: Relay;
  readonly transfer: Transfer;
  readonly broadcast: Broadcast;
  readonly flow: Flow;
}

export function readStats(m: Asked, counters: Counters, now: Now): EngineStats {
  return {
    ...counters,
    links: m.overlay.neighbours().length,
    peers: m.presence.size(),
    size: Math.round(m.aggregate.size(now).value),
    viewHash: m.presence.viewHash(),
    divergence: m.aggregate.divergence(),
    stateKeys: m.store.size(),
    stateHash: m.store.hash(),
    indexed: m.sync.size(),
    verifying: m.intake.pending(),
    unsigned: m.authoring.unsigned(),
    suspected: m.liveness.suspected(),
    banned: m.guard.bans(),
    relayed: m.relay.carried(),
    syncSessions: m.sync.sessions(),
    dialled: m.overlay.dialled(),
    transferBytes: m.transfer.heldBytes(),
    queuedBytes: m.broadcast.waitingBytes(),
    fullestLinkBytes: m.flow.fullest(),
  };
}
