import { expect, test } from 'vitest';
import { type ConfigOverrides, makeConfig } from '../../src/config.ts';
import { createDials } from '../../src/overlay/dials.ts';
import { createDistance, type Distance } from '../../src/overlay/distance.ts';
import { createLinks, type Links } from '../../src/overlay/links.ts';
import { createOverlay, type Overlay } from '../../src/overlay/overlay.ts';
import { createViews } from '../../src/overlay/views.ts';
import type { PeerId } from '../../src/types.ts';
import { decodeSignal, encodeSignal, type Signal } from '../../src/wire/signal.ts';
import { at, peer } from '../support/peers.ts';
import { createRecorder, ofType, type Recorder } from '../support/recorder.ts';
import { rngOf } from '../support/seed.ts';

/** The part on its own: links from outside to peers 0, 1, … with these round trips. */
function measured(...rtts: readonly (number | undefined)[]): { distance: Distance; links: Links } {
  const config = makeConfig();
  const links = createLinks(config, createRecorder().outbox);
  const rng = rngOf(0, 1);
  const views = createViews(peer(99), config, rng, at(0));
  const byPeer = new Map(rtts.map((ms, n) => [peer(n), ms]));
  const tools = { region: undefined, config, rng, rttMs: (who: PeerId) => byPeer.get(who) };
  for (const who of byPeer.keys()) {
    links.add({ peer: who, since: at(0).mono, via: 'server', outbound: false, introducer: 'itself' });
  }
  return { distance: createDistance(tools, links, createDials(config, at(0)), views, at(0)), links };
}

const outlierOf = (...rtts: readonly (number | undefined)[]): PeerId | undefined => {
  const { distance, links } = measured(...rtts);
  return distance.outlier([...links.all()]);
};

test('OVER-31: the longest round trip stands out when it is more than twice the median', () => {
  expect(outlierOf(50, 50, 50, 50, 101, 103, 102)).toBe(peer(5));
  expect(outlierOf(50, 50, 50, 50, 100, 100, 100)).toBeUndefined();
});

test('OVER-31: and more than 20 ms above it: on one network nobody is far', () => {
  expect(outlierOf(1, 1, 1, 1, 21, 21, 21)).toBeUndefined();
  expect(outlierOf(1, 1, 1, 1, 22, 22, 22)).toBe(peer(4));
  expect(outlierOf()).toBeUndefined();
  expect(outlierOf(undefined, undefined, 500)).toBeUndefined();
});

test('OVER-31: two far links stay, and who may not go does not', () => {
  expect(outlierOf(10, 10, 10, 10, 10, 200, 300)).toBeUndefined();
  const { distance, links } = measured(10, 10, 10, 10, 10, 200, 300, 250);
  const spare = [...links.all()].filter(({ peer: who }) => who !== peer(6));
  expect(distance.outlier(spare)).toBe(peer(7));
  expect(distance.outlier([])).toBeUndefined();
});

interface Bench extends Recorder {
  readonly overlay: Overlay;
  /** Requests since asked last. */
  asked(): readonly PeerId[];
  accept(from: PeerId, mono: number): void;
}

const SELF = peer(9_999);
/** Of `members` every tenth is in the node's region. */
const isNear = (who: PeerId): boolean => Number.parseInt(who.slice(0, 8), 16) % 10 === 0;

function bench(options: {
  region?: string;
  seed?: number;
  config?: ConfigOverrides;
  rttMs?: (who: PeerId) => number;
}): Bench {
  const { region, seed = 1, config, rttMs = () => undefined } = options;
  const recorder = createRecorder();
  const tools = { self: SELF, config: makeConfig(config), outbox: recorder.outbox, rng: rngOf(seed, 1) };
  const overlay = createOverlay({ ...tools, region, rttMs, saidAt: () => undefined, isBanned: () => false }, at(0));
  const sessions = new Map<PeerId, number>();
  const read = (): readonly (readonly [PeerId, Signal])[] =>
    ofType(recorder.facts(), 'signal-out').map(({ to, payload }) => {
      const signal = decodeSignal(payload);
      if (!signal.ok) throw new Error(signal.code);
      sessions.set(to, signal.value.session);
      return [to, signal.value] as const;
    });
  return {
    ...recorder,
    overlay,
    asked: () => read().flatMap(([to, signal]) => (signal.type === 'request' ? [to] : [])),
    accept(from, mono) {
      const payload = encodeSignal({ type: 'accept', session: sessions.get(from)! });
      overlay.onSignalIn({ type: 'signal-in', from, payload, via: 'server' }, at(mono));
      overlay.onInput({ type: 'link-up', peer: from, outbound: true }, at(mono));
    },
  };
}

const up = ({ overlay }: Bench, who: PeerId, outbound: boolean, mono = 0): void =>
  overlay.onInput({ type: 'link-up', peer: who, outbound }, at(mono));
const join = ({ overlay }: Bench, first: number, count: number, mono = 0): void => {
  for (let n = first; n < first + count; n++) {
    overlay.onMemberJoined(peer(n), isNear(peer(n)) ? 'here' : 'there', at(mono));
  }
};

/** How many of the region are among the first three that a node asks in a room of a hundred. */
function nearAsked(region: string | undefined): readonly number[] {
  return Array.from({ length: 40 }, (_, seed) => {
    const b = bench(region === undefined ? { seed } : { seed, region });
    // Nobody is looked for while the room becomes known.
    for (let n = 2_001; n < 2_013; n++) up(b, peer(n), true);
    join(b, 1_000, 100);
    b.asked();
    for (let n = 2_001; n < 2_013; n++)
      b.overlay.onInput({ type: 'link-down', peer: peer(n), reason: 'closed' }, at(1));
    return b.asked().filter(isNear).length;
  });
}

test('OVER-30: of three links that are dialled two are in the own region, the other as chance has it', () => {
  const told = nearAsked('here');
  expect(Math.min(...told)).toBe(2);
  const mean = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0) / counts.length;
  expect(mean(told)).toBeLessThan(2.4);
  expect(mean(nearAsked('elsewhere'))).toBeLessThan(0.7);
  expect(mean(nearAsked(undefined))).toBeLessThan(0.7);
});

test('OVER-31: of links in surplus the slowest goes first', () => {
  const far = [2_007, 2_003, 2_009].map(peer);
  const b = bench({ rttMs: who => (who === far[0] ? 300 : far.includes(who) ? 200 : 10) });
  for (let n = 2_001; n < 2_013; n++) up(b, peer(n), false);
  join(b, 1_000, 100);
  b.sent();
  for (let ms = 0; ms <= 11_000; ms += 500) b.overlay.onWake(at(ms));
  const goodbyes = b.sent().filter(({ frame }) => frame.type === 'disconnect');
  expect(goodbyes).toMatchObject([{ to: far[0], frame: { reason: 'surplus' } }]);
});

test('OVER-31: a newcomer is given the slowest neighbour', () => {
  const far = [2_007, 2_003, 2_009].map(peer);
  const b = bench({ rttMs: who => (who === far[2] ? 300 : far.includes(who) ? 200 : 10) });
  for (let n = 2_001; n < 2_013; n++) up(b, peer(n), false);
  join(b, 1_000, 100);
  b.sent();
  const payload = encodeSignal({ type: 'request', session: 1, urgent: true });
  b.overlay.onSignalIn({ type: 'signal-in', from: peer(5), payload, via: 'server' }, at(10));
  expect(b.sent()).toMatchObject([{ to: far[2], frame: { reason: 'full', alternatives: [peer(5)] } }]);
});

const MINUTE = 60_000;

/** Six far links, three of them own, in a room of a hundred. */
function settled(region: string): Bench {
  const b = bench({ region, rttMs: who => (who === peer(2_005) ? 90 : 80) });
  for (let n = 2_001; n < 2_007; n++) up(b, peer(n), n < 2_004);
  join(b, 1_000, 100);
  b.asked();
  b.sent();
  return b;
}

/** Wakes every second; who is asked. */
const wakes = (b: Bench, from: number, to: number): readonly PeerId[] => {
  for (let ms = from; ms < to; ms += 1_000) b.overlay.onWake(at(ms));
  return b.asked();
};
const goodbyes = (b: Bench): readonly PeerId[] =>
  b.sent().flatMap(({ to, frame }) => (frame.type === 'disconnect' ? [to] : []));

test('OVER-32: a member of the region is asked, and the far link goes when the new one is up, not before', () => {
  const b = settled('here');
  const asked = wakes(b, 0, 10 * MINUTE);
  expect(asked).toHaveLength(1);
  expect(asked.every(isNear)).toBe(true);
  expect(goodbyes(b)).toEqual([]);
});

test('OVER-32: the link that goes is a far one of its own that may go, and there is one swap in ten minutes', () => {
  const b = settled('here');
  /** The next swap: when it was accepted. */
  const swap = (from: number): number => {
    for (let ms = from; ms < from + 11 * MINUTE; ms += 1_000) {
      const [near] = wakes(b, ms, ms + 1);
      if (near === undefined) continue;
      expect(goodbyes(b)).toEqual([]);
      b.accept(near, ms);
      expect(b.overlay.neighbours().map(link => link.peer)).toContain(near);
      return ms;
    }
    throw new Error('nobody was asked');
  };
  const first = swap(0);
  const gone = goodbyes(b);
  expect(gone).toHaveLength(1);
  expect([1, 2, 3].map(n => peer(2_000 + n))).toContain(gone[0]);
  const second = swap(first + 1_000);
  expect(second - first).toBe(10 * MINUTE);
  expect(goodbyes(b)).toHaveLength(1);
  // Two of three own links are near: the other stays as chance had it.
  expect(wakes(b, second, second + 30 * MINUTE)).toEqual([]);
});

test('OVER-32: an unanswered swap costs no link and is tried again after ten minutes', () => {
  const b = settled('here');
  expect(wakes(b, 0, 9 * MINUTE + 1)).toHaveLength(1);
  expect(wakes(b, 9 * MINUTE + 1_000, 10 * MINUTE)).toHaveLength(0);
  expect(wakes(b, 10 * MINUTE, 20 * MINUTE)).toHaveLength(1);
  expect(goodbyes(b)).toEqual([]);
});

test('OVER-32: nobody is asked without a region, without anybody in it, or with all links that are accepted', () => {
  expect(wakes(settled('nowhere'), 0, 30 * MINUTE)).toEqual([]);
  const full = settled('here');
  for (let n = 2_010; n < 2_013; n++) up(full, peer(n), false);
  expect(wakes(full, 0, 30 * MINUTE)).toEqual([]);
});
