/**
 * Engines that are broken on purpose, each in one way that a careless change could bring about. The soak must
 * find every one: this tests the checks, not the engine.
 */
import type { Effect, Engine } from '@hearsay/core';
import { livenessFaults } from './broken-liveness.ts';
import { relayFaults } from './broken-relay.ts';
import { type ChangeEffect, type ChangeFrame, type Fault, fault, withoutRecords } from './fault.ts';

export const faults: readonly Fault[] = [
  fault('skips-grafts', 'asks nobody for what was announced', {
    sent: () => frame => (frame.type === 'graft' ? undefined : frame),
  }),
  fault('skips-announcements', 'announces nothing over lazy links', {
    sent: () => frame => (frame.type === 'ihave' ? undefined : frame),
  }),
  fault('skips-one-neighbour', 'never pushes to its neighbour with the lowest id', {
    sent: engine => (frame, peer) => (frame.type === 'push' && peer === lowest(engine) ? undefined : frame),
  }),
  fault('drops-tombstones', 'takes no deletes from others', {
    received: engine => withoutRecords(engine, record => record.kind === 'state-delete'),
  }),
  fault('ignores-leave', 'takes no goodbyes from others', {
    received: engine => withoutRecords(engine, record => record.kind === 'leave'),
  }),
  fault('forgets-refutation', 'does not hear that it is accused itself', {
    received: (engine, self) => withoutRecords(engine, ({ kind, key }) => kind === 'accuse' && key === self),
  }),
  fault('never-expires', 'shows for ever whom nobody accused', {
    effects: () => effect =>
      effect.type === 'deliver' && effect.delivery.what === 'presence-gone' && effect.delivery.reason === 'expired'
        ? []
        : [effect],
  }),
  fault('misses-failures', 'does not tell its app who failed', {
    effects: () => effect =>
      effect.type === 'deliver' && effect.delivery.what === 'presence-gone' && effect.delivery.reason === 'failed'
        ? []
        : [effect],
  }),
  fault('delivers-twice', 'tells its app every tenth event twice', { effects: () => everyTenthEventTwice() }),
  fault('accepts-older', 'tells its app an older value after a newer one', { effects: () => olderAgain() }),
  fault('loses-local-news', 'does not tell its app of every twentieth value', { effects: () => everyTwentiethLost() }),
  fault('seen-before-verified', 'takes a copy for known before its signature is checked', {
    received: engine => seenTooEarly(engine),
  }),
  fault('echoes', 'sends every record back to whom it came from', { effects: engine => echoing(engine) }),
  fault('deaf-to-sync', 'answers no reconciliation', {
    received: () => frame => (frame.type === 'sync' ? undefined : frame),
  }),
  ...livenessFaults,
  ...relayFaults,
];

type Sent = Extract<Effect, { type: 'send' }>;

function lowest(engine: Engine): string | undefined {
  const peers = engine.neighbours().map(({ peer }) => peer);
  return peers.length < 2 ? undefined : peers.sort()[0];
}

function everyTenthEventTwice(): ChangeEffect {
  let events = 0;
  return effect => {
    if (effect.type !== 'deliver' || effect.delivery.what !== 'event') return [effect];
    events += 1;
    return events % 10 === 0 ? [effect, effect] : [effect];
  };
}

function olderAgain(): ChangeEffect {
  const last = new Map<string, Effect>();
  return effect => {
    if (effect.type !== 'deliver' || effect.delivery.what !== 'state') return [effect];
    const older = last.get(effect.delivery.key);
    last.set(effect.delivery.key, effect);
    return older === undefined ? [effect] : [effect, older];
  };
}

function everyTwentiethLost(): ChangeEffect {
  let told = 0;
  return effect => {
    if (effect.type !== 'deliver' || effect.delivery.what !== 'state') return [effect];
    told += 1;
    return told % 20 === 0 ? [] : [effect];
  };
}

function seenTooEarly(engine: Engine): ChangeFrame {
  const seen = new Set<string>();
  return withoutRecords(engine, ({ id }) => {
    const known = seen.has(id);
    seen.add(id);
    return known;
  });
}

function echoing(engine: Engine): ChangeEffect {
  const isPush = (effect: Sent): boolean => effect.bytes[1] === 1;
  return effect => {
    if (effect.type !== 'send' || !isPush(effect)) return [effect];
    const others = engine.neighbours().filter(({ peer }) => peer !== effect.to);
    return [effect, ...others.map(({ peer }) => ({ ...effect, to: peer }))];
  };
}
