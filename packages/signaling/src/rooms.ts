/**
 * Who is registered where: rooms, random introductions, entry points, and whom a message is for. No sockets, no clock;
 * chance is injected. `Handle` is whatever the caller reaches a member by.
 *
 * Every registered peer holds a socket. A client that has its links closes it, unless it is an entry point: the oldest
 * few members of a room stay, so that a newcomer always finds somebody. When one leaves, the next oldest takes over.
 */

import type { Limits } from './limits.ts';
import type { PeerIdText } from './protocol.ts';

export interface Place {
  readonly network: string;
  readonly app: string;
  readonly room: string;
}

/** One member's registration. Stale once another registration of the same peer has replaced it. */
export interface Seat<Handle> {
  readonly peer: PeerIdText;
  readonly handle: Handle;
  readonly room: Room<Handle>;
  readonly entry: boolean;
}

export type JoinOutcome<Handle> =
  | { readonly ok: true; readonly seat: Seat<Handle>; readonly replaced: Handle | undefined }
  | { readonly ok: false; readonly full: 'room' | 'rooms' };

export type RoomLimits = Pick<Limits, 'rooms' | 'membersPerRoom' | 'introductions' | 'entryPointsPerRoom'>;

interface Room<Handle> {
  readonly key: string;
  /** App and room without the network: where peers meet who may not be able to understand each other. */
  readonly place: string;
  /** By peer id, oldest first (a Map keeps insertion order). */
  readonly seats: Map<PeerIdText, MutableSeat<Handle>>;
  /** The same seats in no order, for sampling: `shuffled[seat.index] === seat`. */
  readonly shuffled: MutableSeat<Handle>[];
}

interface MutableSeat<Handle> extends Seat<Handle> {
  entry: boolean;
  index: number;
}

export class Rooms<Handle> {
  readonly #limits: RoomLimits;
  readonly #random: () => number;
  readonly #rooms = new Map<string, Room<Handle>>();
  /** How many networks each app and room has members of. Never larger than `#rooms`. */
  readonly #networks = new Map<string, number>();
  #members = 0;

  /** `random` gives numbers in [0, 1). An attacker who could foresee it could choose a newcomer's neighbours. */
  constructor(limits: RoomLimits, random: () => number) {
    this.#limits = limits;
    this.#random = random;
  }

  get size(): number {
    return this.#rooms.size;
  }

  get members(): number {
    return this.#members;
  }

  /** Registers a peer whose key has been proved. A second registration takes over the first one's age and role. */
  join(place: Place, peer: PeerIdText, handle: Handle): JoinOutcome<Handle> {
    const key = JSON.stringify([place.network, place.app, place.room]);
    const known = this.#rooms.get(key);
    const room = known ?? { key, place: JSON.stringify([place.app, place.room]), seats: new Map(), shuffled: [] };
    const older = room.seats.get(peer);
    if (older === undefined) {
      if (room.seats.size >= this.#limits.membersPerRoom) return { ok: false, full: 'room' };
      if (room.seats.size === 0 && this.#rooms.size >= this.#limits.rooms) return { ok: false, full: 'rooms' };
      if (known === undefined) this.#open(room);
      this.#members += 1;
    }
    const entry = older?.entry ?? room.seats.size < this.#limits.entryPointsPerRoom;
    const index = older?.index ?? room.shuffled.length;
    const seat: MutableSeat<Handle> = { peer, handle, room, entry, index };
    room.seats.set(peer, seat);
    room.shuffled[index] = seat;
    return { ok: true, seat, replaced: older?.handle };
  }

  /** Takes a member out. Returns who becomes an entry point in its stead, if anybody does. A stale seat does nothing. */
  leave(seat: Seat<Handle>): Handle | undefined {
    const { room, peer } = seat;
    const current = room.seats.get(peer);
    if (current === undefined || current !== seat) return undefined;
    room.seats.delete(peer);
    this.#members -= 1;
    const last = room.shuffled.pop();
    if (last !== undefined && last !== current) put(room, last, current.index);
    if (room.seats.size === 0) this.#close(room);
    return current.entry ? promoteOldest(room) : undefined;
  }

  /** Are there others in the same app and room, under another network id? */
  isElsewhere(seat: Seat<Handle>): boolean {
    return (this.#networks.get(seat.room.place) ?? 0) > 1;
  }

  /** A fresh random sample of the other members, each equally likely. Costs the same in a room of any size. */
  introduce(seat: Seat<Handle>): PeerIdText[] {
    const { shuffled } = seat.room;
    const sample: PeerIdText[] = [];
    // The first steps of a Fisher–Yates shuffle, in place; one extra, in case the asker itself is drawn.
    const draws = Math.min(this.#limits.introductions + 1, shuffled.length);
    for (let i = 0; i < draws && sample.length < this.#limits.introductions; i += 1) {
      const drawn = swap(seat.room, i, i + Math.floor(this.#random() * (shuffled.length - i)));
      if (drawn.peer !== seat.peer) sample.push(drawn.peer);
    }
    return sample;
  }

  /** The member of the same room that a message is for. */
  find(seat: Seat<Handle>, to: PeerIdText): Handle | undefined {
    return to === seat.peer ? undefined : seat.room.seats.get(to)?.handle;
  }

  #open(room: Room<Handle>): void {
    this.#rooms.set(room.key, room);
    this.#networks.set(room.place, (this.#networks.get(room.place) ?? 0) + 1);
  }

  #close(room: Room<Handle>): void {
    this.#rooms.delete(room.key);
    const left = (this.#networks.get(room.place) ?? 1) - 1;
    if (left === 0) this.#networks.delete(room.place);
    else this.#networks.set(room.place, left);
  }
}

function promoteOldest<Handle>(room: Room<Handle>): Handle | undefined {
  // Entry points are the oldest, so the first other one is at most `entryPointsPerRoom` steps away.
  for (const seat of room.seats.values()) {
    if (seat.entry) continue;
    seat.entry = true;
    return seat.handle;
  }
  return undefined;
}

/** Exchanges two places of the shuffled list; returns the seat now at `i`. */
function swap<Handle>(room: Room<Handle>, i: number, j: number): MutableSeat<Handle> {
  const drawn = room.shuffled[j]!;
  put(room, room.shuffled[i]!, j);
  put(room, drawn, i);
  return drawn;
}

function put<Handle>(room: Room<Handle>, seat: MutableSeat<Handle>, index: number): void {
  room.shuffled[index] = seat;
  seat.index = index;
}
