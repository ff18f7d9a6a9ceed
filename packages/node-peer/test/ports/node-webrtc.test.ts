import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'vite';
import { expect, test } from 'vitest';
import { nativeServers } from '../../src/ports/ice-servers.ts';
import { nodeWebRtc } from '../../src/ports/node-webrtc.ts';

/** Two connections of the stack under test, without anything of ours above them. */
function rawPair() {
  const rtc = nodeWebRtc({ bindAddress: '127.0.0.1' });
  const connect = (): { connection: RTCPeerConnection; channel: RTCDataChannel; candidates: RTCIceCandidateInit[] } => {
    const connection = new rtc.wrtc.RTCPeerConnection({ iceServers: [] });
    const candidates: RTCIceCandidateInit[] = [];
    connection.onicecandidate = ({ candidate }) => {
      if (candidate) candidates.push(candidate);
    };
    // simple-peer gives the answering side's channel no name.
    const channel = connection.createDataChannel(null as unknown as string, { negotiated: true, id: 0 });
    return { connection, channel, candidates };
  };
  return { rtc, a: connect(), b: connect() };
}

async function eventually(happened: () => boolean): Promise<void> {
  for (let waited = 0; !happened(); waited += 10) {
    if (waited > 10_000) throw new Error('it did not happen within 10 s');
    await new Promise(resolve => setTimeout(resolve, 10));
  }
}

test('NODE-1: descriptions are plain, writable and without candidates; candidates are written as browsers do', async () => {
  const { rtc, a, b } = rawPair();
  const offer = await a.connection.createOffer();
  expect(Object.keys(offer)).toEqual(['type', 'sdp']);
  expect(Object.getOwnPropertyDescriptor(offer, 'sdp')).toMatchObject({ writable: true });
  await a.connection.setLocalDescription(offer);
  await b.connection.setRemoteDescription(offer);
  const answer = await b.connection.createAnswer();
  await eventually(() => b.candidates.length > 0);
  for (const sdp of [offer.sdp, answer.sdp, a.connection.localDescription?.sdp, b.connection.localDescription?.sdp]) {
    expect(sdp).toMatch(/^m=application /m);
    expect(sdp).not.toMatch(/candidate/);
  }
  await a.connection.setRemoteDescription(answer);
  await eventually(() => a.candidates.length > 0);
  for (const { candidate } of [...a.candidates, ...b.candidates])
    expect(candidate).toMatch(/^candidate:.* 127\.0\.0\.1 /);
  await rtc.cleanup();
});

test('NODE-2: the offering side keeps its candidates until the answer is applied', async () => {
  const { rtc, a, b } = rawPair();
  const offer = await a.connection.createOffer();
  await eventually(() => a.connection.iceGatheringState === 'complete');
  await new Promise(resolve => setTimeout(resolve, 50));
  expect(a.candidates).toEqual([]);
  await b.connection.setRemoteDescription(offer);
  await a.connection.setRemoteDescription(await b.connection.createAnswer());
  expect(a.candidates.length).toBeGreaterThan(0);
  await rtc.cleanup();
});

test('NODE-3: candidates that come before the remote description wait for it', async () => {
  const { rtc, a, b } = rawPair();
  const offer = await a.connection.createOffer();
  await b.connection.setRemoteDescription(offer);
  const answer = await b.connection.createAnswer();
  await eventually(() => b.candidates.length > 0);
  for (const candidate of b.candidates) await a.connection.addIceCandidate(candidate);
  await a.connection.setRemoteDescription(answer);
  await eventually(() => a.channel.readyState === 'open' && b.channel.readyState === 'open');
  await rtc.cleanup();
});

test('NODE-4: TURN credentials are escaped, and servers it cannot use are left out', () => {
  const servers: RTCIceServer[] = [
    { urls: 'stun:stun.example:3478' },
    { urls: ['turn:turn.example:3478?transport=udp', 'turns:[fd00::1]:443'], username: '17:a/b', credential: 'x+/=@:' },
    { urls: 'stuns:stun.example' },
    { urls: 'turn:turn.example' },
    { urls: 'https://example' },
    { urls: 'stun:a b' },
    { urls: '' },
  ];
  expect(nativeServers(servers)).toEqual([
    'stun:stun.example:3478',
    'turn:17%3Aa%2Fb:x%2B%2F%3D%40%3A@turn.example:3478?transport=udp',
    'turns:17%3Aa%2Fb:x%2B%2F%3D%40%3A@[fd00::1]:443',
  ]);
});

test('NODE-4: it takes the first 16 urls', () => {
  const list = (length: number): RTCIceServer[] => Array.from({ length }, (_, at) => ({ urls: `stun:s${at}.example` }));
  expect(nativeServers(list(16))).toHaveLength(16);
  expect(nativeServers(list(17))).toEqual(nativeServers(list(16)));
});

test('NODE-5: clean-up waits for the last user, is idempotent, and a later user starts afresh', async () => {
  const first = rawPair();
  const second = nodeWebRtc();
  await second.cleanup();
  await second.cleanup();
  const offer = await first.a.connection.createOffer();
  await first.b.connection.setRemoteDescription(offer);
  await first.a.connection.setRemoteDescription(await first.b.connection.createAnswer());
  await eventually(() => first.a.candidates.length > 0);
  for (const candidate of first.a.candidates) await first.b.connection.addIceCandidate(candidate);
  await eventually(() => first.a.channel.readyState === 'open');
  await first.rtc.cleanup();
  const later = rawPair();
  await later.a.connection.createOffer();
  await later.rtc.cleanup();
});

test('NODE-5: after shutdown and clean-up the process exits by itself', async () => {
  const outDir = await mkdtemp(join(import.meta.dirname, '../../node_modules/.exit-test-'));
  try {
    await build({
      configFile: false,
      logLevel: 'error',
      resolve: { conditions: ['@hearsay/source', 'node', 'import', 'default'] },
      ssr: {
        noExternal: true,
        resolve: { conditions: ['@hearsay/source', 'node', 'import', 'default'] },
      },
      build: {
        ssr: new URL('exit-process.ts', import.meta.url).pathname,
        outDir,
        rollupOptions: { external: [/^node-datachannel/, 'ws'], output: { entryFileNames: 'exit.mjs' } },
      },
    });
    const child = spawn(process.execPath, [join(outDir, 'exit.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
    const kill = setTimeout(() => child.kill('SIGKILL'), 15_000);
    let said = '';
    child.stdout.on('data', chunk => {
      said += chunk;
    });
    const [code, signal] = await new Promise<[number | null, string | null]>(resolve =>
      child.on('close', (...end) => resolve(end)),
    );
    clearTimeout(kill);
    expect({ code, signal, said }).toEqual({ code: 0, signal: null, said: 'linked\nclean\n' });
  } finally {
    await rm(outDir, { recursive: true });
  }
});
