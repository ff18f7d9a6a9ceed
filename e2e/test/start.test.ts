import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { eventually } from '../support.ts';

const START = fileURLToPath(new URL('../../scripts/start.mjs', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'hearsay-start-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function start(args: readonly string[]) {
  const child = spawn(process.execPath, [START, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += String(chunk)));
  const ended = new Promise<number | null>(resolve => child.once('exit', code => resolve(code)));
  return { child, ended, output: () => output };
}

test('the unattended demo: six tabs, three Node peers, and what happened as JSON', async () => {
  const file = path.join(folder, 'run.json');
  const run = start(['--tabs', '6', '--headless', '--for', '6s', '--json', file, '--port', '0']);
  const code = await run.ended;
  console.log(run.output());
  expect(code).toBe(0);
  const report = JSON.parse(readFileSync(file, 'utf8'));
  expect(report).toMatchObject({ tabs: 6, nodePeers: 3, allSeeAll: true, delivered: 1, stateHashes: 1 });
  expect(report.updates).toBeGreaterThan(10);
  expect(report.allSeeAllMs).toBeGreaterThan(0);
  expect(report.convergenceMs.p50).toBeGreaterThan(0);
  expect(report.convergenceMs.p99).toBeGreaterThanOrEqual(report.convergenceMs.p50);
  expect(report.linksPerPeer.max).toBeLessThanOrEqual(8);
  expect(report.bytesPerPeerPerSecond).toBeGreaterThan(0);
});

test('taken ports: the next free ones; Ctrl-C ends every process within three seconds', async () => {
  const taken = await Promise.all([8787, 5173].map(occupy));
  const run = start(['--headless']);
  try {
    await eventually('the peers are in', 30_000, async () => /Node peers in the room/.test(run.output()));
    await eventually('the page is named', 30_000, async () => /Open http:\S+/.test(run.output()));
    const page = /Open (http:\S+)/.exec(run.output())![1]!;
    const signaling = /ws:\/\/\S+/.exec(run.output())![0];
    expect(new URL(page).port).not.toBe('5173');
    expect(new URL(signaling).port).not.toBe('8787');
    expect((await fetch(page)).ok).toBe(true);
    expect(await (await fetch(new URL('/config.json', page))).json()).toEqual({ signaling });
    const children = childrenOf(run.child.pid!);
    expect(children).toHaveLength(4);
    run.child.kill('SIGINT');
    const begun = performance.now();
    await run.ended;
    const ms = performance.now() - begun;
    console.log(`Ctrl-C: everything ended after ${ms.toFixed(0)} ms`);
    expect(ms).toBeLessThan(3_000);
    for (const pid of children) expect(() => process.kill(pid, 0)).toThrow();
    await expect(fetch(page)).rejects.toThrow();
  } finally {
    run.child.kill('SIGKILL');
    for (const server of taken) server?.close();
  }
});

test('arguments that make no sense: one sentence and exit code 2', async () => {
  for (const args of [['--tabs', 'many'], ['--json', 'file'], ['--for', 'ever'], ['--unknown']]) {
    const run = start(args);
    expect(await run.ended).toBe(2);
    expect(run.output().trim().split('\n')).toHaveLength(1);
  }
});

/** Takes a port; somebody else on this machine may hold it already, which serves as well. */
function occupy(port: number): Promise<Server | undefined> {
  const server = createServer();
  return new Promise(resolve => {
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}
