/** The command as it is shipped, in a process of its own that never outlives its test. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { createSignalingServer, type SignalingServer } from '@hearsay/signaling';
import { afterEach } from 'vitest';

const BIN = new URL('../../bin/hearsay-peer.mjs', import.meta.url).pathname;
const PATIENCE_MS = 15_000;

export interface Line {
  readonly type: string;
  readonly peer: number;
  readonly at: number;
  readonly [name: string]: unknown;
}

export interface End {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface Peer {
  readonly child: ChildProcessWithoutNullStreams;
  /** All that came as JSON. */
  readonly lines: readonly Line[];
  readonly ended: Promise<End>;
  stdout(): string;
  stderr(): string;
  say(command: unknown): void;
  /** The first line that fits, now or later; rejects after 15 s. */
  until(type: string, fits?: (line: Line) => boolean): Promise<Line>;
}

const children: ChildProcessWithoutNullStreams[] = [];
const servers: SignalingServer[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
  await Promise.all(servers.splice(0).map(server => server.close()));
});

export async function signaling(): Promise<string> {
  const server = createSignalingServer();
  servers.push(server);
  return (await server.listen(0, '127.0.0.1')).url;
}

/** A member of the room `room` of the app `test`, on loopback, speaking JSON. */
export function member(url: string, ...args: string[]): Peer {
  return run('join', url, 'room', '--app', 'test', '--bind', '127.0.0.1', '--json', ...args);
}

export function run(...args: string[]): Peer {
  const child = spawn(process.execPath, [BIN, ...args]);
  children.push(child);
  const lines: Line[] = [];
  const watchers = new Set<() => void>();
  const said = { stdout: '', stderr: '' };
  child.stderr.on('data', chunk => {
    said.stderr += chunk;
  });
  createInterface({ input: child.stdout }).on('line', text => {
    said.stdout += `${text}\n`;
    if (text.startsWith('{')) lines.push(JSON.parse(text) as Line);
    for (const look of watchers) look();
  });
  const ended = new Promise<End>(resolve => child.on('close', (code, signal) => resolve({ code, signal })));
  return {
    child,
    lines,
    ended,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    say: command => void child.stdin.write(`${typeof command === 'string' ? command : JSON.stringify(command)}\n`),
    until: (type, fits = () => true) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = lines.find(line => line.type === type && fits(line));
          if (found === undefined) return;
          clearTimeout(timer);
          watchers.delete(look);
          resolve(found);
        };
        const timer = setTimeout(() => {
          watchers.delete(look);
          reject(new Error(`no line ${type} within 15 s; seen: ${lines.map(line => line.type).join(' ')}`));
        }, PATIENCE_MS);
        watchers.add(look);
        look();
      }),
  };
}
