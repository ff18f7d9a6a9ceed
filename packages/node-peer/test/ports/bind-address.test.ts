import { execFileSync, spawn } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { beforeAll, expect, test } from 'vitest';
import { joinRoom } from '../../src/index.ts';
import { isLocalAddress } from '../../src/ports/bind-address.ts';

const path = (file: string): string => new URL(file, import.meta.url).pathname;

beforeAll(() => {
  execFileSync(process.execPath, [path('../../../../node_modules/typescript/bin/tsc'), '--build', path('../..')]);
}, 120_000);

test('NODE-12: an address is one of this machine, loopback and all interfaces included', () => {
  for (const address of ['127.0.0.1', '0.0.0.0', 'localhost'])
    expect([address, isLocalAddress(address)]).toContain(true);
  for (const [name, entries = []] of Object.entries(networkInterfaces())) {
    for (const { address } of entries) {
      const linkLocal = address.startsWith('fe80:');
      expect([address, isLocalAddress(address)]).toContain(!linkLocal);
      if (linkLocal) expect([address, isLocalAddress(`${address}%${name}`)]).toContain(true);
    }
  }
  const wrong = ['10.255.255.254', 'nonsense', '', '127.1', '127.0.0.1%lo', 'fd00:dead:beef::1', ' 127.0.0.1', 5, null];
  for (const address of wrong) expect([address, isLocalAddress(address)]).toContain(false);
});

test.each(['10.255.255.254', 'nonsense', 5])('NODE-12: joinRoom refuses %j before anything is opened', bindAddress => {
  const config = { app: 'test', signaling: 'ws://127.0.0.1:9', bindAddress: bindAddress as string };
  expect(() => joinRoom(config, 'room')).toThrow(
    expect.objectContaining({ code: 'bad-config', message: expect.stringContaining('config.bindAddress') }),
  );
});

test('NODE-12: an address that is gone by the time of a dial costs that dial, not the process', async () => {
  const script = `
    import { createWebRtcLinks } from '@hearsay/browser/webrtc';
    import { nodeWebRtc, systemClock } from '@hearsay/node-peer/ports';
    const rtc = nodeWebRtc({ bindAddress: '10.255.255.254' });
    const links = createWebRtcLinks(
      {
        self: { id: 'a'.repeat(64), sign: async () => new Uint8Array(64) },
        verify: async () => true,
        networkId: new Uint8Array(8),
        clock: systemClock,
        iceServers: async () => [],
        wrtc: rtc.wrtc,
      },
      async ({ type, reason }) => {
        console.log(type, reason);
        await links.shutdown();
        await rtc.cleanup();
        console.log('alive');
      },
    );
    links.dial('b'.repeat(64), 1, true);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: path('../..') });
  const kill = setTimeout(() => child.kill('SIGKILL'), 15_000);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', chunk => {
      said += chunk;
    });
  }
  const [code, signal] = await new Promise<[number | null, string | null]>(resolve =>
    child.on('close', (...end) => resolve(end)),
  );
  clearTimeout(kill);
  expect({ code, signal, said }).toEqual({ code: 0, signal: null, said: 'dial-failed no-webrtc\nalive\n' });
});
