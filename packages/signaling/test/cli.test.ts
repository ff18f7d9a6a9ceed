import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { main } from '../src/cli.ts';
import { SIGNALING_PATH } from '../src/protocol.ts';
import { identity, TestClient, until } from './client.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const children: ChildProcessWithoutNullStreams[] = [];

// The command is tested as it is shipped: compiled, through its bin file. Without changes this takes 0.1 s.
beforeAll(() => {
  execFileSync(process.execPath, [path('../../../node_modules/typescript/bin/tsc'), '--build', path('..')]);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

class Command {
  readonly child: ChildProcessWithoutNullStreams;
  readonly exit: Promise<number | null>;
  out = '';
  err = '';

  constructor(...args: string[]) {
    this.child = spawn(process.execPath, [path('../bin/hearsay-signaling.mjs'), ...args]);
    children.push(this.child);
    this.child.stdout.on('data', data => {
      this.out += data;
    });
    this.child.stderr.on('data', data => {
      this.err += data;
    });
    this.exit = new Promise(resolve => this.child.once('close', resolve));
  }

  async url(): Promise<string> {
    await until(() => this.out.includes('\n') || this.err !== '', 'the command says it listens');
    return /ws:\/\/[^"\s]+/.exec(this.out)?.[0] ?? '';
  }
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`SIG-33: the command says where it listens, serves, and ${signal} ends it with 0 although clients hang on`, async () => {
    const command = new Command('--port', '0', '--json');
    const url = await command.url();
    expect(JSON.parse(command.out)).toEqual({ event: 'listening', url });
    const health = await fetch(`${url.replace('ws:', 'http:')}/healthz`);
    expect(health.status).toBe(200);
    const client = new TestClient(new WebSocket(url + SIGNALING_PATH), identity());
    client.nonce = (await client.next('challenge')).nonce;
    await client.join();
    client.socket.pause();
    const before = performance.now();
    command.child.kill(signal);
    expect(await command.exit).toBe(0);
    expect(performance.now() - before).toBeLessThan(2000);
    expect(command.err).toBe('');
    client.socket.terminate();
  });
}

test('SIG-33: without --json it prints one line for people, with the address it was given', async () => {
  const command = new Command(
    '--port',
    '0',
    '--host',
    'localhost',
    '--origin',
    'https://a.example',
    '--origin',
    'https://b.example',
  );
  expect(await command.url()).toMatch(/^ws:\/\/localhost:\d+$/);
  expect(command.out).toMatch(/^Hearsay signaling listens on ws:\/\/localhost:\d+\n$/);
});

test('SIG-40: ICE servers of the command line are handed to clients', async () => {
  const command = new Command('--port', '0', '--ice-server', 'stun:127.0.0.1:3478', '--ice-server', 'stuns:127.0.0.1');
  const client = new TestClient(new WebSocket((await command.url()) + SIGNALING_PATH), identity());
  client.nonce = (await client.next('challenge')).nonce;
  const { iceServers } = await client.join();
  expect(iceServers).toEqual([{ urls: ['stun:127.0.0.1:3478'] }, { urls: ['stuns:127.0.0.1'] }]);
  client.socket.terminate();
});

test('SIG-34: a port that is taken is said in a sentence, exit 1', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => holder.once('listening', resolve));
  const { port } = holder.address() as AddressInfo;
  const command = new Command('--port', String(port));
  expect(await command.exit).toBe(1);
  expect(command.err).toBe(`hearsay-signaling: port ${port} on 127.0.0.1 is already in use: choose another port.\n`);
  expect(command.out).toBe('');
  holder.close();
});

test('SIG-34: arguments that make no sense are said in a sentence, exit 2; --help exits 0', async () => {
  const run = async (...args: string[]): Promise<{ code: number; out: string; err: string }> => {
    let [out, err] = ['', ''];
    const stdout = { write: (text: string) => (out += text) };
    const stderr = { write: (text: string) => (err += text) };
    const code = await main(args, { stdout, stderr, once: () => undefined });
    return { code, out, err };
  };
  for (const args of [
    ['--prot', '1'],
    ['--port', '65536'],
    ['--port', 'http'],
    ['--port'],
    ['extra'],
    ['--json=1'],
    ['--origin', 'here'],
    ['--ice-server', 'turn:127.0.0.1'],
    ['--ice-server', 'here'],
    ['--ice-server', 'stun:'],
  ]) {
    const { code, out, err } = await run(...args);
    expect([args, code, out]).toEqual([args, 2, '']);
    expect(err).toMatch(/^[^\n]{10,200}\.\n$/);
  }
  expect((await run('--prot', '1')).err).toContain("'--prot'");
  const help = await run('--help');
  expect([help.code, help.err]).toEqual([0, '']);
  expect(help.out).toContain('--port');
});
