import type { Effect } from './effect.ts';
import type { Fact } from './fact.ts';
import type { PeerId } from './types.ts';
import type { Frame } from './wire/frame.ts';

/** What a module has to send in quantity: fresh records; what somebody waits for; or what repairs an old gap. */
export type Load = 'push' | 'bulk' | 'repair';

/** The verbs a module has. It knows neither its siblings nor the world. */
export interface Outbox {
  /** To a neighbour, in order. Dropped when it is no neighbour any more. */
  send(to: PeerId, frame: Frame): void;
  /** Does the link have room for one more frame of this kind? Who finds none is told when there is. */
  isOpen(to: PeerId, load: Load): boolean;
  /** To the outside. */
  effect(effect: Effect): void;
  /** To the other modules, after the present one has returned. */
  fact(fact: Fact): void;
}
