/**
 * Places the peers. A few form a ring in the order of their ids, since they are all linked to each other. More are
 * placed by Fruchterman and Reingold: all push each other away, links pull. Calculated to its end at once, from the
 * places of before, so that the picture settles and does not jump.
 */
import type { Point } from '../model.ts';

const RING = 9;
const NEW_ROUNDS = 240;
const OLD_ROUNDS = 50;
/** The longest step of the first round; it cools to nothing in the last. */
const NEW_STEP = 0.25;
const OLD_STEP = 0.06;
const SPREAD_ROUNDS = 60;
const BOX = 0.5;

/** Places in a square from −1 to 1. */
export function layOut(
  ids: readonly string[],
  links: readonly (readonly [string, string])[],
  before: ReadonlyMap<string, Point>,
): ReadonlyMap<string, Point> {
  if (ids.length <= RING) return ring([...ids].sort());
  const isNew = ids.some(id => !before.has(id));
  const sorted = [...ids].sort();
  const index = new Map(sorted.map((id, i) => [id, i]));
  const places = sorted.map(id => ({ ...(before.get(id) ?? birthplace(id)) }));
  const pairs = links.flatMap(([a, b]) => {
    const [i, j] = [index.get(a), index.get(b)];
    return i === undefined || j === undefined ? [] : [[i, j] as const];
  });
  const rounds = isNew ? NEW_ROUNDS : OLD_ROUNDS;
  for (let round = 0; round < rounds; round++) {
    relax(places, pairs, (isNew ? NEW_STEP : OLD_STEP) * (1 - round / rounds));
  }
  fillSquare(places);
  spread(places);
  return new Map(sorted.map((id, i) => [id, places[i]!]));
}

function ring(ids: readonly string[]): ReadonlyMap<string, Point> {
  if (ids.length === 1) return new Map(ids.map(id => [id, { x: 0, y: 0 }]));
  // An even number begins between two corners, so that two peers stand side by side and four form a square.
  const turn = ids.length % 2 === 0 ? 0.5 : 0;
  return new Map(
    ids.map((id, i) => {
      const angle = (2 * Math.PI * (i + turn)) / ids.length - Math.PI / 2;
      return [id, { x: Math.cos(angle), y: Math.sin(angle) }];
    }),
  );
}

type Place = { x: number; y: number };

function relax(places: Place[], pairs: readonly (readonly [number, number])[], step: number): void {
  const ideal = 1.6 / Math.sqrt(Math.max(1, places.length));
  const pushes = places.map(({ x, y }) => ({ x: -0.3 * x, y: -0.3 * y }));
  const push = (i: number, j: number, force: (distance: number) => number): void => {
    const dx = places[i]!.x - places[j]!.x;
    const dy = places[i]!.y - places[j]!.y;
    const distance = Math.max(0.01, Math.hypot(dx, dy));
    const share = force(distance) / distance;
    pushes[i]!.x += dx * share;
    pushes[i]!.y += dy * share;
    pushes[j]!.x -= dx * share;
    pushes[j]!.y -= dy * share;
  };
  for (let i = 0; i < places.length; i++) {
    for (let j = 0; j < i; j++) push(i, j, distance => ideal ** 2 / distance);
  }
  for (const [i, j] of pairs) push(i, j, distance => -(distance ** 2) / ideal / 3);
  places.forEach((place, i) => {
    const { x, y } = pushes[i]!;
    const length = Math.hypot(x, y);
    const share = length > step ? step / length : 1;
    place.x += x * share;
    place.y += y * share;
  });
}

/** Centered, and as large as the square allows. */
function fillSquare(places: Place[]): void {
  const xs = places.map(({ x }) => x);
  const ys = places.map(({ y }) => y);
  const middle = (values: number[]): number => (Math.min(...values) + Math.max(...values)) / 2;
  const half = (values: number[]): number => (Math.max(...values) - Math.min(...values)) / 2;
  const [cx, cy] = [middle(xs), middle(ys)];
  const [hx, hy] = [half(xs), half(ys)];
  const largest = Math.max(hx, hy, 1e-6);
  // A flat picture is stretched, but not so far that a line becomes a square.
  const scale = (own: number): number => (places.length < 2 ? 0 : 1 / Math.max(own, 0.5 * largest));
  for (const place of places) {
    place.x = (place.x - cx) * scale(hx);
    place.y = (place.y - cy) * scale(hy);
  }
}

/** A circle and its name fill a box; no two boxes overlap, as far as the square has room for them. */
function spread(places: Place[]): void {
  const box = Math.min(BOX, 1.7 / Math.sqrt(places.length));
  for (let round = 0; round < SPREAD_ROUNDS; round++) {
    for (let i = 0; i < places.length; i++) {
      for (let j = 0; j < i; j++) part(places[i]!, places[j]!, box);
    }
  }
}

/** Along the side on which less is missing. */
function part(a: Place, b: Place, box: number): void {
  const missingX = box - Math.abs(a.x - b.x);
  const missingY = box - Math.abs(a.y - b.y);
  if (missingX <= 0 || missingY <= 0) return;
  const side = missingX < missingY ? 'x' : 'y';
  const push = (Math.min(missingX, missingY) / 2) * (a[side] < b[side] ? -1 : 1);
  a[side] = inside(a[side] + push);
  b[side] = inside(b[side] - push);
}

function inside(place: number): number {
  return Math.min(1, Math.max(-1, place));
}

/** On the circle, where the id says. */
function birthplace(id: string): Point {
  const angle = (Number.parseInt(id.slice(0, 6), 16) / 0x1000000) * 2 * Math.PI;
  return { x: Math.cos(angle), y: Math.sin(angle) };
}
