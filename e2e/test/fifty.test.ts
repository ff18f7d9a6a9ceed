import { createIdentity, joinRoom, type Room } from '@hearsay/node-peer';
import { afterAll, expect, test } from 'vitest';
import { startSignaling } from '../../scripts/run/cast.mjs';
import { APP, allHave, allSeeAll, distinctHashes, localPeer } from '../support.ts';

const PEERS = 50;
const rooms: Room[] = [];
let server: Awaited<ReturnType<typeof startSignaling>> | undefined;

afterAll(async () => {
  await Promise.all(rooms.map(room => room.leave()));
  await server?.child.stop();
});

test(`${PEERS} Node peers in one process converge`, async () => {
  server = await startSignaling();
  const rssBefore = process.memoryUsage().rss;
  const cpuBefore = process.cpuUsage();
  for (let i = 0; i < PEERS; i++) {
    const identity = await createIdentity();
    rooms.push(joinRoom({ app: APP, signaling: server.url, identity, bindAddress: '127.0.0.1' }, 'fifty'));
  }
  const peers = rooms.map((room, i) => localPeer(`peer-${i}`, room));
  const seeMs = await allSeeAll(peers);
  const lags: number[] = [];
  for (let i = 0; i < PEERS; i += 5) {
    await peers[i]!.set(`key-${i}`, 'value');
    lags.push(await allHave(peers, `key-${i}`, 'value'));
  }
  expect(await distinctHashes(peers)).toBe(1);
  const links = rooms.map(room => room.links.length);
  const cpu = process.cpuUsage(cpuBefore);
  const cpuMs = (cpu.user + cpu.system) / 1000;
  const mb = (process.memoryUsage().rss - rssBefore) / 2 ** 20;
  console.log(
    `${PEERS} peers: all see all ${seeMs.toFixed(0)} ms, a change everywhere ${Math.max(...lags).toFixed(0)} ms at worst, ` +
      `CPU ${cpuMs.toFixed(0)} ms, memory +${mb.toFixed(0)} MB (${(mb / PEERS).toFixed(1)} MB each), ` +
      `links mean ${(links.reduce((a, b) => a + b) / PEERS).toFixed(1)}, max ${Math.max(...links)}`,
  );
  expect(Math.max(...links)).toBeLessThanOrEqual(16);
});
