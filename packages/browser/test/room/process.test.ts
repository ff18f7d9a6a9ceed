/** Processes of their own: what importing does, and whether a process that left may end. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signaling } from './rig.ts';

const path = (file: string): string => new URL(file, import.meta.url).pathname;
const conditions = ['@hearsay/source', 'node', 'import', 'default'];
let outDir: string;

beforeAll(async () => {
  // What is not bundled is found from here.
  outDir = await mkdtemp(path('../../../node-peer/node_modules/.room-test-'));
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true, resolve: { conditions } },
    resolve: { conditions },
    build: {
      ssr: true,
      outDir,
      rollupOptions: {
        external: [/^node-datachannel/, 'ws'],
        input: { browser: path('../../src/index.ts'), leaver: path('leaver.ts') },
      },
    },
  });
}, 60_000);

afterAll(() => rm(outDir, { recursive: true, force: true }));

interface End {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[]): Promise<End> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = setTimeout(() => child.kill('SIGKILL'), 15_000);
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', chunk => {
    said.stdout += chunk;
  });
  child.stderr.on('data', chunk => {
    said.stderr += chunk;
  });
  return new Promise(resolve =>
    child.on('close', (code, signal) => {
      clearTimeout(kill);
      resolve({ code, signal, ...said });
    }),
  );
}

test('ROOM-4: importing does nothing, and needs nothing of a browser', async () => {
  const script = join(outDir, 'import.mjs');
  await writeFile(
    script,
    `for (const name of ['navigator', 'WebSocket', 'crypto']) delete globalThis[name];
    const before = Object.getOwnPropertyNames(globalThis).sort().join();
    const waiting = () => process.getActiveResourcesInfo().filter(name => /Timeout|Immediate|TCP|UDP/.test(name));
    const { joinRoom, HearsayError } = await import('./browser.js');
    console.log(Object.getOwnPropertyNames(globalThis).sort().join() === before);
    console.log(waiting().length);
    try {
      joinRoom({ app: 'a' }, 'lobby');
    } catch (error) {
      console.log(error instanceof HearsayError, error.code);
    }`,
  );
  const end = await run([script]);
  expect(end).toEqual({ code: 0, signal: null, stdout: 'true\n0\ntrue bad-config\n', stderr: '' });
});

test('ROOM-4: joining where there is no WebRTC says so', async () => {
  const script = join(outDir, 'server.mjs');
  await writeFile(
    script,
    `import { joinRoom } from './browser.js';
    try {
      joinRoom({ app: 'a', signaling: 'ws://127.0.0.1:9' }, 'lobby');
    } catch (error) {
      console.log(error.name, error.code);
    }`,
  );
  expect(await run([script])).toEqual({ code: 0, signal: null, stdout: 'HearsayError no-webrtc\n', stderr: '' });
});

test('ROOM-26: a process whose rooms were left ends by itself', async () => {
  const url = await signaling();
  const end = await run([join(outDir, 'leaver.js'), url]);
  expect(end).toEqual({ code: 0, signal: null, stdout: 'ready\nleft\n', stderr: '' });
});
