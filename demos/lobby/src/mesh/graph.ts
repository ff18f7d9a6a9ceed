/** Who is linked to whom, put together from what each peer says about its own links. */
import { linkName, type Person } from '../model.ts';

export interface MeshEdge {
  readonly a: string;
  readonly b: string;
  /** One of the two is this tab: the link is known, not heard of. */
  readonly isOwn: boolean;
  /** How an own link was made. */
  readonly via: 'server' | 'mesh' | undefined;
  /** Only one end speaks of it: it is being made, or being lost. */
  readonly isDoubtful: boolean;
}

export interface Mesh {
  readonly nodes: readonly Person[];
  readonly edges: readonly MeshEdge[];
  /** People who are here and not drawn. */
  readonly hidden: number;
}

export interface Hop {
  readonly from: string;
  readonly to: string;
  /** 1: straight from the author. */
  readonly depth: number;
}

const MAX_NODES = 60;

/** `people` begins with oneself; `ownLinks` tells how each own link was made, by the neighbour's id. */
export function meshOf(people: readonly Person[], ownLinks: ReadonlyMap<string, 'server' | 'mesh'>): Mesh {
  const nodes = [...people].sort((a, b) => rank(a, ownLinks) - rank(b, ownLinks)).slice(0, MAX_NODES);
  const byLinkName = new Map(nodes.map(node => [linkName(node.id), node]));
  const edges = new Map<string, MeshEdge>();
  for (const node of nodes) {
    for (const name of new Set(node.links)) {
      const other = byLinkName.get(name);
      if (other === undefined || other === node) continue;
      const [a, b] = node.id < other.id ? [node.id, other.id] : [other.id, node.id];
      const isOwn = node.isSelf || other.isSelf;
      const neighbour = node.isSelf ? other.id : node.id;
      // About our own links nobody knows better than we do.
      if (isOwn && !ownLinks.has(neighbour)) continue;
      const isDoubtful = !isOwn && !edges.has(`${a} ${b}`);
      edges.set(`${a} ${b}`, { a, b, isOwn, via: isOwn ? ownLinks.get(neighbour) : undefined, isDoubtful });
    }
  }
  return { nodes, edges: [...edges.values()], hidden: people.length - nodes.length };
}

/** The shortest ways from one peer to all others, in the order in which a flood takes them. */
export function hopsFrom({ edges }: Mesh, start: string): readonly Hop[] {
  const neighbours = new Map<string, string[]>();
  for (const { a, b } of edges) {
    neighbours.set(a, [...(neighbours.get(a) ?? []), b]);
    neighbours.set(b, [...(neighbours.get(b) ?? []), a]);
  }
  const depths = new Map([[start, 0]]);
  const hops: Hop[] = [];
  const queue = [start];
  for (let from = queue.shift(); from !== undefined; from = queue.shift()) {
    const depth = (depths.get(from) ?? 0) + 1;
    for (const to of neighbours.get(from) ?? []) {
      if (depths.has(to)) continue;
      depths.set(to, depth);
      hops.push({ from, to, depth });
      queue.push(to);
    }
  }
  return hops;
}

/** Oneself and one's neighbours are drawn in the largest room too. */
function rank(person: Person, ownLinks: ReadonlyMap<string, unknown>): number {
  if (person.isSelf) return 0;
  return ownLinks.has(person.id) ? 1 : 2;
}
