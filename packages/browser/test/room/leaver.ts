/** A process of its own: two peers meet, and leave. It must then end without being told to. */
import { createIdentity, joinRoom } from '../../../node-peer/src/index.ts';

const url = process.argv[2]!;

async function member() {
  const identity = await createIdentity();
  return joinRoom({ app: 'test', signaling: url, identity, bindAddress: '127.0.0.1' }, 'leaver');
}

const rooms = [await member(), await member()];
await Promise.all(rooms.map(room => room.ready));
console.log('ready');
await Promise.all(rooms.map(room => room.leave()));
console.log('left');
