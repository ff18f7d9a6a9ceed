import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { type AddressInfo, createServer as createNetServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { runBounded } from '../bounded-process.mjs';
import { freePort } from '../free-port.mjs';
import { serveStatic } from '../serve-static.mjs';
import { addVitestReport, emptyTally, printTally } from '../tally.mjs';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

describe('a bounded process', () => {
  const node = (code: string, boundMs = 20_000) => runBounded(process.execPath, ['-e', code], { boundMs });

  it('answers how the program ended and what it wrote', async () => {
    expect(await node("console.log('hello')")).toMatchObject({ ok: true, output: 'hello\n' });
    expect(await node('process.exit(3)')).toMatchObject({ ok: false, how: 'ended with code 3' });
    expect(await runBounded('/no/such/program', [], { boundMs: 1_000 })).toMatchObject({ ok: false, timedOut: false });
  });

  it('ends a program that takes too long, even one that does not listen', async () => {
    const deaf = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)";
    expect(await node(deaf, 300)).toMatchObject({ ok: false, timedOut: true, how: 'took longer than 0.3 s' });
  });

  it.runIf(process.platform !== 'win32')('leaves no child of the program behind', async () => {
    const ended = vi.fn();
    const server = createNetServer(socket => socket.on('error', () => {}).on('close', ended));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => server.close());
    const child = `net.connect(${(server.address() as AddressInfo).port}, '127.0.0.1', () => console.log('here'))`;
    const parent = `
      const child = child_process.spawn(process.execPath, ['-e', ${JSON.stringify(child)}]);
      child.stdout.once('data', () => process.exit(0));`;
    expect(await node(parent)).toMatchObject({ ok: true });
    await vi.waitFor(() => expect(ended).toHaveBeenCalledOnce(), { timeout: 5_000 });
  });
});

describe('the tally', () => {
  const options = { root: '/repo', mayBeEmpty: false };
  const well = { ok: true, how: 'ended with code 0' };
  const badly = { ok: false, how: 'ended with code 1' };
  const report = (...statuses: string[]) => ({
    testResults: [
      {
        name: '/repo/a.test.ts',
        status: statuses.includes('failed') ? 'failed' : 'passed',
        assertionResults: statuses.map((status, i) => ({ status, fullName: `test ${i}` })),
      },
    ],
  });

  it('adds passed, failed and skipped tests', () => {
    const tally = emptyTally();
    addVitestReport(tally, 'unit', report('passed', 'passed', 'failed', 'skipped', 'todo'), badly, options);
    expect(tally).toEqual({
      passed: 2,
      failed: ['a.test.ts: test 2'],
      skipped: ['a.test.ts: test 3', 'a.test.ts: test 4'],
      vitestTests: 3,
    });
  });

  it('counts a file that cannot be loaded', () => {
    const tally = emptyTally();
    const file = { name: '/repo/a.test.ts', status: 'failed', message: 'SyntaxError', assertionResults: [] };
    addVitestReport(tally, 'unit', { testResults: [file] }, badly, options);
    expect(tally.failed).toEqual(['a.test.ts: SyntaxError']);
  });

  it('counts a runner that crashed, with or without a report, and one that ran nothing', () => {
    const tally = emptyTally();
    addVitestReport(tally, 'unit', undefined, badly, options);
    addVitestReport(tally, 'unit', report('passed'), badly, options);
    addVitestReport(tally, 'unit', undefined, well, options);
    expect(tally.failed).toHaveLength(3);
    addVitestReport(tally, 'unit', undefined, well, { ...options, mayBeEmpty: true });
    expect(tally.failed).toHaveLength(3);
  });

  it('ends with one line of counts, naming skipped tests only when there are some', () => {
    const lines: string[] = [];
    const log = vi.spyOn(console, 'log').mockImplementation(line => void lines.push(line));
    cleanups.push(() => log.mockRestore());
    printTally({ passed: 2, failed: [], skipped: [], vitestTests: 2 }, '1 s');
    expect(lines.at(-1)).toBe('2 passed, 0 failed');
    printTally({ passed: 2, failed: ['a'], skipped: ['b'], vitestTests: 4 }, '1 s');
    expect(lines.at(-1)).toBe('2 passed, 1 failed, 1 skipped');
    expect(lines).toContain('  a');
    expect(lines).toContain('  b');
  });
});

describe('the static server', () => {
  async function served(): Promise<string> {
    const folder = mkdtempSync(path.join(tmpdir(), 'hearsay-static-'));
    const root = path.join(folder, 'public');
    mkdirSync(path.join(root, 'sub'), { recursive: true });
    writeFileSync(path.join(folder, 'secret.txt'), 'secret');
    writeFileSync(path.join(root, 'index.html'), '<p>home');
    writeFileSync(path.join(root, 'a b.js'), '1');
    writeFileSync(path.join(root, '.hidden'), 'secret');
    symlinkSync(path.join(folder, 'secret.txt'), path.join(root, 'link.txt'));
    const other = path.join(folder, 'other');
    mkdirSync(other);
    writeFileSync(path.join(other, 'index.html'), 'other');
    const server = await serveStatic(root, { folders: { '/beside': other } });
    cleanups.push(server.close, () => rmSync(folder, { recursive: true }));
    return server.url;
  }

  /** Unlike `fetch`, sends the path as it is. */
  function get(url: string, rawPath: string, method = 'GET'): Promise<{ status: number; body: string; type: string }> {
    return new Promise((resolve, reject) => {
      const { hostname, port } = new URL(url);
      const sent = request({ hostname, port, path: rawPath, method }, response => {
        let body = '';
        response.on('data', chunk => {
          body += chunk;
        });
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body, type: response.headers['content-type'] ?? '' });
        });
      });
      sent.on('error', reject).end();
    });
  }

  it('serves files with their types, uncached', async () => {
    const url = await served();
    expect(await get(url, '/?room=1')).toEqual({ status: 200, body: '<p>home', type: 'text/html; charset=utf-8' });
    expect(await get(url, '/a%20b.js')).toEqual({ status: 200, body: '1', type: 'text/javascript; charset=utf-8' });
    expect(await get(url, '/a%20b.js', 'HEAD')).toMatchObject({ status: 200, body: '' });
    expect((await fetch(url)).headers.get('cache-control')).toBe('no-store');
    const redirect = await fetch(`${url}sub`, { redirect: 'manual' });
    expect(redirect.headers.get('location')).toBe('/sub/');
    expect(await get(url, '/beside/')).toMatchObject({ status: 200, body: 'other' });
    expect((await fetch(`${url}beside`, { redirect: 'manual' })).headers.get('location')).toBe('/beside/');
    expect(await get(url, '/besides')).toMatchObject({ status: 404 });
  });

  it.each([
    ['/../secret.txt', 400],
    ['/..%2fsecret.txt', 400],
    ['/sub/%2e%2e/%2e%2e/secret.txt', 400],
    ['/..%5csecret.txt', 400],
    ['/%00', 400],
    ['/%', 400],
    ['/.hidden', 400],
    ['/link.txt', 404],
    ['/beside/../secret.txt', 400],
    ['/nothing', 404],
    ['/sub/', 404],
  ])('refuses %s with %i', async (rawPath, status) => {
    const answer = await get(await served(), rawPath);
    expect(answer.status).toBe(status);
    expect(answer.body).not.toContain('secret');
  });

  it('refuses to write', async () => {
    expect(await get(await served(), '/index.html', 'PUT')).toMatchObject({ status: 405 });
  });

  it('takes the next free port when its own is taken', async () => {
    const taken = createServer();
    await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => taken.close());
    const { port } = taken.address() as AddressInfo;
    expect(await freePort({ port })).toBeGreaterThan(port);
    const server = await serveStatic(tmpdir(), { port });
    cleanups.push(server.close);
    expect(Number(new URL(server.url).port)).toBeGreaterThan(port);
  });
});
