import { createIdentity, joinRoom, type Room } from '@hearsay/node-peer';
import { createSignalingServer } from '@hearsay/signaling';
import { afterAll, expect, test } from 'vitest';
import { APP, allSeeAll, eventually, localPeer } from '../support.ts';

const PEERS = 14;
const ENTRY_POINTS = 8;
const server = createSignalingServer({});
const rooms: Room[] = [];

afterAll(async () => {
  await Promise.all(rooms.map(room => room.leave()));
  await server.close();
});

async function join(url: string): Promise<Room> {
  const room = joinRoom(
    {
      app: APP,
      signaling: url,
      identity: await createIdentity(),
      bindAddress: '127.0.0.1',
      // Let go of the server after a second and a half with enough links instead of ten.
      limits: { 'overlay.settleMs': 1_500 },
    },
    'entry',
  );
  rooms.push(room);
  return room;
}

test('peers that have their links let go of the server; entry points stay, and a newcomer finds everyone', async () => {
  const { url } = await server.listen(0, '127.0.0.1');
  for (let i = 0; i < PEERS; i++) await join(url);
  await allSeeAll(rooms.map((room, i) => localPeer(`peer-${i}`, room)));
  const ms = await eventually(
    `${ENTRY_POINTS} sockets are left`,
    30_000,
    async () => server.stats().sockets === ENTRY_POINTS,
  );
  expect(rooms.every(room => room.status === 'connected')).toBe(true);
  const late = await join(url);
  await late.ready;
  await allSeeAll(rooms.map((room, i) => localPeer(`peer-${i}`, room)));
  console.log(
    `${PEERS} peers: ${ENTRY_POINTS} sockets ${ms.toFixed(0)} ms after all saw all; the newcomer saw everyone`,
  );
});
