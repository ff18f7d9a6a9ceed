/** Every module of one engine, made and given its tools: the only file that makes them. */
import { createAggregate } from './aggregate/aggregate.ts';
import { createBroadcast } from './broadcast/broadcast.ts';
import { type Config, makeConfig } from './config.ts';
import type { EngineOptions } from './contract.ts';
import type { Effect } from './effect.ts';
import type { Fact } from './fact.ts';
import { createFlow } from './flow/flow.ts';
import { createGuard } from './guard/guard.ts';
import { createHlcClock } from './identity/hlc.ts';
import { checkRegion } from './identity/presence-value.ts';
import { networkIdOf, readRecord, type SignedRecord } from './identity/record.ts';
import { createAuthoring } from './intake/authoring.ts';
import { createIntake } from './intake/intake.ts';
import { createFifo } from './lib/fifo.ts';
import type { Result } from './lib/result.ts';
import { createRng } from './lib/rng.ts';
import { createLiveness } from './liveness/liveness.ts';
import { createMetrics } from './metrics/metrics.ts';
import type { Modules, Parts } from './modules.ts';
import type { Outbox } from './outbox.ts';
import { createOverlay } from './overlay/overlay.ts';
import { createPolicy, defaultPolicy } from './policy/policy.ts';
import { createPresence, type Presence } from './presence/presence.ts';
import { createRefusal } from './refusal.ts';
import { createRelay } from './relay/relay.ts';
import { createEvents } from './store/events.ts';
import { createStore } from './store/store.ts';
import { createSync } from './sync/sync.ts';
import { createTransfer } from './transfer/transfer.ts';
import type { Hlc, Job, Now, PeerId } from './types.ts';
import { decodeFrame } from './wire/frame.ts';
import { createFrameEncoder } from './wire/frame-encoder.ts';

/** @throws HearsayError `bad-config` for settings, a policy or a region that cannot be used. */
export function assemble(options: EngineOptions, startedAt: Now): Parts {
  const { self, region } = options;
  checkRegion(region);
  const config: Config = makeConfig(options.config);
  const policy = createPolicy(options.policy ?? defaultPolicy);
  const networkId = networkIdOf(options.app, options.room, policy.terms);
  const rng = createRng(options.seed);
  const hlc = createHlcClock();
  const rttMs = (peer: PeerId): number | undefined => modules.liveness.rttMs(peer);
  const metrics = createMetrics(startedAt, rttMs);
  const facts = createFifo<Fact>();
  const encode = createFrameEncoder();
  let effects: Effect[] = [];
  let jobs = 0;
  let clock: Now = startedAt;
  const nextJob = (): Job => ++jobs as Job;

  const outbox: Outbox = {
    send(to, frame) {
      if (!modules.overlay.has(to)) return;
      const bytes = encode(frame);
      if (!flow.admit(to, frame.type, bytes.length, clock)) return;
      metrics.onFrameOut(frame.type, bytes.length);
      modules.liveness.onSent(to, clock);
      effects.push({ type: 'send', to, bytes });
    },
    isOpen: (to, load) => flow.isOpen(to, load, clock),
    effect(effect) {
      metrics.onEffect(effect);
      effects.push(effect);
    },
    fact: facts.push,
  };

  const flow = createFlow(config, outbox);
  const guard = createGuard(config, outbox);
  const read = options.read ?? readRecord;
  const readHere = (bytes: Uint8Array): Result<SignedRecord> => read(bytes, networkId);
  const intake = createIntake({
    config,
    outbox,
    nextJob,
    read: readHere,
    allows: policy.allows,
    admitAuthor: guard.admitAuthor,
    standingOf: (record): ReturnType<Presence['standingOf']> =>
      presence.standingOf(record) ?? modules.store.standingOf(record) ?? modules.aggregate.standingOf(record),
    onRestored: record => authoring.observe(record),
  });
  const isCongested = (): boolean => modules.broadcast.isCongested();
  const authoring = createAuthoring(
    { self, config, outbox, networkId, hlc, nextJob, onOwnRecord: intake.onOwnRecord, isCongested },
    startedAt,
  );
  const nextClock = (now: Now): Hlc => hlc.next(now.wall);
  const heldUntil = (): number => modules.liveness.heldUntil();
  const isAccusedSince = (peer: PeerId, hlc: number): boolean => modules.liveness.isAccusedSince(peer, hlc);
  const presence = createPresence(
    { self, nextClock, heldUntil, isAccusedSince, region, config, outbox, rng, inAdvance: authoring },
    startedAt,
  );
  const { census: members, hasMember: isMember } = presence;
  const saidAt = (peer: PeerId): number | undefined => modules.liveness.saidAt(peer);
  const modules: Modules = {
    flow,
    guard,
    intake,
    authoring,
    overlay: createOverlay(
      { self, region, config, outbox, rng, isBanned: guard.isBanned, rttMs, saidAt, sealKey: options.sealKey },
      startedAt,
    ),
    relay: createRelay({ self, config, outbox, rng, networkId, nextJob }),
    liveness: createLiveness({ self, region, config, outbox, rng, read: readHere, view: presence.viewSum }, startedAt),
    broadcast: createBroadcast({ self, config, outbox, rng, members, isMember }, startedAt),
    sync: createSync({ config, outbox, rng }),
    transfer: createTransfer({ config, outbox, isKnown: intake.isKnown }),
    store: createStore(self, config, outbox),
    events: createEvents(self, outbox),
    presence,
    aggregate: createAggregate({ self, region, config, outbox, members: presence }, startedAt),
    hlc,
  };

  return {
    modules,
    outbox,
    facts,
    metrics,
    networkId,
    decode: options.decode ?? decodeFrame,
    tick(now) {
      clock = now;
    },
    now: () => clock,
    takeEffects() {
      const taken = effects;
      effects = [];
      return taken;
    },
    refusal: createRefusal(self, policy, modules.store, authoring),
  };
}
