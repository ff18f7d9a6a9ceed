/** Who is linked with whom, and with whom by way of others. */
import { isUp, type Link, type SimNode } from '../world/node.ts';
import type { World } from '../world/world.ts';

/** The running nodes that links lead to from `first`, itself included. */
export function reachable(world: World, first: SimNode): readonly SimNode[] {
  const reached = [first];
  for (const node of reached) {
    for (const [peer, link] of node.links) {
      const other = world.nodeOf(peer)!;
      if (isWhole(link) && isUp(other) && !reached.includes(other)) reached.push(other);
    }
  }
  return reached;
}

export function isWhole({ up }: Link): boolean {
  return up[0] && up[1];
}
