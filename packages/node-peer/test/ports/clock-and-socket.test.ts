import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { systemClock } from '../../src/ports/index.ts';
import { nodeSocket } from '../../src/ports/socket.ts';

test('NODE-10: the clock tells both times, and its timers fire once or not at all', async () => {
  const before = systemClock.now();
  expect(Math.abs(before.wall - Date.now())).toBeLessThan(1_000);
  const fired: string[] = [];
  systemClock.timer(1, () => fired.push('short'));
  systemClock.timer(1, () => fired.push('cancelled'))();
  const cancelLong = systemClock.timer(2 ** 40, () => fired.push('long'));
  systemClock.timer(-5, () => fired.push('past'));
  await new Promise(resolve => setTimeout(resolve, 50));
  cancelLong();
  expect(fired.sort()).toEqual(['past', 'short']);
  expect(systemClock.now().mono).toBeGreaterThan(before.mono);
});

test('NODE-11: the socket refuses oversized messages and does not wait long for a silent server', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: true });
  await new Promise(resolve => server.once('listening', resolve));
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.on('connection', (socket, request) => {
    socket.on('error', () => undefined);
    expect(request.headers['sec-websocket-extensions']).toBeUndefined();
    if (request.url === '/large') socket.send('x'.repeat(256 * 1024 + 1));
    // A server that neither reads nor answers.
    else socket.pause();
  });
  const closed = (path: string, onOpen: (close: () => void) => void): Promise<string[]> =>
    new Promise(resolve => {
      const socket = new nodeSocket(`${url}${path}`);
      const seen: string[] = [];
      socket.onopen = () => onOpen(() => socket.close());
      socket.onmessage = () => seen.push('message');
      socket.onerror = () => seen.push('error');
      socket.onclose = () => resolve(seen);
    });
  expect(await closed('/large', () => undefined)).toEqual(['error']);
  expect(await closed('/silent', close => close())).toEqual([]);
  for (const socket of server.clients) socket.terminate();
  await new Promise(resolve => server.close(resolve));
});
