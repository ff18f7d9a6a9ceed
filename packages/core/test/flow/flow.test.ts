import { expect, test } from 'vitest';
import { type ConfigOverrides, makeConfig } from '../../src/config.ts';
import { createFlow, type Flow } from '../../src/flow/flow.ts';
import type { PeerId } from '../../src/types.ts';
import type { FrameType } from '../../src/wire/frame.ts';
import { at, peer } from '../support/peers.ts';
import { createRecorder, type Recorder } from '../support/recorder.ts';

const a = peer(1);
const b = peer(2);
const WINDOW = 32_768;
const LINK = 262_144;

function bench(config: ConfigOverrides = {}): Recorder & { readonly flow: Flow } {
  const recorder = createRecorder();
  return { ...recorder, flow: createFlow(makeConfig(config), recorder.outbox) };
}

test('FLOW-1: a link is open for pushes below 32 KiB given, and for bulk below a quarter of that', () => {
  const { flow } = bench();
  expect([flow.isOpen(a, 'push', at(0)), flow.isOpen(a, 'bulk', at(0))]).toEqual([true, true]);
  flow.admit(a, 'delta', WINDOW / 4 - 1, at(0));
  expect([flow.isOpen(a, 'push', at(0)), flow.isOpen(a, 'bulk', at(0))]).toEqual([true, true]);
  flow.admit(a, 'ping', 1, at(0));
  expect([flow.isOpen(a, 'push', at(0)), flow.isOpen(a, 'bulk', at(0))]).toEqual([true, false]);
  flow.admit(a, 'push', (3 * WINDOW) / 4 - 1, at(0));
  expect(flow.isOpen(a, 'push', at(0))).toBe(true);
  flow.admit(a, 'push', 1, at(0));
  expect([flow.isOpen(a, 'push', at(0)), flow.isOpen(a, 'bulk', at(0))]).toEqual([false, false]);
  expect([flow.isOpen(b, 'push', at(0)), flow.isOpen(b, 'bulk', at(0))]).toEqual([true, true]);
});

test('FLOW-2: the host is asked once, when bulk has no room, to say when an eighth is left', () => {
  const { flow, effects } = bench();
  flow.admit(a, 'push', WINDOW / 4 - 1, at(0));
  expect(effects()).toEqual([]);
  flow.admit(a, 'push', 1, at(0));
  flow.admit(a, 'push', WINDOW, at(0));
  expect(effects()).toEqual([{ type: 'watch-link', peer: a, below: WINDOW / 8 }]);
  flow.onDrained(a, 0, at(0));
  expect(flow.isOpen(a, 'bulk', at(0))).toBe(true);
  flow.admit(a, 'push', WINDOW, at(0));
  expect(effects()).toHaveLength(1);
});

test('FLOW-2: a host that says more than it was asked for is asked again', () => {
  const { flow, effects } = bench();
  flow.admit(a, 'push', WINDOW, at(0));
  effects();
  flow.onDrained(a, WINDOW / 2, at(0));
  expect([flow.isOpen(a, 'push', at(0)), flow.isOpen(a, 'bulk', at(0))]).toEqual([true, false]);
  expect(effects()).toHaveLength(1);
});

test('FLOW-3: what nobody asked for, or about a link that is gone, changes nothing', () => {
  const { flow, effects } = bench();
  flow.onDrained(a, 1_000_000, at(0));
  expect(flow.isOpen(a, 'bulk', at(0))).toBe(true);
  flow.admit(a, 'push', WINDOW, at(0));
  flow.onNeighbourDown(a);
  expect(flow.isOpen(a, 'bulk', at(0))).toBe(true);
  flow.onDrained(a, 1_000_000, at(0));
  expect(flow.isOpen(a, 'bulk', at(0))).toBe(true);
  expect(effects()).toHaveLength(1);
});

test.each<[FrameType, 'soft' | 'hard' | 'last']>([
  ['heartbeat', 'soft'],
  ['relay', 'soft'],
  ['ihave', 'soft'],
  ['push', 'soft'],
  ['graft', 'hard'],
  ['prune', 'hard'],
  ['grow', 'hard'],
  ['disconnect', 'last'],
])('FLOW-4: above 256 KiB a %s is %s: dropped and counted, the end of the link, or sent all the same', (type, kind) => {
  const { flow, facts } = bench();
  expect(flow.admit(a, 'push', LINK - 10, at(0))).toBe(true);
  expect(flow.admit(a, type, 10, at(0))).toBe(true);
  expect(facts()).toEqual([]);
  expect(flow.admit(a, type, 1, at(0))).toBe(kind === 'last');
  expect(flow.fullest()).toBe(kind === 'last' ? LINK + 1 : LINK);
  if (kind === 'soft') expect(facts()).toEqual([{ type: 'record-ignored', reason: 'slow-link' }]);
  if (kind === 'hard') expect(facts()).toEqual([{ type: 'link-overflowed', peer: a }]);
});

test('FLOW-6: a link that has not drained 20 s after it was asked about is given up, once', () => {
  const { flow, facts } = bench();
  flow.admit(a, 'push', WINDOW, at(0));
  flow.admit(b, 'push', WINDOW, at(5_000));
  flow.onDrained(b, WINDOW / 2, at(19_000));
  expect(flow.nextWakeAt()).toBe(20_000);
  flow.onWake(at(19_999));
  expect(facts()).toEqual([]);
  flow.onWake(at(20_000));
  expect(facts()).toEqual([{ type: 'link-overflowed', peer: a }]);
  expect(flow.nextWakeAt()).toBe(39_000);
  flow.onDrained(b, 0, at(30_000));
  expect(flow.nextWakeAt()).toBeUndefined();
  flow.onWake(at(60_000));
  expect(facts()).toEqual([]);
});

test('FLOW-6: time in which this node was stopped does not count', () => {
  const { flow, facts } = bench();
  flow.admit(a, 'push', WINDOW, at(0));
  flow.onStall(60_000);
  flow.onWake(at(79_999));
  expect(facts()).toEqual([]);
  flow.onWake(at(80_000));
  expect(facts()).toHaveLength(1);
});

test('FLOW-5: a fast link is held to nine tenths of what the other side admits, and opens again in time', () => {
  const { flow } = bench({ 'guard.linkBytesPerSecond': 100_000 });
  let sent = 0;
  let mono = 0;
  while (mono < 10_000) {
    while (flow.isOpen(a, 'push', at(mono))) {
      flow.admit(a, 'push', 8_000, at(mono));
      flow.onDrained(a, 0, at(mono));
      sent += 8_000;
    }
    const due = flow.nextWakeAt()!;
    expect(due).toBeGreaterThan(mono);
    expect(flow.takePaced(at(due - 1))).toEqual([]);
    expect(flow.takePaced(at(due))).toEqual([a]);
    expect(flow.isOpen(a, 'push', at(due))).toBe(true);
    mono = due;
  }
  // A second's worth at once, and what came in meanwhile.
  expect(sent).toBeGreaterThan(950_000);
  expect(sent).toBeLessThan(1_000_000);
  flow.onNeighbourDown(a);
  expect(flow.nextWakeAt()).toBeUndefined();
});

test('FLOW-5: the same holds for frames, however small', () => {
  const { flow } = bench({ 'guard.linkFramesPerSecond': 100 });
  const burst = (mono: number): number => {
    let sent = 0;
    for (; flow.isOpen(a, 'bulk', at(mono)); sent++) flow.admit(a, 'offer', 10, at(mono));
    return sent;
  };
  expect(burst(0)).toBe(90);
  expect(flow.nextWakeAt()).toBe(12);
  expect([burst(11), burst(12), burst(1_012)]).toEqual([0, 1, 90]);
});

/** Bytes of repairs that all links take from `from` to `to`, in frames of 4 KiB. */
function repair(flow: Flow, links: readonly PeerId[], from: number, to: number): ReadonlyMap<PeerId, number> {
  const sent = new Map(links.map(link => [link, 0]));
  const pump = (link: PeerId, mono: number): void => {
    while (flow.isOpen(link, 'repair', at(mono))) {
      flow.admit(link, 'delta', 4_096, at(mono));
      flow.onDrained(link, 0, at(mono));
      sent.set(link, sent.get(link)! + 4_096);
    }
  };
  for (const link of links) pump(link, from);
  for (let mono = from; mono < to; mono += 10) for (const link of flow.takePaced(at(mono))) pump(link, mono);
  return sent;
}

const sumOf = (sent: ReadonlyMap<PeerId, number>): number => [...sent.values()].reduce((sum, bytes) => sum + bytes, 0);

/** Links that have sent something before, as all have. */
function linked(config: ConfigOverrides, count: number): { readonly flow: Flow; readonly links: readonly PeerId[] } {
  const { flow } = bench(config);
  const links = Array.from({ length: count }, (_, i) => peer(i + 1));
  for (const link of links) flow.admit(link, 'ping', 0, at(0));
  return { flow, links };
}

test('FLOW-7: repairs of nine links keep to one pace, half of it at once, and each has its share', () => {
  const { flow, links } = linked({ 'sync.repairBytesPerSecond': 32_768 }, 9);
  const sent = repair(flow, links, 0, 10_000);
  expect(sumOf(sent)).toBeGreaterThan(10 * 32_768);
  expect(sumOf(sent)).toBeLessThanOrEqual(10.5 * 32_768 + 10 * 4_096 + 4_096);
  const shares = [...sent.values()];
  expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(16_384 + 4_096);
});

test('FLOW-7: what else is sent comes first, and leaves a quarter', () => {
  const { flow, links } = linked({ 'sync.repairBytesPerSecond': 32_768 }, 2);
  const [one, other] = links as [PeerId, PeerId];
  let sent = 0;
  for (let second = 0; second < 20; second++) {
    flow.admit(one, 'push', 100_000, at(1_000 * second));
    flow.onDrained(one, 0, at(1_000 * second));
    sent += sumOf(repair(flow, [other], 1_000 * second, 1_000 * second + 1_000));
  }
  expect(sent).toBeGreaterThanOrEqual(19 * 8_192);
  expect(sent).toBeLessThanOrEqual(22 * 8_192 + 16_384);
});

test('FLOW-7: a newcomer is sent what it lacks at the pace of its link, and that holds up no repair', () => {
  const { flow, links } = linked({ 'sync.repairBytesPerSecond': 8_192 }, 2);
  const [one, other] = links as [PeerId, PeerId];
  for (let n = 0; n < 20; n++) {
    expect(flow.isOpen(one, 'bulk', at(0))).toBe(true);
    flow.admit(one, 'delta', 4_096, at(0));
    flow.onDrained(one, 0, at(0));
  }
  expect(flow.isOpen(other, 'repair', at(0))).toBe(true);
});

test('FLOW-7: who waits for a turn to repair keeps nothing fresh waiting', () => {
  const { flow, links } = linked({ 'sync.repairBytesPerSecond': 1_024 }, 1);
  const [one] = links as [PeerId];
  repair(flow, links, 0, 1);
  while (flow.isOpen(one, 'push', at(1))) {
    flow.admit(one, 'push', 4_096, at(1));
    flow.onDrained(one, 0, at(1));
  }
  const pushAt = flow.nextWakeAt()!;
  expect(pushAt).toBeLessThan(1_000);
  expect(flow.isOpen(one, 'repair', at(1))).toBe(false);
  expect(flow.nextWakeAt()).toBe(pushAt);
});

test('FLOW-7: at the least pace a frame still passes, one each four seconds', () => {
  const { flow, links } = linked({ 'sync.repairBytesPerSecond': 1_024 }, 1);
  const sent = sumOf(repair(flow, links, 0, 40_000));
  expect(sent).toBeGreaterThanOrEqual(9 * 4_096);
});
