/**
 * What the textbook says of a room where everybody may meet everybody: in each round those who know a rumour tell
 * `fanout` others (push), those who do not ask so many (pull), or both. Flood and tree have no rounds.
 */
import type { Points } from './messages.ts';

export type Mode = 'push' | 'pull' | 'push-pull' | 'flood' | 'tree';

/** Shares nearer to one than this are all. */
const ALL = 0.999_5;
const MAX_ROUNDS = 200;

export function hasRounds(mode: Mode): boolean {
  return mode !== 'flood' && mode !== 'tree';
}

/** Share that knows after each round, the first of them at once: [ms, share]. Empty without rounds. */
export function expectedCurve(mode: Mode, nodes: number, fanout: number, roundMs: number): Points {
  if (!hasRounds(mode)) return [];
  const points: [number, number][] = [[0, 1 / nodes]];
  let unaware = 1 - 1 / nodes;
  for (let round = 0; round < MAX_ROUNDS && 1 - unaware < ALL; round++) {
    const untold = mode === 'pull' ? 1 : Math.exp(-fanout * (1 - unaware));
    const unanswered = mode === 'push' ? 1 : unaware ** fanout;
    unaware *= untold * unanswered;
    points.push([round * roundMs, 1 - unaware]);
  }
  return points;
}

/** Rounds until all know, by push to one: log₂ N while few know, and ln N for the last (Pittel 1987). */
export function expectedRounds(nodes: number): number {
  return Math.log2(nodes) + Math.log(nodes);
}
