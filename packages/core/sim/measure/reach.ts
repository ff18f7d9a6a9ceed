/** Who can reach whom: the pieces that links join running nodes to, now and right after the last crash. */
import type { Engine } from '@hearsay/core';
import { isUp, type SimNode } from '../world/node.ts';
import type { World } from '../world/world.ts';

export interface Reach {
  /** Looks at what a crash has left, before anybody mends it. */
  onCrashed(world: World): void;
  /** Share of the ordered pairs of survivors that were joined then; `null`: no crash, or fewer than two survivors. */
  share(): number | null;
  /** The number of the piece that a survivor was in then. Each crash has numbers of its own, and a restart none. */
  pieceOf(node: SimNode): number | undefined;
}

export function createReach(): Reach {
  let pieces = new Map<Engine, number>();
  let count = 0;
  let share: number | null = null;
  return {
    onCrashed(world) {
      pieces = new Map();
      const found = piecesOf(world);
      for (const piece of found) {
        count += 1;
        for (const { engine } of piece) pieces.set(engine, count);
      }
      share = shareOf(found.map(({ length }) => length));
    },
    share: () => share,
    pieceOf: ({ engine }) => (engine === undefined ? undefined : pieces.get(engine)),
  };
}

type Running = SimNode & { engine: Engine };

/** The running nodes, in pieces that are joined by links which both ends hold. */
export function piecesOf(world: World): readonly (readonly Running[])[] {
  const alive = world.nodes.filter(isUp);
  const seen = new Set<SimNode>();
  const pieces: Running[][] = [];
  for (const first of alive) {
    if (seen.has(first)) continue;
    const piece = [first];
    seen.add(first);
    for (const node of piece) {
      for (const [peer, link] of node.links) {
        const other = world.nodeOf(peer)!;
        if (seen.has(other) || !isUp(other) || !link.up[0] || !link.up[1]) continue;
        seen.add(other);
        piece.push(other);
      }
    }
    pieces.push(piece);
  }
  return pieces;
}

function shareOf(sizes: readonly number[]): number | null {
  const nodes = sizes.reduce((sum, size) => sum + size, 0);
  if (nodes < 2) return null;
  return sizes.reduce((sum, size) => sum + size * (size - 1), 0) / (nodes * (nodes - 1));
}
