/**
 * How many neighbours a node wants. Everybody in a small room; then few, because links are what costs. In a
 * larger room a node dials half of them itself: the other half is dialled by others, and a link that is made to
 * be closed again is waste.
 */
import type { Config } from '../config.ts';

/** Up to this many peers everyone is everyone's neighbour. */
const FULL_MESH_TO = 8;
/** A room of tabs on one machine is about this size, where each link costs as much CPU as all else of a join. */
const SMALL_ROOM_TO = 32;
const SMALL_ROOM_MOST = 6;

export interface Degree {
  /** With fewer, a node does not do without a socket to the server. */
  readonly low: number;
  /** Dial until there are so many. */
  readonly enough: number;
  /** Dial until so many links are dialled by this node itself. */
  readonly own: number;
  /** What a node has on average. */
  readonly wanted: number;
  /** Accept up to so many, and keep no more in the long run. */
  readonly accepted: number;
  /** Accept up to so many where it is urgent. */
  readonly acceptedUrgent: number;
}

export function degreeFor(roomSize: number, config: Config): Degree {
  const cap = config['overlay.maxLinks'];
  const others = Math.max(0, roomSize - 1);
  const natural = config['overlay.degree'] || naturalDegree(roomSize);
  // A peer at its cap can take no newcomer without sending somebody away, so one slot is left free.
  const most = others <= cap ? cap : Math.max(2, cap - 1);
  const wanted = Math.min(natural, others, most);
  const low = Math.max(1, Math.min(wanted, Math.floor(wanted / 2) + 1));
  const limit = config['overlay.degree'] > 0 ? cap : Math.min(cap, naturalLimit(roomSize));
  return {
    low,
    enough: wanted === others ? wanted : low,
    own: wanted === others ? 0 : Math.floor(wanted / 2),
    wanted,
    accepted: Math.min(limit, wanted + config['overlay.slack']),
    acceptedUrgent: limit,
  };
}

function naturalDegree(roomSize: number): number {
  if (roomSize <= FULL_MESH_TO) return FULL_MESH_TO - 1;
  if (roomSize <= SMALL_ROOM_TO) return 5;
  return roomSize <= 200 ? 6 : 8;
}

function naturalLimit(roomSize: number): number {
  if (roomSize <= FULL_MESH_TO) return FULL_MESH_TO - 1;
  return roomSize <= SMALL_ROOM_TO ? SMALL_ROOM_MOST : Number.POSITIVE_INFINITY;
}
