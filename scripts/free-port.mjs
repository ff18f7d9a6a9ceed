/** Ports that are free on this machine. */
import { createServer } from 'node:net';

const TRIES = 50;

/**
 * Listens on `port`, or on the next one that is free; 0 lets the system choose.
 * @param {import('node:net').Server} server
 * @param {{ port: number, host?: string }} where
 * @returns {Promise<number>} the port it listens on
 * @throws {Error} when 50 ports in a row are taken, or the host is not ours
 */
export async function listenOnFreePort(server, { port, host = '127.0.0.1' }) {
  const last = Math.min(port + TRIES, 65_536);
  for (let candidate = port; candidate < last; candidate++) {
    if (await listens(server, candidate, host)) return server.address().port;
    // Asking for "any" once is enough: a second time would give the same answer.
    if (port === 0) break;
  }
  throw new Error(`No free port from ${port} to ${last - 1} on ${host}: please name another with PORT.`);
}

/**
 * For servers that open their socket themselves. Another program may take the port in between.
 * @param {{ port: number, host?: string }} where
 * @returns {Promise<number>}
 */
export async function freePort(where) {
  const probe = createServer();
  const port = await listenOnFreePort(probe, where);
  await new Promise(resolve => probe.close(resolve));
  return port;
}

function listens(server, port, host) {
  return new Promise((resolve, reject) => {
    const onError = error => {
      server.off('listening', onListening);
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    };
    const onListening = () => {
      server.off('error', onError);
      resolve(true);
    };
    server.once('error', onError);
    server.once('listening', onListening);
    server.listen(port, host);
  });
}
