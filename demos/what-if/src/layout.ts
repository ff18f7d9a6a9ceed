/** Places the peers of a mesh after Fruchterman and Reingold: all push each other away, links pull. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

const ROUNDS = 160;
const FIRST_STEP = 0.12;
const TURN = 2.399_963;

/** Places in a square from 0 to 1; the same for the same mesh. */
export function layOut(count: number, edges: readonly (readonly [number, number])[]): readonly Point[] {
  const xs = new Float64Array(count);
  const ys = new Float64Array(count);
  // A sunflower: everybody begins somewhere else, and nobody by chance.
  for (let i = 0; i < count; i++) {
    const radius = 0.5 * Math.sqrt((i + 0.5) / count);
    xs[i] = radius * Math.cos(i * TURN);
    ys[i] = radius * Math.sin(i * TURN);
  }
  for (let round = 0; round < ROUNDS; round++) relax(xs, ys, edges, FIRST_STEP * (1 - round / ROUNDS));
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const size = Math.max(right - left, bottom - top, 1e-6);
  const [x0, y0] = [(left + right - size) / 2, (top + bottom - size) / 2];
  return Array.from({ length: count }, (_, i) => ({ x: (xs[i]! - x0) / size, y: (ys[i]! - y0) / size }));
}

function relax(xs: Float64Array, ys: Float64Array, edges: readonly (readonly [number, number])[], step: number): void {
  const count = xs.length;
  const ideal = 0.9 / Math.sqrt(Math.max(1, count));
  const fx = new Float64Array(count);
  const fy = new Float64Array(count);
  const push = (i: number, j: number, strength: (distance: number) => number): void => {
    const dx = xs[i]! - xs[j]!;
    const dy = ys[i]! - ys[j]!;
    const distance = Math.max(1e-3, Math.hypot(dx, dy));
    const share = strength(distance) / distance;
    fx[i]! += dx * share;
    fy[i]! += dy * share;
    fx[j]! -= dx * share;
    fy[j]! -= dy * share;
  };
  for (let i = 0; i < count; i++) for (let j = 0; j < i; j++) push(i, j, distance => ideal ** 2 / distance);
  for (const [i, j] of edges) push(i, j, distance => -(distance ** 2) / ideal / 4);
  for (let i = 0; i < count; i++) {
    const length = Math.max(1e-9, Math.hypot(fx[i]!, fy[i]!));
    const share = Math.min(step, length) / length;
    xs[i]! += fx[i]! * share;
    ys[i]! += fy[i]! * share;
  }
}
