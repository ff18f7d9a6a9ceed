import { expect, test } from 'vitest';
import { type RoomLimits, Rooms, type Seat } from '../src/rooms.ts';

const LIMITS: RoomLimits = { rooms: 3, membersPerRoom: 10_000, introductions: 8, entryPointsPerRoom: 8 };
const PLACE = { network: 'ab', app: 'a', room: 'r' };

/** Small, seeded, good enough to shuffle with. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return ((state ^ (state >>> 12)) >>> 0) / 2 ** 32;
  };
}

function fill(rooms: Rooms<string>, count: number): Seat<string>[] {
  return Array.from({ length: count }, (_, i) => {
    const outcome = rooms.join(PLACE, `p${i}`, `h${i}`);
    if (!outcome.ok) throw new Error('full');
    return outcome.seat;
  });
}

test('SIG-14: in a room of many the sample is bounded, distinct, without the asker, and everybody is met equally', () => {
  const seed = Number(process.env['SEED'] ?? 20_240_601);
  console.info(`seed ${seed}`);
  const rooms = new Rooms<string>(LIMITS, seeded(seed));
  const seats = fill(rooms, 1000);
  const met = new Map<string, number>();
  for (let i = 0; i < 20_000; i += 1) {
    const asker = seats[i % 1000]!;
    const sample = rooms.introduce(asker);
    expect(new Set(sample).size).toBe(8);
    expect(sample).not.toContain(asker.peer);
    for (const peer of sample) met.set(peer, (met.get(peer) ?? 0) + 1);
  }
  // 160 expected each, standard deviation about 12.6: six of them either way is no accident.
  const counts = [...met.values()];
  expect(counts.length).toBe(1000);
  expect(Math.min(...counts)).toBeGreaterThan(84);
  expect(Math.max(...counts)).toBeLessThan(236);
});

test('SIG-14: the sample holds everybody while there are at most eight others, at the extremes of chance too', () => {
  for (const random of [() => 0, () => 1 - 2 ** -32]) {
    for (const others of [0, 1, 7, 8, 9]) {
      const rooms = new Rooms<string>(LIMITS, random);
      const seats = fill(rooms, others + 1);
      for (const seat of seats) {
        const sample = rooms.introduce(seat);
        expect(new Set(sample).size).toBe(Math.min(8, others));
        expect(sample).not.toContain(seat.peer);
      }
    }
  }
});

test('SIG-9: whatever order members come and go in, the entry points are the oldest few', () => {
  const seed = Number(process.env['SEED'] ?? 7);
  console.info(`seed ${seed}`);
  const random = seeded(seed);
  const rooms = new Rooms<string>({ ...LIMITS, entryPointsPerRoom: 3 }, random);
  let present: Seat<string>[] = [];
  for (let i = 0; i < 2000; i += 1) {
    if (present.length === 0 || (present.length < 12 && random() < 0.5)) {
      const outcome = rooms.join(PLACE, `p${i}`, `h${i}`);
      if (outcome.ok) present.push(outcome.seat);
    } else {
      const leaver = present[Math.floor(random() * present.length)]!;
      present = present.filter(seat => seat !== leaver);
      const heir = leaver.entry ? present.find(seat => !seat.entry) : undefined;
      expect(rooms.leave(leaver)).toBe(heir?.handle);
    }
    expect(present.map(seat => seat.entry)).toEqual(present.map((_, age) => age < 3));
    expect(rooms.members).toBe(present.length);
    if (present[0]) expect(rooms.introduce(present[0]).length).toBe(Math.min(8, present.length - 1));
  }
});

test('SIG-5: a replacement keeps age and role; leaving by the stale seat does nothing', () => {
  const rooms = new Rooms<string>({ ...LIMITS, entryPointsPerRoom: 1 }, Math.random);
  const [first, second] = fill(rooms, 2);
  const again = rooms.join(PLACE, first!.peer, 'newer');
  expect(again).toMatchObject({ ok: true, replaced: 'h0', seat: { entry: true } });
  expect(rooms.leave(first!)).toBeUndefined();
  expect(rooms.members).toBe(2);
  expect(rooms.find(second!, first!.peer)).toBe('newer');
  expect(again.ok && rooms.leave(again.seat)).toBe('h1');
});

test('SIG-11: rooms and members at the limit and one above', () => {
  const rooms = new Rooms<string>({ ...LIMITS, rooms: 2, membersPerRoom: 3 }, Math.random);
  const seats = fill(rooms, 3);
  expect(rooms.join(PLACE, 'p3', 'h3')).toEqual({ ok: false, full: 'room' });
  expect(rooms.join(PLACE, 'p0', 'h4').ok).toBe(true);
  expect(rooms.join({ ...PLACE, room: 'second' }, 'p0', 'h').ok).toBe(true);
  expect(rooms.join({ ...PLACE, room: 'third' }, 'p0', 'h')).toEqual({ ok: false, full: 'rooms' });
  rooms.leave(seats[1]!);
  expect(rooms.join(PLACE, 'p3', 'h3').ok).toBe(true);
  expect([rooms.size, rooms.members]).toEqual([2, 4]);
});

test('SIG-41: who shares app and room but not the network is known, until the last of them is gone', () => {
  const rooms = new Rooms<string>(LIMITS, seeded(1));
  const join = (place: typeof PLACE, peer: string): Seat<string> => {
    const outcome = rooms.join(place, peer, peer);
    if (!outcome.ok) throw new Error('full');
    return outcome.seat;
  };
  const mine = [join(PLACE, 'a'), join(PLACE, 'b')] as const;
  const elsewhere = { ...PLACE, network: 'cd' };
  expect(rooms.isElsewhere(mine[0])).toBe(false);
  const theirs = join(elsewhere, 'c');
  const other = join({ ...elsewhere, room: 's' }, 'd');
  expect([...mine, theirs, other].map(seat => rooms.isElsewhere(seat))).toEqual([true, true, true, false]);
  rooms.leave(theirs);
  expect(rooms.isElsewhere(mine[0])).toBe(false);
  for (const seat of mine) rooms.leave(seat);
  rooms.leave(mine[0]);
  expect(rooms.isElsewhere(join(elsewhere, 'c'))).toBe(false);
});
