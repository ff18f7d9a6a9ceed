/** Figures for Prometheus: every number of `room.stats()`, one series per peer of the process. Loopback only. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HearsayError } from '../index.ts';
import type { Member } from './member.ts';

export interface MetricsServer {
  readonly url: string;
  close(): void;
}

/** `members` may still grow. Rejects with `bad-config` when the port cannot be had. */
export function serveMetrics(port: number, members: readonly Member[]): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(metricsText(members));
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      const why = taken ? 'already in use: choose another port' : `not available (${error.code ?? error.name})`;
      reject(new HearsayError('bad-config', `--metrics: port ${port} on 127.0.0.1 is ${why}.`));
    });
    server.listen(port, '127.0.0.1', () => {
      const { port: actual } = server.address() as AddressInfo;
      resolve({ url: `http://127.0.0.1:${actual}/metrics`, close: () => void server.close() });
    });
  });
}

export function metricsText(members: readonly Member[]): string {
  const lines: string[] = [];
  const names = new Set<string>();
  const all = members.map(({ index, room }) => ({ index, stats: Object.entries(room.stats()) }));
  for (const { stats } of all) for (const [name, value] of stats) if (typeof value === 'number') names.add(name);
  for (const name of names) {
    const metric = `hearsay_${name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)}`;
    lines.push(`# TYPE ${metric} gauge`);
    for (const { index, stats } of all) {
      const value = stats.find(([known]) => known === name)?.[1];
      lines.push(`${metric}{peer="${index}"} ${String(value)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
