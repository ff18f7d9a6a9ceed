/** The parts of one engine. */

import type { Aggregate } from './aggregate/aggregate.ts';
import type { Broadcast } from './broadcast/mode.ts';
import type { Effect } from './effect.ts';
import type { Fact } from './fact.ts';
import type { Flow } from './flow/flow.ts';
import type { Guard } from './guard/guard.ts';
import type { HlcClock } from './identity/hlc.ts';
import type { Authoring } from './intake/authoring.ts';
import type { Intake } from './intake/intake.ts';
import type { Fifo } from './lib/fifo.ts';
import type { Result } from './lib/result.ts';
import type { Liveness } from './liveness/liveness.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { Outbox } from './outbox.ts';
import type { Overlay } from './overlay/overlay.ts';
import type { Presence } from './presence/presence.ts';
import type { Refusal } from './refusal.ts';
import type { Relay } from './relay/relay.ts';
import type { Events } from './store/events.ts';
import type { Store } from './store/store.ts';
import type { Sync } from './sync/sync.ts';
import type { Transfer } from './transfer/transfer.ts';
import type { Now } from './types.ts';
import type { Frame } from './wire/frame.ts';

export interface Modules {
  readonly flow: Flow;
  readonly guard: Guard;
  readonly intake: Intake;
  readonly authoring: Authoring;
  readonly overlay: Overlay;
  readonly relay: Relay;
  readonly liveness: Liveness;
  readonly broadcast: Broadcast;
  readonly sync: Sync;
  readonly transfer: Transfer;
  readonly store: Store;
  readonly events: Events;
  readonly presence: Presence;
  readonly aggregate: Aggregate;
  readonly hlc: HlcClock;
}

export interface Parts {
  readonly modules: Modules;
  readonly outbox: Outbox;
  /** What the modules have told each other, and nobody has heard yet. */
  readonly facts: Fifo<Fact>;
  readonly metrics: Metrics;
  readonly networkId: Uint8Array;
  readonly refusal: Refusal;
  readonly decode: (bytes: Uint8Array) => Result<Frame>;
  /** It is `now`, until the next input. */
  tick(now: Now): void;
  now(): Now;
  /** What has come of the input. */
  takeEffects(): readonly Effect[];
}
