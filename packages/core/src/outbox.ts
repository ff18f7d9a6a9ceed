import type { Effect } from './effect.ts';
import type { Fact } from './fact.ts';
import type { PeerId } from './types.ts';
import type { Frame } from './wire/frame.ts';

/** The three verbs a module has. It knows neither its siblings nor the world. */
export interface Outbox {
  /** To a neighbour, in order. Dropped when it is no neighbour any more. */
  send(to: PeerId, frame: Frame): void;
  /** To the outside. */
  effect(effect: Effect): void;
  /** To the other modules, after the present one has returned. */
  fact(fact: Fact): void;
}
