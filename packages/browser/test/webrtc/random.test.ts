/** Random dials, closes, junk and sends: whatever happens, every dial has one end and every link one. */
import { afterAll, expect, test } from 'vitest';
import { nodeWebRtc } from '../../../node-peer/src/ports/node-webrtc.ts';
import { type TestPeer, testPeer, testServer } from './rig.ts';

const rtc = nodeWebRtc({ bindAddress: '127.0.0.1' });
afterAll(() => rtc.cleanup());

/** mulberry32 */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const seeds = process.env['SEED'] ? [Number(process.env['SEED'])] : [1, 2, Date.now() % 1_000_000];

test.each(seeds)('LINK-29: one end for every dial and every link (seed %i)', async seed => {
  const random = chance(seed);
  const server = testServer(data => (random(20) === 0 ? 'junk' : random(20) === 0 ? undefined : data));
  const options = { wrtc: rtc.wrtc, connectTimeoutMs: 500, limits: { creationsPerMinute: 500 } };
  const peers = Array.from({ length: 4 }, () => server.add(testPeer(options, server.deliver)));
  const dialed = new Map<TestPeer, Set<string>>(peers.map(peer => [peer, new Set()]));
  const dial = (from: TestPeer, to: TestPeer, session: number, initiator: boolean): void => {
    dialed.get(from)!.add(`${to.id} ${session}`);
    from.links.dial(to.id, session, initiator);
  };
  for (let step = 0; step < 80; step += 1) {
    const a = peers[random(4)]!;
    const b = peers[random(4)]!;
    const deed = random(10);
    if (deed < 5) {
      dial(a, b, step, true);
      if (a !== b && random(10) > 0) dial(b, a, step, false);
    } else if (deed < 7) a.links.send(b.id, new Uint8Array(random(100)));
    else if (deed < 8) a.links.close(b.id, 'random');
    else if (deed < 9) a.links.signal(b.id, step, '[]');
    if (random(3) === 0) await new Promise(resolve => setTimeout(resolve, random(120)));
  }
  await Promise.all(peers.map(peer => peer.links.shutdown()));
  await Promise.resolve();
  let links = 0;
  for (const peer of peers) {
    const ups = peer.count('link-up');
    links += ups;
    const failed = peer.inputs.flatMap(input =>
      input.type === 'dial-failed' ? [`${input.peer} ${input.session}`] : [],
    );
    expect(new Set(failed).size).toBe(failed.length);
    expect(failed.length + ups).toBe(dialed.get(peer)!.size);
    expect(peer.count('link-down')).toBe(ups);
    checkOrder(peer);
  }
  expect(links).toBeGreaterThan(0);
});

/** Frames come only between a peer's link-up and its link-down, and no link comes up twice. */
function checkOrder(peer: TestPeer): void {
  const up = new Set<string>();
  for (const input of peer.inputs) {
    if (input.type === 'link-up') expect(up.has(input.peer)).toBe(false);
    if (input.type === 'link-up') up.add(input.peer);
    if (input.type === 'link-down') expect(up.delete(input.peer)).toBe(true);
    if (input.type === 'frame') expect(up.has(input.from)).toBe(true);
  }
}
