/** The beginning: nodes join, or stand there already linked. */
import type { Topology } from '../scenario/scenario.ts';
import type { SimNode } from '../world/node.ts';
import { type Stage, spreadOver } from './stage.ts';

export function open(stage: Stage): void {
  const { world, scenario } = stage;
  const nodes = Array.from({ length: scenario.nodes }, () => world.add());
  spreadOver(stage, nodes, scenario.joinOverMs, node => {
    stage.touch();
    world.start(node);
  });
  if (scenario.topology === undefined) return;
  const pairs = pairsOf(scenario.topology, stage);
  // Behind the last join: a link needs two ends.
  world.at(scenario.joinOverMs, () => {
    for (const [a, b] of pairs) link(stage, nodes[a]!, nodes[b]!);
  });
}

function link({ world }: Stage, a: SimNode, b: SimNode): void {
  if (a !== b && !a.links.has(b.id)) world.network.connect(a, b);
}

function pairsOf(topology: Topology, { scenario, rng }: Stage): readonly (readonly [number, number])[] {
  const size = scenario.nodes;
  if (topology === 'ring') return Array.from({ length: size }, (_, i) => [i, (i + 1) % size] as const);
  if (topology === 'full') {
    return Array.from({ length: size }, (_, a) =>
      Array.from({ length: size - a - 1 }, (_, i) => [a, a + 1 + i] as const),
    ).flat();
  }
  return 'random' in topology ? randomPairs(size, topology.random, rng) : topology;
}

/**
 * A ring through all in random order, so that the graph is in one piece, and random links until every node has
 * about `degree` of them.
 */
function randomPairs(size: number, degree: number, rng: Stage['rng']): readonly (readonly [number, number])[] {
  const order = rng.sample(
    Array.from({ length: size }, (_, i) => i),
    size,
  );
  const pairs: (readonly [number, number])[] = order.map((a, i) => [a, order[(i + 1) % size]!]);
  const linked = new Set(pairs.map(([a, b]) => Math.min(a, b) * size + Math.max(a, b)));
  const missing = order.flatMap(node => new Array<number>(Math.max(0, degree - 2)).fill(node));
  const ends = rng.sample(missing, missing.length);
  for (let i = 0; i + 1 < ends.length; i += 2) {
    const a = ends[i]!;
    const b = ends[i + 1]!;
    const pair = Math.min(a, b) * size + Math.max(a, b);
    if (a === b || linked.has(pair)) continue;
    linked.add(pair);
    pairs.push([a, b]);
  }
  return pairs;
}
