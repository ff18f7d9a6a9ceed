import { expect, test } from 'vitest';
import { makeConfig } from '../../src/config.ts';
import { createOverlay } from '../../src/overlay/overlay.ts';
import { at, peer } from '../support/peers.ts';
import { createRecorder } from '../support/recorder.ts';
import { rngOf } from '../support/seed.ts';

test('OVER-24: a link that overflows is closed with that reason, and left alone for a while', () => {
  const recorder = createRecorder();
  const tools = {
    self: peer(9),
    config: makeConfig(),
    outbox: recorder.outbox,
    rng: rngOf(0, 1),
    isBanned: () => false,
    rttMs: () => undefined,
    saidAt: () => undefined,
    region: undefined,
  };
  const overlay = createOverlay(tools, at(0));
  const [slow, other] = [peer(1), peer(2)];
  for (const one of [slow, other]) overlay.onInput({ type: 'link-up', peer: one, outbound: true }, at(0));
  recorder.facts();
  recorder.effects();
  overlay.onLinkOverflowed(slow, at(100));
  overlay.onLinkOverflowed(slow, at(100));
  expect(recorder.sent()).toMatchObject([{ to: slow, frame: { type: 'disconnect', reason: 'overflow' } }]);
  expect(recorder.effects()).toEqual([{ type: 'close-link', peer: slow, reason: 'overflow' }]);
  expect(recorder.facts()).toEqual([{ type: 'neighbour-down', peer: slow, reason: 'goodbye' }]);
  for (const one of [slow, other]) overlay.onMemberJoined(one, undefined, at(200));
  expect(recorder.facts().filter(({ type }) => type === 'signal-out')).toEqual([]);
  overlay.onWake(at(10_000));
  expect(recorder.facts().filter(({ type }) => type === 'signal-out')).toHaveLength(1);
});
