import type { LinkInput, PeerId } from '@hearsay/core/host';
import type { Browser, Page } from 'playwright';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { launchChromium } from '../../../../scripts/run/chromium-tabs.mjs';
import { nodeWebRtc } from '../../../node-peer/src/ports/node-webrtc.ts';
import {
  connect,
  createRecorder,
  type Deliver,
  identity,
  NETWORK,
  type Recorder,
  type TestPeer,
  testPeer,
  testServer,
  verifySignature,
} from './rig.ts';

const rtc = nodeWebRtc({ bindAddress: '127.0.0.1' });
let browser: Browser;
let script: string;
const nodePeers: TestPeer[] = [];
const pages: Page[] = [];

beforeAll(async () => {
  script = await bundle();
  browser = await launchChromium();
}, 60_000);

afterEach(async () => {
  await Promise.all(pages.splice(0).map(page => page.close()));
  await Promise.all(nodePeers.splice(0).map(peer => peer.links.shutdown()));
});

afterAll(async () => {
  await browser?.close();
  await rtc.cleanup();
});

async function bundle(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['@hearsay/source', 'browser', 'import', 'default'] },
    build: {
      write: false,
      minify: false,
      lib: { entry: new URL('page.ts', import.meta.url).pathname, formats: ['iife'], name: 'page' },
    },
  });
  const [result] = [built].flat();
  if (result === undefined || !('output' in result)) throw new Error('vite built nothing');
  return result.output[0].code;
}

interface PagePeer extends Recorder {
  readonly id: PeerId;
  readonly page: Page;
  readonly links: {
    dial(peer: PeerId, session: number, initiator: boolean): void;
    signal: TestPeer['links']['signal'];
  };
  send(peer: PeerId, bytes: Uint8Array): Promise<void>;
}

async function pagePeer(deliver: Deliver): Promise<PagePeer> {
  const self = identity();
  const recorder = createRecorder();
  const page = await browser.newPage();
  pages.push(page);
  const errors: Error[] = [];
  page.on('pageerror', error => errors.push(error));
  const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
  await page.exposeFunction('testSign', async (text: string) =>
    Buffer.from(await self.sign(bytes(text))).toString('hex'),
  );
  await page.exposeFunction('testVerify', (key: string, signature: string, text: string) =>
    verifySignature(key as PeerId, bytes(signature), bytes(text)),
  );
  await page.exposeFunction('testInput', (text: string) => {
    const input = JSON.parse(text) as LinkInput;
    recorder.record(input.type === 'frame' ? { ...input, bytes: bytes(input.bytes as unknown as string) } : input);
    if (input.type === 'rtc-signal') deliver(self.id, input.peer, input.session, input.data);
  });
  await page.addScriptTag({ content: script });
  await page.evaluate(([id, network]) => window.start(id!, network!), [self.id, Buffer.from(NETWORK).toString('hex')]);
  expect(errors).toEqual([]);
  return {
    ...recorder,
    id: self.id,
    page,
    links: {
      dial: (...call) => void page.evaluate(args => window.links.dial(...args), call),
      signal: (...call) => void page.evaluate(args => window.links.signal(...args), call),
    },
    send: (peer, data) =>
      page.evaluate(([to, text]) => window.sendHex(to!, text!), [peer, Buffer.from(data).toString('hex')]),
  };
}

function nodePeer(deliver: Deliver): TestPeer {
  const peer = testPeer({ wrtc: rtc.wrtc }, deliver);
  nodePeers.push(peer);
  return peer;
}

const first = Uint8Array.of(1, 2, 3);
const second = new Uint8Array(65_536).fill(9);

test('LINK-24: two Chromium pages link, exchange frames, and see a close', async () => {
  const server = testServer();
  const a = server.add(await pagePeer(server.deliver));
  const b = server.add(await pagePeer(server.deliver));
  connect(a, b);
  await Promise.all([a.until('link-up'), b.until('link-up')]);
  for (const frame of [first, second]) {
    await a.send(b.id, frame);
    await b.send(a.id, frame);
  }
  for (const peer of [a, b]) {
    expect((await peer.until('frame', input => input.bytes.length > 3)).bytes).toEqual(second);
    expect((await peer.until('frame')).bytes).toEqual(first);
  }
  await a.page.evaluate(peer => window.links.close(peer, 'enough'), b.id);
  expect((await a.until('link-down')).reason).toBe('closed');
  expect((await b.until('link-down')).reason).toBe('remote-closed');
});

test('LINK-30: in Chromium too a link that was full says when it has drained', async () => {
  const server = testServer();
  const a = server.add(await pagePeer(server.deliver));
  const b = server.add(await pagePeer(server.deliver));
  connect(a, b);
  await Promise.all([a.until('link-up'), b.until('link-up')]);
  const waiting = await a.page.evaluate(peer => {
    for (let n = 0; n < 64; n += 1) window.links.send(peer, new Uint8Array(65_536));
    const before = window.links.bufferedBytes(peer);
    window.links.watch(peer, 4_096);
    return before;
  }, b.id);
  expect(waiting).toBeGreaterThan(4_096);
  expect((await a.until('link-drained')).waiting).toBeLessThanOrEqual(4_096);
  await a.page.evaluate(peer => window.links.watch(peer, 4_096), b.id);
  await a.until('link-drained', input => input.waiting === 0);
});

test('LINK-24: a page that navigates away is noticed', async () => {
  const server = testServer();
  const a = server.add(await pagePeer(server.deliver));
  const b = server.add(await pagePeer(server.deliver));
  connect(a, b);
  await Promise.all([a.until('link-up'), b.until('link-up')]);
  await a.page.goto('about:blank');
  expect((await b.until('link-down')).reason).toBe('remote-closed');
});

test.each(['Node', 'Chromium'])('LINK-25: Node and Chromium link when %s offers', async offering => {
  const server = testServer();
  const page = server.add(await pagePeer(server.deliver));
  const node = server.add(nodePeer(server.deliver));
  if (offering === 'Node') connect(node, page);
  else connect(page, node);
  await Promise.all([page.until('link-up'), node.until('link-up')]);
  for (const frame of [first, second]) {
    await page.send(node.id, frame);
    node.links.send(page.id, frame);
  }
  for (const peer of [page, node]) {
    expect((await peer.until('frame', input => input.bytes.length > 3)).bytes).toEqual(second);
  }
  if (offering === 'Node') {
    node.links.close(page.id, 'enough');
    expect((await page.until('link-down')).reason).toBe('remote-closed');
  } else {
    await page.page.evaluate(peer => window.links.close(peer, 'enough'), node.id);
    expect((await node.until('link-down')).reason).toBe('remote-closed');
  }
});

test('LINK-25: text, an oversized frame and a second channel from a page close the Node side', async () => {
  const hostile: [string, string][] = [
    ['not-bytes', 'channel.send("text")'],
    ['too-large', 'channel.send(new Uint8Array(65537))'],
    ['second-channel', 'connection.createDataChannel("second")'],
  ];
  for (const [reason, code] of hostile) {
    const server = testServer();
    const page = server.add(await pagePeer(server.deliver));
    const node = server.add(nodePeer(server.deliver));
    await page.page.evaluate(() => {
      const create = RTCPeerConnection.prototype.createDataChannel;
      RTCPeerConnection.prototype.createDataChannel = function (...args) {
        const channel = create.apply(this, args);
        Object.assign(window, { connection: this, channel });
        return channel;
      };
    });
    connect(page, node);
    await Promise.all([page.until('link-up'), node.until('link-up')]);
    await page.page.evaluate(code);
    expect((await node.until('link-down')).reason).toBe(reason);
    expect(node.count('frame')).toBe(0);
  }
});
