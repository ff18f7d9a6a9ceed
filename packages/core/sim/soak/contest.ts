/** Many writers, few keys: they set and delete the same ones, so that clocks and tombstones have work to do. */
import type { Rng } from '@hearsay/core';
import { isUp } from '../world/node.ts';
import type { World } from '../world/world.ts';

const KEYS = 5;
const DELETES = 0.4;

export function contest(world: World, rng: Rng, fromMs: number, toMs: number): void {
  const stepMs = 300 + 1_500 * rng.next();
  const write = (n: number): void => {
    const writer = rng.pick(world.nodes.filter(isUp));
    const key = `contested/${rng.int(KEYS)}`;
    const kind = rng.next() < DELETES ? 'state-delete' : 'state';
    if (writer !== undefined && writer.engine.refusal(kind, key, 8) === undefined) {
      world.publish(writer, kind, key, kind === 'state' ? n : null);
    }
    const at = world.now + stepMs;
    if (at < toMs) world.at(at, () => write(n + 1));
  };
  world.at(fromMs, () => write(0));
}
