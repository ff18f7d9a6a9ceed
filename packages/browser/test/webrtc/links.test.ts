import { afterAll, afterEach, expect, test } from 'vitest';
import { nodeWebRtc } from '../../../node-peer/src/ports/node-webrtc.ts';
import { systemClock } from '../../src/ports/clock.ts';
import type { RtcConstructors, WebRtcOptions } from '../../src/webrtc/index.ts';
import { MAX_EARLY_BYTES, MAX_EARLY_FRAMES, MAX_FRAME_BYTES } from '../../src/webrtc/link.ts';
import { Leg } from './middle.ts';
import { connect, identity, type TestIdentity, type TestPeer, testPeer, testServer, verifySignature } from './rig.ts';

const rtc = nodeWebRtc({ bindAddress: '127.0.0.1' });
const peers: TestPeer[] = [];

afterEach(async () => {
  await Promise.all(peers.splice(0).map(peer => peer.links.shutdown()));
});
afterAll(() => rtc.cleanup());

type Options = Partial<WebRtcOptions> & { self?: TestIdentity };

function pair(a: Options = {}, b: Options = {}, server = testServer()): [TestPeer, TestPeer] {
  const made = [a, b].map(options => server.add(testPeer({ wrtc: rtc.wrtc, ...options }, server.deliver)));
  peers.push(...made);
  return made as [TestPeer, TestPeer];
}

async function linked(a: Options = {}, b: Options = {}): Promise<[TestPeer, TestPeer, number]> {
  const [alice, bob] = pair(a, b);
  const session = connect(alice, bob);
  await Promise.all([alice.until('link-up'), bob.until('link-up')]);
  return [alice, bob, session];
}

/** A stack that lets a test reach the raw connections: what a hostile peer's own code could do with them. */
function tapped(): { wrtc: RtcConstructors; connections: RTCPeerConnection[]; raw: RTCDataChannel[] } {
  const connections: RTCPeerConnection[] = [];
  const raw: RTCDataChannel[] = [];
  class Tapped extends rtc.wrtc.RTCPeerConnection {
    constructor(config?: RTCConfiguration) {
      super(config);
      connections.push(this);
    }
    override createDataChannel(label: string, options?: RTCDataChannelInit): RTCDataChannel {
      const channel = super.createDataChannel(label, options);
      raw.push(channel);
      return channel;
    }
  }
  return { wrtc: { ...rtc.wrtc, RTCPeerConnection: Tapped }, connections, raw };
}

test('LINK-1: each side gets exactly one link-up, naming the other, and no dial-failed', async () => {
  const [a, b] = await linked();
  expect(await a.until('link-up')).toEqual({ type: 'link-up', peer: b.id, outbound: true });
  expect(await b.until('link-up')).toEqual({ type: 'link-up', peer: a.id, outbound: false });
  expect([a.count('link-up'), b.count('link-up'), a.count('dial-failed'), b.count('dial-failed')]).toEqual([
    1, 1, 0, 0,
  ]);
});

test('LINK-2: 1,000 frames arrive whole and in order, both ways', async () => {
  const [a, b] = await linked();
  const total = 1_000;
  const frame = (at: number): Uint8Array => Uint8Array.of(at & 255, at >> 8, ...new Uint8Array(at % 50));
  for (let at = 0; at < total; at += 1) {
    a.links.send(b.id, frame(at));
    b.links.send(a.id, frame(at));
  }
  const last = (input: { bytes: Uint8Array }): boolean => (input.bytes[1]! << 8) + input.bytes[0]! === total - 1;
  await Promise.all([a.until('frame', last), b.until('frame', last)]);
  for (const peer of [a, b]) {
    const bytes = peer.inputs.flatMap(input => (input.type === 'frame' ? [input.bytes] : []));
    expect(bytes).toEqual(Array.from({ length: total }, (_, at) => frame(at)));
  }
});

test('LINK-2: a frame may have 1 byte or 64 KiB; without bytes it is none', async () => {
  const [a, b] = await linked();
  const largest = new Uint8Array(MAX_FRAME_BYTES).fill(7);
  for (const frame of [new Uint8Array(0), Uint8Array.of(1), largest]) a.links.send(b.id, frame);
  expect((await b.until('frame', input => input.bytes.length > 1)).bytes).toEqual(largest);
  expect(b.inputs.flatMap(input => (input.type === 'frame' ? [input.bytes.length] : []))).toEqual([1, MAX_FRAME_BYTES]);
});

test('LINK-2: one byte more closes the sending side', async () => {
  const [a, b] = await linked();
  a.links.send(b.id, new Uint8Array(MAX_FRAME_BYTES + 1));
  expect((await a.until('link-down')).reason).toBe('too-large');
  expect(b.count('frame')).toBe(0);
});

test('LINK-2: one byte more closes the receiving side', async () => {
  const tap = tapped();
  const [, b] = await linked({ wrtc: tap.wrtc });
  tap.raw[0]!.send(new Uint8Array(MAX_FRAME_BYTES + 1));
  expect((await b.until('link-down')).reason).toBe('too-large');
  expect(b.count('frame')).toBe(0);
});

test('LINK-3: close is one link-down on each side, after what was sent before it', async () => {
  const [a, b] = await linked();
  for (let at = 0; at < 50; at += 1) a.links.send(b.id, new Uint8Array(1_000).fill(at));
  a.links.close(b.id, 'enough');
  a.links.close(b.id, 'enough');
  a.links.send(b.id, new Uint8Array(1));
  expect((await a.until('link-down')).reason).toBe('closed');
  expect((await b.until('link-down')).reason).toBe('remote-closed');
  expect([a.count('link-down'), b.count('link-down'), b.count('frame')]).toEqual([1, 1, 50]);
  expect(a.links.counts()['stray-send']).toBe(1);
});

test('LINK-3: after a close the same peer can be dialed again', async () => {
  const [a, b] = await linked();
  a.links.close(b.id, 'again');
  await Promise.all([a.until('link-down'), b.until('link-down')]);
  connect(a, b);
  await b.until('link-up', () => b.count('link-up') === 2);
});

test('LINK-4: shutdown ends links and dials, resolves, and refuses later dials', async () => {
  const [a, b] = await linked();
  const nobody = identity().id;
  a.links.dial(nobody, 7, true);
  await a.links.shutdown();
  expect((await a.until('link-down')).reason).toBe('closed');
  expect(await a.until('dial-failed')).toEqual({ type: 'dial-failed', peer: nobody, session: 7, reason: 'closed' });
  expect((await b.until('link-down')).reason).toBe('remote-closed');
  a.links.dial(b.id, 8, true);
  expect((await a.until('dial-failed', input => input.session === 8)).reason).toBe('closed');
  await a.links.shutdown();
});

test('LINK-5: a peer with another key than the dialed one gets no link, and nothing passes', async () => {
  const claimed = identity().id;
  // Eve is honest about her key, but the server handed her signals out as somebody else's.
  const a = testPeer({ wrtc: rtc.wrtc }, (_, __, session, data) => eve.links.signal(a.id, session, data));
  const eve = testPeer({ wrtc: rtc.wrtc }, (_, __, session, data) => a.links.signal(claimed, session, data));
  peers.push(a, eve);
  a.links.dial(claimed, 1, true);
  eve.links.dial(a.id, 1, false);
  expect((await a.until('dial-failed')).reason).toBe('identity-mismatch');
  await eve.until('dial-failed');
  expect([a.count('frame'), eve.count('frame'), a.count('link-up'), eve.count('link-up')]).toEqual([0, 0, 0, 0]);
});

test('LINK-5: a peer that claims the dialed key without holding it gets no link', async () => {
  const bob = identity();
  const [a, liar] = pair({}, { self: { id: bob.id, sign: identity().sign } });
  connect(a, liar);
  expect((await a.until('dial-failed')).reason).toBe('identity-mismatch');
  liar.links.send(a.id, new Uint8Array(10));
  await new Promise(resolve => setTimeout(resolve, 50));
  expect([a.count('frame'), a.count('link-up')]).toEqual([0, 0]);
});

test('LINK-6: a server in the middle with certificates of its own gets nothing through', async () => {
  const [alice, bob] = [identity(), identity()];
  const a = testPeer({ self: alice, wrtc: rtc.wrtc }, (...signal) => toAlice.signal(...signal));
  const b = testPeer({ self: bob, wrtc: rtc.wrtc }, (...signal) => toBob.signal(...signal));
  peers.push(a, b);
  const toAlice = new Leg(rtc.wrtc, false, data => a.links.signal(bob.id, 1, data));
  const toBob = new Leg(rtc.wrtc, true, data => b.links.signal(alice.id, 1, data));
  toAlice.other = toBob;
  toBob.other = toAlice;
  b.links.dial(alice.id, 1, false);
  a.links.dial(bob.id, 1, true);
  const ends = await Promise.all([a.until('dial-failed'), b.until('dial-failed')]);
  expect(ends.map(({ reason }) => reason)).toEqual(['identity-mismatch', 'identity-mismatch']);
  // It did carry both HELLO frames of both sides.
  expect(Math.min(toAlice.carried, toBob.carried)).toBeGreaterThanOrEqual(2);
  expect([a.count('frame'), b.count('frame'), a.count('link-up'), b.count('link-up')]).toEqual([0, 0, 0, 0]);
  toAlice.destroy();
  toBob.destroy();
});

test('LINK-6: a server that only rewrites the fingerprint gets no link at all', async () => {
  const server = testServer(data =>
    data.replace(/(sha-256 )(..)/, (_, head: string, byte: string) => head + (byte === '00' ? '01' : '00')),
  );
  const [a, b] = pair({ connectTimeoutMs: 3_000 }, { connectTimeoutMs: 3_000 }, server);
  connect(a, b);
  await Promise.all([a.until('dial-failed'), b.until('dial-failed')]);
  expect([a.count('frame'), b.count('frame'), a.count('link-up'), b.count('link-up')]).toEqual([0, 0, 0, 0]);
});

test('LINK-7: a peer of another network gets no link', async () => {
  const [a, b] = pair({}, { networkId: new Uint8Array(8) });
  connect(a, b);
  await Promise.all([a.until('dial-failed'), b.until('dial-failed')]);
  const reasons = [a, b].flatMap(peer =>
    peer.inputs.flatMap(input => (input.type === 'dial-failed' ? [input.reason] : [])),
  );
  expect(reasons).toContain('network-mismatch');
});

const slowly: Options = {
  verify: async (key, signature, bytes) => {
    await new Promise(resolve => setTimeout(resolve, 400));
    return verifySignature(key, signature, bytes);
  },
};

test('LINK-9: frames sent while our verification still runs wait, and follow the link-up in order', async () => {
  const [a, b] = pair({}, slowly);
  connect(a, b);
  await a.until('link-up');
  for (let at = 0; at < MAX_EARLY_FRAMES; at += 1) a.links.send(b.id, Uint8Array.of(at));
  await b.until('frame', input => input.bytes[0] === MAX_EARLY_FRAMES - 1);
  const seen = b.inputs.filter(input => input.type === 'link-up' || input.type === 'frame');
  expect(seen.map(input => (input.type === 'frame' ? input.bytes[0] : input.type))).toEqual([
    'link-up',
    ...Array.from({ length: MAX_EARLY_FRAMES }, (_, at) => at),
  ]);
});

test('LINK-9: the 65th such frame, and the first byte above 256 KiB, end the dial', async () => {
  for (const frames of [
    Array.from({ length: MAX_EARLY_FRAMES + 1 }, () => new Uint8Array(1)),
    [
      ...Array.from({ length: MAX_EARLY_BYTES / MAX_FRAME_BYTES }, () => new Uint8Array(MAX_FRAME_BYTES)),
      new Uint8Array(1),
    ],
  ]) {
    const [a, b] = pair({}, slowly);
    connect(a, b);
    await a.until('link-up');
    for (const frame of frames) a.links.send(b.id, frame);
    expect((await b.until('dial-failed')).reason).toBe('hello-overflow');
    expect(b.count('frame') + b.count('link-up')).toBe(0);
  }
});

test.each([
  ['null', 'null', 'signal-malformed'],
  ['a request to renegotiate', '[{"type":"renegotiate","renegotiate":true}]', 'signal-malformed'],
  ['a wrong description', '[{"type":"answer","sdp":"v=0"}]', 'signal-unexpected'],
  ['a broken description', '[{"type":"offer","sdp":"v=0"}]', 'sdp-media'],
  ['a broken candidate', '[{"candidate":{"candidate":"x","sdpMid":"0","sdpMLineIndex":0}}]', 'candidate-malformed'],
])('LINK-14: %s fails the dial with its code, is counted, and throws nothing', async (_, data, reason) => {
  const [a, b] = pair();
  a.links.dial(b.id, 3, false);
  a.links.signal(b.id, 3, data);
  a.links.signal(b.id, 3, data);
  expect(await a.until('dial-failed')).toEqual({ type: 'dial-failed', peer: b.id, session: 3, reason });
  expect(a.links.counts()).toMatchObject({ [reason]: 1 });
  expect(a.count('dial-failed')).toBe(1);
});

test('LINK-14: a description that passes the gate and not the stack fails the dial', async () => {
  const [a, b] = pair();
  const fingerprint = Array.from({ length: 32 }, () => 'AB').join(':');
  const sdp = `v=0\r\na=fingerprint:sha-256 ${fingerprint}\r\nm=application 9 x y\r\n`;
  a.links.dial(b.id, 3, false);
  a.links.signal(b.id, 3, JSON.stringify([{ type: 'offer', sdp }]));
  expect((await a.until('dial-failed')).reason).toBe('failed');
});

test('LINK-15: an offer that comes before the dial is not lost', async () => {
  const [a, b] = pair();
  a.links.dial(b.id, 5, true);
  await a.until('rtc-signal');
  await new Promise(resolve => setTimeout(resolve, 50));
  b.links.dial(a.id, 5, false);
  await Promise.all([a.until('link-up'), b.until('link-up')]);
});

test('LINK-17: dials in progress, dials per minute and living connections have limits', async () => {
  const strangers = Array.from({ length: 4 }, () => identity().id);
  for (const [limits, reason] of [
    [{ pending: 3 }, 'too-many-pending'],
    [{ creationsPerMinute: 3 }, 'too-many-dials'],
    [{ alive: 3 }, 'too-many-links'],
  ] as const) {
    const [a] = pair({ limits });
    for (const [at, stranger] of strangers.entries()) a.links.dial(stranger, at, true);
    const failed = await a.until('dial-failed');
    expect(failed).toEqual({ type: 'dial-failed', peer: strangers[3], session: 3, reason });
    expect(a.count('dial-failed')).toBe(1);
  }
});

test('LINK-17: the dials of the last 60 s count, older ones do not', async () => {
  let mono = 0;
  const clock = { ...systemClock, now: () => ({ mono, wall: mono }) as ReturnType<typeof systemClock.now> };
  const [a, b] = pair({ clock, limits: { creationsPerMinute: 1 } });
  const redial = (session: number): void => {
    a.links.close(b.id, 'next');
    a.links.dial(b.id, session, true);
  };
  a.links.dial(b.id, 1, true);
  mono = 59_999;
  redial(2);
  expect(await a.until('dial-failed', input => input.session === 2)).toMatchObject({ reason: 'too-many-dials' });
  mono = 60_000;
  redial(3);
  await a.until('rtc-signal', input => input.session === 3);
});

test('LINK-18: a dial that nobody answers fails with timeout', async () => {
  const [a, b] = pair({ connectTimeoutMs: 150 });
  a.links.dial(b.id, 1, true);
  expect(await a.until('dial-failed')).toEqual({ type: 'dial-failed', peer: b.id, session: 1, reason: 'timeout' });
});

test('LINK-18: the timeout covers ICE servers that never come', async () => {
  const [a, b] = pair({ connectTimeoutMs: 50, iceServers: () => new Promise(() => undefined) });
  a.links.dial(b.id, 1, true);
  expect((await a.until('dial-failed')).reason).toBe('timeout');
  await a.links.shutdown();
});

test('LINK-19: text instead of bytes closes the link', async () => {
  const tap = tapped();
  const [, b] = await linked({ wrtc: tap.wrtc });
  tap.raw[0]!.send('text');
  expect((await b.until('link-down')).reason).toBe('not-bytes');
  expect(b.count('frame')).toBe(0);
});

test('LINK-20: a second data channel closes the link', async () => {
  const tap = tapped();
  const [, b] = await linked({ wrtc: tap.wrtc });
  tap.connections[0]!.createDataChannel('second');
  expect((await b.until('link-down')).reason).toBe('second-channel');
});

test('LINK-21: a link with more than 8 MiB unsent is closed as overflow, and says before how much it holds', async () => {
  const [a, b] = await linked();
  const frame = new Uint8Array(MAX_FRAME_BYTES);
  let most = 0;
  for (let at = 0; at < 400 && a.count('link-down') === 0; at += 1) {
    a.links.send(b.id, frame);
    most = Math.max(most, a.links.bufferedBytes(b.id));
  }
  expect((await a.until('link-down')).reason).toBe('overflow');
  expect(most).toBeGreaterThan(8 * 1024 * 1024);
  expect(most).toBeLessThanOrEqual(8 * 1024 * 1024 + MAX_FRAME_BYTES);
  expect(a.links.bufferedBytes(b.id)).toBe(0);
});

test('LINK-30: a link says once when no more waits than was asked for, and never inside the call', async () => {
  const [a, b] = await linked();
  a.links.watch(b.id, 4_096);
  expect(a.count('link-drained')).toBe(0);
  const idle = await a.until('link-drained');
  expect(idle).toEqual({ type: 'link-drained', peer: b.id, waiting: 0 });
  for (let n = 0; n < 32; n += 1) a.links.send(b.id, new Uint8Array(MAX_FRAME_BYTES).fill(n));
  expect(a.links.bufferedBytes(b.id)).toBeGreaterThan(4_096);
  a.links.watch(b.id, 4_096);
  let seen = 0;
  await a.until('link-drained', () => ++seen === 2);
  expect(a.links.bufferedBytes(b.id)).toBeLessThanOrEqual(4_096);
});

test('LINK-30: a link that ends, or is none, says nothing about what waits', async () => {
  const [a, b] = await linked();
  for (let n = 0; n < 32; n += 1) a.links.send(b.id, new Uint8Array(MAX_FRAME_BYTES).fill(n));
  a.links.watch(b.id, 0);
  a.links.close(b.id, 'test');
  a.links.watch(b.id, 0);
  a.links.watch(a.id, 0);
  await a.until('link-down');
  await new Promise(resolve => setTimeout(resolve, 50));
  expect(a.count('link-drained')).toBe(0);
});

test('LINK-22: the same dial again changes nothing; another session takes its place', async () => {
  const [a, b] = pair();
  a.links.dial(b.id, 1, true);
  a.links.dial(b.id, 1, true);
  a.links.dial(b.id, 2, true);
  expect(await a.until('dial-failed')).toMatchObject({ session: 1, reason: 'superseded' });
  b.links.dial(a.id, 2, false);
  await Promise.all([a.until('link-up'), b.until('link-up')]);
  expect(a.count('dial-failed')).toBe(1);
  a.links.dial(b.id, 3, true);
  expect(await a.until('dial-failed', input => input.session === 3)).toMatchObject({ reason: 'already-linked' });
  a.links.dial(a.id, 4, true);
  expect(await a.until('dial-failed', input => input.session === 4)).toMatchObject({ reason: 'identity-mismatch' });
  expect(a.count('link-down')).toBe(0);
});

test('LINK-23: once a link is up no signal can take it down', async () => {
  const [a, b, session] = await linked();
  a.links.signal(b.id, session, 'null');
  a.links.signal(b.id, session, '[{"type":"renegotiate","renegotiate":true}]');
  a.links.send(b.id, Uint8Array.of(1));
  await b.until('frame');
  expect(a.count('link-down')).toBe(0);
});

test('LINK-26: ICE servers that cannot be had are no reason not to try', async () => {
  await linked(
    { iceServers: () => Promise.reject(new Error('no')) },
    {
      iceServers: () => {
        throw new Error('no');
      },
    },
  );
});

test('LINK-27: without a working WebRTC stack a dial fails with no-webrtc', async () => {
  class Broken {
    constructor() {
      throw new Error('not today');
    }
  }
  const wrtc = { ...rtc.wrtc, RTCPeerConnection: Broken as unknown as typeof RTCPeerConnection };
  const [a, b] = pair({ wrtc });
  a.links.dial(b.id, 1, true);
  expect((await a.until('dial-failed')).reason).toBe('no-webrtc');
});
