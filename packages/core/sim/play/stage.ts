/** What those who play a scenario on a world share. */
import type { Rng } from '@hearsay/core';
import type { Messages } from '../measure/messages.ts';
import type { Scenario, Selection } from '../scenario/scenario.ts';
import { isUp, type SimNode } from '../world/node.ts';
import type { World } from '../world/world.ts';

export interface Stage {
  readonly world: World;
  readonly scenario: Scenario;
  readonly messages: Messages;
  readonly rng: Rng;
  /** Something has happened that the room must come to terms with; the world is not quiet. */
  touch(): void;
  /** A `crash` of the timeline has happened: what is left is worth a look before anybody mends it. */
  onCrashed(): void;
}

/** The running nodes that a selection means, in the order of their numbers unless chance chose them. */
export function select({ world, rng }: Stage, selection: Selection): readonly SimNode[] {
  const alive = world.nodes.filter(isUp);
  switch (selection.by) {
    case 'all':
      return alive;
    case 'fraction':
      return rng.sample(alive, Math.round(selection.fraction * alive.length));
    case 'count':
      return rng.sample(alive, selection.count);
    case 'nodes':
      return selection.nodes.map(index => world.nodes[index]!).filter(isUp);
    case 'region':
      return alive.filter(({ region }) => region === selection.region);
  }
}

/** Calls `act` for each of `list`, the calls spread evenly over `overMs`. */
export function spreadOver<T>({ world }: Stage, list: readonly T[], overMs: number, act: (item: T) => void): void {
  for (const [i, item] of list.entries()) {
    const at = world.now + (i * overMs) / list.length;
    if (at === world.now) act(item);
    else world.at(at, () => act(item));
  }
}
