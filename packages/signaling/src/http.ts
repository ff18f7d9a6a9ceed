/** The plain HTTP side: a server hardened against slow and large heads, and the two answers it knows. */

import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Limits } from './limits.ts';

export function createHttpServer(limits: Limits): Server {
  const server = createServer(
    {
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: 2 * limits.headersTimeoutMs,
      // Without this, Node looks for late heads every 30 s only, whatever `headersTimeout` says.
      connectionsCheckingInterval: limits.headersCheckMs,
      maxHeaderSize: limits.headerBytes,
    },
    answer,
  );
  server.maxConnections = limits.connections;
  // Node would answer an unknown `Expect` itself, and keep the connection alive.
  server.on('checkExpectation', answer);
  return server;
}

/** Refuses an upgrade in plain HTTP and lets go of the socket. */
export function refuseUpgrade(socket: Duplex, status: number): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const retry = status === 429 || status === 503 ? 'Retry-After: 2\r\n' : '';
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n${retry}Content-Length: 0\r\n\r\n`);
}

/** The path of a request, without query. Never `new URL(...)`: it throws on `//`, and one request would be enough. */
export function pathOf(request: IncomingMessage): string {
  return request.url?.split('?', 1)[0] ?? '';
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const healthy = pathOf(request) === '/healthz' && (request.method === 'GET' || request.method === 'HEAD');
  const body = JSON.stringify(healthy ? { status: 'ok' } : { error: 'not found' });
  response.writeHead(healthy ? 200 : 404, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    // One request per connection: an idle keep-alive socket is a socket that somebody else cannot have.
    connection: 'close',
  });
  response.end(body);
}
