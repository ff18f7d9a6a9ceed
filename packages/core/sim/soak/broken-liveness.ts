/** Engines that are wrong about who is alive: in what they hear, in what they tell, and in their numbers. */
import type { ConfigOverrides, Effect, Engine, Input, MonoMs, Now, PeerId, WallMs } from '@hearsay/core';
import { decodeFrame } from '@hearsay/core/wire';
import { type ChangeEffect, type Fault, fault, withoutRecords } from './fault.ts';

/** Above what an accusation may wait for its answer. */
const LATE_MS = 8_000;
/** Between timers that run one after the other. */
const TIMER_MS = 250;

export const livenessFaults: readonly Fault[] = [
  fault('deaf-to-accusations', 'believes nobody who accuses another', {
    received: (engine, self) => withoutRecords(engine, ({ kind, key }) => kind === 'accuse' && key !== self),
  }),
  fault('gives-no-sign-of-life', 'sends no heartbeats and answers no pings', {
    sent: () => frame => (frame.type === 'heartbeat' || frame.type === 'pong' ? undefined : frame),
  }),
  fault('counts-records-alone', 'takes heartbeats and answers to pings for nothing', {
    received: () => frame => (frame.type === 'heartbeat' || frame.type === 'pong' ? undefined : frame),
  }),
  fault('leaves-without-a-word', 'keeps its own goodbye to itself', {
    sent: (engine, self) => withoutRecords(engine, ({ kind, author }) => kind === 'leave' && author === self),
  }),
  fault('suspects-are-dead', 'tells its app that who is suspected has failed', { effects: () => deadAtOnce }),
  fault('never-clears', 'goes on showing as suspect who has answered', { effects: () => neverCleared() }),
  fault('keeps-old-lives', 'does not show the new life of who has come back', { effects: () => oldLives() }),
  wrapped('refutes-late', 'hears eight seconds late that it is accused itself', hearingLate),
  wrapped('timers-first', 'after a stop, runs its timers before what has waited for it', timersFirst),
  misset('never-gives-up', 'waits ten minutes before it asks who is silent', { 'liveness.silenceMs': 600_000 }),
  misset('accuses-at-once', 'gives up whoever is silent for half a second', {
    'liveness.silenceMs': 500,
    'liveness.pingMs': 100,
  }),
  misset('buries-too-soon', 'lets the accused a twentieth of the time to answer', {
    'liveness.suspicionMs': 200,
    'liveness.loneSuspicionMs': 300,
    'liveness.unprovenMs': 1_000,
  }),
  misset('never-holds', 'calls those dead who fell silent all at once', { 'liveness.partitionMs': 0 }),
  misset('holds-for-ever', 'waits an hour for those who fell silent all at once', {
    'liveness.partitionMs': 3_600_000,
  }),
];

function wrapped(name: string, about: string, wrap: Fault['wrap']): Fault {
  return { name, about, config: {}, wrap };
}

function misset(name: string, about: string, config: ConfigOverrides): Fault {
  return { name, about, config, wrap: engine => engine };
}

function deadAtOnce(effect: Effect): readonly Effect[] {
  if (effect.type !== 'deliver' || effect.delivery.what !== 'presence') return [effect];
  const { peer, status } = effect.delivery;
  if (status === 'alive') return [effect];
  return [{ type: 'deliver', delivery: { what: 'presence-gone', peer, reason: 'failed' } }];
}

function neverCleared(): ChangeEffect {
  const suspects = new Set<PeerId>();
  return effect => {
    if (effect.type !== 'deliver') return [effect];
    const { delivery } = effect;
    if (delivery.what === 'presence-gone') suspects.delete(delivery.peer);
    if (delivery.what !== 'presence') return [effect];
    if (delivery.status === 'suspect') suspects.add(delivery.peer);
    return delivery.status === 'alive' && suspects.has(delivery.peer) ? [] : [effect];
  };
}

function oldLives(): ChangeEffect {
  const joined = new Map<PeerId, number>();
  return effect => {
    if (effect.type !== 'deliver' || effect.delivery.what !== 'presence') return [effect];
    const { peer, joinedAtMs } = effect.delivery;
    const first = joined.get(peer) ?? joinedAtMs;
    joined.set(peer, first);
    return [{ type: 'deliver', delivery: { ...effect.delivery, joinedAtMs: first } }];
  };
}

/** Frames with an accusation of itself are read when they have waited for so long. */
function hearingLate(engine: Engine, self: PeerId): Engine {
  const waiting: { readonly input: Input; readonly dueAt: number }[] = [];
  const isAboutSelf = withoutRecords(engine, ({ kind, key }) => kind === 'accuse' && key === self);
  const mustWait = (input: Input): boolean => {
    if (input.type !== 'frame') return false;
    const decoded = decodeFrame(input.bytes);
    return decoded.ok && isAboutSelf(decoded.value, input.from) !== decoded.value;
  };
  let waitingBytes = 0;
  const bytesOf = (input: Input): number => (input.type === 'frame' ? input.bytes.length : 0);
  return {
    ...engine,
    handle(input, now) {
      const effects: Effect[] = [];
      while (waiting[0] !== undefined && waiting[0].dueAt <= now.mono) {
        const late = waiting.shift()!.input;
        waitingBytes -= bytesOf(late);
        effects.push(...engine.handle(late, now));
      }
      if (!mustWait(input)) return [...effects, ...engine.handle(input, now)];
      waiting.push({ input, dueAt: now.mono + LATE_MS });
      waitingBytes += bytesOf(input);
      return [...effects, ...engine.handle({ type: 'wake' }, now)];
    },
    stats() {
      const stats = engine.stats();
      return { ...stats, bytesIn: stats.bytesIn + waitingBytes };
    },
  };
}

/** It never notices that it was stopped: to its timers, time has gone on all the while. */
function timersFirst(engine: Engine): Engine {
  let lastAt: number | undefined;
  return {
    ...engine,
    handle(input, now) {
      const effects: Effect[] = [];
      for (let at = (lastAt ?? now.mono) + TIMER_MS; at < now.mono; at += TIMER_MS) {
        if ((engine.nextWakeAt() ?? Number.POSITIVE_INFINITY) <= at)
          effects.push(...engine.handle({ type: 'wake' }, before(now, at)));
      }
      lastAt = now.mono;
      return [...effects, ...engine.handle(input, now)];
    },
  };
}

function before(now: Now, mono: number): Now {
  return { mono: mono as MonoMs, wall: (now.wall - (now.mono - mono)) as WallMs };
}
