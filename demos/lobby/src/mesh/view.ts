/** Draws the mesh: circles, links, and light that runs along them. */
import { byId, initials, paint, prefersCalm, svg } from '../dom.ts';
import type { Person, Point } from '../model.ts';
import { hopsFrom, type Mesh, type MeshEdge } from './graph.ts';
import { layOut } from './layout.ts';
import { createLight } from './light.ts';

export interface MeshView {
  show(mesh: Mesh): void;
  /** Something by this author was received here: light runs from its circle to all others. */
  wave(author: string, isStrong: boolean): void;
}

const PAD_X = 54;
const PAD_TOP = 42;
const PAD_BOTTOM = 38;
const RADIUS = 15;
const SMALL_RADIUS = 10;
/** With more peers than this the circles are small and only one's own has its name below it. */
const CROWD = 16;
const EASE = 0.16;

export function createMeshView(): MeshView {
  const canvas = byId('mesh', SVGSVGElement);
  const summary = byId('mesh-summary', HTMLParagraphElement);
  const more = byId('mesh-more', HTMLSpanElement);
  const [edgeLayer, lightLayer, nodeLayer] = [svg('g', 'edges'), svg('g', 'lights'), svg('g', 'nodes')];
  canvas.append(edgeLayer, lightLayer, nodeLayer);
  const nodes = new Map<string, SVGGElement>();
  const edges = new Map<string, SVGLineElement>();
  let mesh: Mesh = { nodes: [], edges: [], hidden: 0 };
  let wanted: ReadonlyMap<string, Point> = new Map();
  let shape = '';
  let look = '';
  const size = watchSize(canvas, () => ease.start());

  const ease = createEase(
    id => toPixels(wanted.get(id), size),
    () => mesh.nodes.map(({ id }) => id),
    at => place(at, nodes, mesh.edges, edges, PAD_TOP + (size.height - PAD_TOP - PAD_BOTTOM) / 2),
  );
  const light = createLight(
    lightLayer,
    id => ease.at(id),
    id => nodes.get(id)?.querySelector<SVGElement>('.halo'),
  );

  return {
    show(next) {
      const nextLook = lookOf(next);
      mesh = next;
      if (nextLook === look) return;
      look = nextLook;
      more.textContent = next.hidden > 0 ? `${next.nodes.length} of ${next.nodes.length + next.hidden} drawn` : '';
      drawNodes(next, nodes, nodeLayer);
      drawEdges(next.edges, edges, edgeLayer);
      const nextShape = shapeOf(next);
      if (nextShape !== shape) {
        shape = nextShape;
        const ids = next.nodes.map(({ id }) => id);
        wanted = layOut(
          ids,
          next.edges.map(({ a, b }) => [a, b] as const),
          wanted,
        );
        ease.start();
      }
      summary.textContent = summaryOf(next);
    },
    wave(author, isStrong) {
      if (nodes.has(author) && !document.hidden)
        light.run(author, hopsFrom(mesh, author), colorOf(mesh, author), isStrong);
    },
  };
}

type Size = { width: number; height: number };

function watchSize(canvas: SVGSVGElement, onChange: () => void): Size {
  const size = { width: 0, height: 0 };
  new ResizeObserver(() => {
    const { width, height } = canvas.getBoundingClientRect();
    size.width = width;
    size.height = height;
    canvas.setAttribute('viewBox', `0 0 ${Math.max(1, width)} ${Math.max(1, height)}`);
    onChange();
  }).observe(canvas);
  return size;
}

function toPixels(point: Point | undefined, { width, height }: Size): Point {
  const { x, y } = point ?? { x: 0, y: 0 };
  const inner = height - PAD_TOP - PAD_BOTTOM;
  return { x: width / 2 + x * (width / 2 - PAD_X), y: PAD_TOP + inner / 2 + (y * inner) / 2 };
}

interface Ease {
  /** Moves everyone to their place; stops when they are there. */
  start(): void;
  at(id: string): Point;
}

function createEase(target: (id: string) => Point, ids: () => readonly string[], draw: (at: Ease['at']) => void): Ease {
  const current = new Map<string, Point>();
  const at = (id: string): Point => current.get(id) ?? target(id);
  let frame: number | undefined;

  const step = (): void => {
    frame = undefined;
    const share = prefersCalm() || document.hidden ? 1 : EASE;
    let isMoving = false;
    const known = new Set(ids());
    for (const id of current.keys()) if (!known.has(id)) current.delete(id);
    for (const id of known) {
      const [from, to] = [at(id), target(id)];
      const isFar = share < 1 && Math.hypot(to.x - from.x, to.y - from.y) > 0.3;
      current.set(id, isFar ? { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share } : to);
      isMoving ||= isFar;
    }
    draw(at);
    if (isMoving) frame = requestAnimationFrame(step);
  };

  return {
    start() {
      if (frame === undefined) step();
    },
    at,
  };
}

function place(
  at: (id: string) => Point,
  nodes: ReadonlyMap<string, SVGGElement>,
  links: readonly MeshEdge[],
  edges: ReadonlyMap<string, SVGLineElement>,
  middle: number,
): void {
  for (const [id, group] of nodes) {
    const { x, y } = at(id);
    group.setAttribute('transform', `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
    // Names stand outside, where fewer links cross them.
    const radius = Number(group.querySelector('.dot')?.getAttribute('r') ?? 0);
    group.querySelector('.label')?.setAttribute('y', String(y < middle - 4 ? -radius - 8 : radius + 16));
  }
  for (const { a, b } of links) {
    const line = edges.get(`${a} ${b}`);
    const [from, to] = [at(a), at(b)];
    for (const [name, value] of Object.entries({ x1: from.x, y1: from.y, x2: to.x, y2: to.y })) {
      line?.setAttribute(name, value.toFixed(1));
    }
  }
}

function drawNodes(mesh: Mesh, nodes: Map<string, SVGGElement>, layer: SVGGElement): void {
  const present = new Set(mesh.nodes.map(({ id }) => id));
  for (const [id, group] of nodes) {
    if (present.has(id)) continue;
    group.remove();
    nodes.delete(id);
  }
  const isCrowd = mesh.nodes.length > CROWD;
  for (const person of mesh.nodes) {
    const group = nodes.get(person.id) ?? newNode(layer);
    nodes.set(person.id, group);
    dress(group, person, isCrowd);
  }
}

function newNode(layer: SVGGElement): SVGGElement {
  const group = svg('g', 'peer');
  group.append(
    svg('circle', 'halo'),
    svg('circle', 'dot'),
    svg('text', 'letters'),
    svg('text', 'label'),
    svg('title', ''),
  );
  layer.append(group);
  return group;
}

function dress(group: SVGGElement, person: Person, isCrowd: boolean): void {
  const radius = isCrowd ? SMALL_RADIUS : RADIUS + (person.isSelf ? 3 : 0);
  const state = `${person.isSelf ? ' self' : ''}${person.standing === 'here' ? '' : ' dim'}`;
  group.setAttribute('class', `peer ${person.kind}${state}${isCrowd ? ' small' : ''}`);
  paint(group, person.color);
  const [halo, dot, letters, label, title] = group.children;
  for (const circle of [halo, dot]) circle?.setAttribute('r', String(radius));
  setText(letters, initials(person.name));
  setText(label, isCrowd && !person.isSelf ? '' : person.isSelf ? 'you' : person.name);
  setText(title, person.name);
}

function drawEdges(links: readonly MeshEdge[], edges: Map<string, SVGLineElement>, layer: SVGGElement): void {
  const present = new Set(links.map(({ a, b }) => `${a} ${b}`));
  for (const [key, line] of edges) {
    if (present.has(key)) continue;
    line.remove();
    edges.delete(key);
  }
  for (const { a, b, isOwn, via, isDoubtful } of links) {
    const line = edges.get(`${a} ${b}`) ?? layer.appendChild(svg('line', ''));
    edges.set(`${a} ${b}`, line);
    line.setAttribute('class', `edge${isOwn ? ` own ${via ?? ''}` : ''}${isDoubtful ? ' doubtful' : ''}`);
  }
}

/** All that is seen: a cursor that moves changes nothing here. */
function lookOf({ nodes, edges, hidden }: Mesh): string {
  return JSON.stringify([nodes.map(node => ({ ...node, cursor: null, links: [] })), edges, hidden]);
}

/** What the layout depends on: the same shape needs no new one. */
function shapeOf({ nodes, edges }: Mesh): string {
  return JSON.stringify([nodes.map(({ id }) => id).sort(), edges.map(({ a, b }) => `${a} ${b}`).sort()]);
}

function summaryOf({ nodes, edges, hidden }: Mesh): string {
  const self = nodes.find(({ isSelf }) => isSelf)?.id;
  const names = edges
    .filter(({ isOwn }) => isOwn)
    .map(({ a, b }) => nodes.find(({ id }) => id === (a === self ? b : a))?.name ?? '');
  const own = names.length === 0 ? 'You have no links.' : `You are linked to ${names.join(', ')}.`;
  const more = hidden > 0 ? ` ${hidden} more are not drawn.` : '';
  return `${nodes.length} ${nodes.length === 1 ? 'peer' : 'peers'}, ${edges.length} links. ${own}${more}`;
}

function colorOf({ nodes }: Mesh, author: string): string {
  return nodes.find(({ id }) => id === author)?.color ?? '';
}

function setText(element: Element | undefined, text: string): void {
  if (element !== undefined && element.textContent !== text) element.textContent = text;
}
