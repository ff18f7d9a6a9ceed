/**
 * The composition: `handle(input, now) → effects`. The only file that knows every module. `react` below is the
 * wiring diagram: who hears which fact, in which order.
 */

import { createAggregate } from './aggregate/aggregate.ts';
import { createBroadcast } from './broadcast/broadcast.ts';
import { type Config, makeConfig } from './config.ts';
import type { Engine, EngineOptions } from './contract.ts';
import { createDue, type LinkTalk } from './due.ts';
import type { Effect } from './effect.ts';
import type { Fact } from './fact.ts';
import { createFlow } from './flow/flow.ts';
import { createGuard } from './guard/guard.ts';
import { createHlcClock } from './identity/hlc.ts';
import { checkRegion } from './identity/presence-value.ts';
import { networkIdOf, readRecord, type SignedRecord } from './identity/record.ts';
import type { Input } from './input.ts';
import { createAuthoring } from './intake/authoring.ts';
import { createIntake } from './intake/intake.ts';
import { createFifo } from './lib/fifo.ts';
import type { Result } from './lib/result.ts';
import { createRng } from './lib/rng.ts';
import { createLiveness } from './liveness/liveness.ts';
import { createMetrics } from './metrics/metrics.ts';
import type { Outbox } from './outbox.ts';
import { createOverlay } from './overlay/overlay.ts';
import { createPolicy, defaultPolicy } from './policy/policy.ts';
import { createPresence, type Presence } from './presence/presence.ts';
import { createRefusal } from './refusal.ts';
import { createRelay } from './relay/relay.ts';
import { readStats } from './stats.ts';
import { createEvents } from './store/events.ts';
import { createStore } from './store/store.ts';
import { createSync } from './sync/sync.ts';
import { createTransfer } from './transfer/transfer.ts';
import type { Hlc, Job, MonoMs, Now, PeerId } from './types.ts';
import { decodeFrame, type Frame } from './wire/frame.ts';
import { createFrameEncoder } from './wire/frame-encoder.ts';

export type { Engine, EngineOptions } from './contract.ts';

/** More facts from one input than any frame can cause: two modules are talking in a circle. */
const MAX_FACTS_PER_INPUT = 100_000;
/** A wake this late means that this node was stopped, and its silence about others proves nothing. */
const STALL_MS = 1_500;

/** @throws HearsayError `bad-config` for settings, a policy or a region that cannot be used. */
export function createEngine(options: EngineOptions, startedAt: Now): Engine {
  const parts = assemble(options, startedAt);
  const { modules, facts, takeEffects, metrics } = parts;
  let wakeAt: MonoMs | undefined;
  let handledAt = startedAt.mono;

  const due = createDue(modules);

  /** How many there were. */
  const drain = (now: Now): number => {
    let handled = 0;
    for (let fact = facts.shift(); fact !== undefined; fact = facts.shift()) {
      if (++handled > MAX_FACTS_PER_INPUT) throw new Error(`facts go in a circle: ${fact.type}`);
      metrics.onFact(fact, now);
      react(modules, fact, now);
    }
    return handled;
  };

  return {
    handle(input, now) {
      metrics.onInput(input);
      // Counted from the last input as well: a backlog that comes before the late wake is one stall, not many.
      const stalledMs = wakeAt === undefined ? 0 : now.mono - Math.max(wakeAt, handledAt);
      if (stalledMs > STALL_MS) {
        modules.flow.onStall(stalledMs);
        modules.liveness.onStall(stalledMs, now);
        modules.presence.onStall(stalledMs, now);
        modules.sync.onStall(now);
        modules.overlay.onStall(now);
      }
      handledAt = now.mono;
      parts.tick(now);
      const isLinkTalk = input.type === 'frame' && onFrame(parts, input.from, input.bytes, now);
      if (input.type === 'leave') leave(parts, drain, now);
      else if (input.type !== 'frame') enter(parts, input, now);
      const handled = drain(now);
      // A page that stops sends nothing after this input.
      if (input.type === 'activity') modules.broadcast.flush(now);
      wakeAt = due(isLinkTalk && handled === 0 && stalledMs <= STALL_MS);
      return takeEffects();
    },
    nextWakeAt: () => wakeAt,
    refusal: parts.refusal,
    networkId: parts.networkId,
    neighbours: () => modules.overlay.neighbours().map(link => ({ ...link, rttMs: modules.liveness.rttMs(link.peer) })),
    status: () => modules.overlay.status(),
    stats: () => readStats(modules, metrics.read(), parts.now()),
    estimates: () => modules.aggregate.estimates(parts.now()),
  };
}

type Parts = ReturnType<typeof assemble>;
type Modules = Parts['modules'];

function assemble(options: EngineOptions, startedAt: Now) {
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
  const { onOwnRecord } = intake;
  const isCongested = (): boolean => modules.broadcast.isCongested();
  const authoring = createAuthoring(
    { self, config, outbox, networkId, hlc, nextJob, onOwnRecord, isCongested },
    startedAt,
  );
  const inAdvance = authoring;
  const nextClock = (now: Now): Hlc => hlc.next(now.wall);
  const heldUntil = (): number => modules.liveness.heldUntil();
  const presence = createPresence({ self, nextClock, heldUntil, region, config, outbox, rng, inAdvance }, startedAt);
  const { census: members, hasMember: isMember } = presence;
  const saidAt = (peer: PeerId): number | undefined => modules.liveness.saidAt(peer);
  const modules = {
    flow,
    guard,
    intake,
    authoring,
    overlay: createOverlay(
      { self, region, config, outbox, rng, isBanned: guard.isBanned, rttMs, saidAt, sealKey: options.sealKey },
      startedAt,
    ),
    relay: createRelay({ self, config, outbox, rng, networkId, nextJob }),
    liveness: createLiveness({ self, config, outbox, rng, read: readHere, view: presence.viewSum }, startedAt),
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
    tick(now: Now): void {
      clock = now;
    },
    now: () => clock,
    takeEffects(): readonly Effect[] {
      const taken = effects;
      effects = [];
      return taken;
    },
    refusal: createRefusal(self, policy, modules.store, authoring),
  };
}

/** What each input starts. */
function enter({ modules, outbox }: Parts, input: Exclude<Input, { type: 'leave' | 'frame' }>, now: Now): void {
  switch (input.type) {
    // Each knows its own jobs.
    case 'verified':
      modules.relay.onVerified(input.job, input.ok, now);
      return modules.intake.onVerified(input.job, input.ok, now);
    case 'signed':
      modules.relay.onSigned(input.job, input.signature, now);
      return modules.authoring.onSigned(input.job, input.signature, now);
    case 'link-drained':
      modules.flow.onDrained(input.peer, input.waiting, now);
      return onLinkEased(modules, input.peer, now);
    case 'publish':
      if (input.kind === 'presence') return modules.presence.update(input.value, now);
      return modules.authoring.state(input.kind, input.key, input.value, now);
    case 'restore':
      for (const bytes of input.records) outbox.fact({ type: 'record-offered', bytes, from: 'storage', path: 'sync' });
      return;
    case 'wake':
      return wake(modules, now);
    case 'activity':
      return modules.presence.onActivity(input.state, now);
    case 'server-signal':
      return modules.relay.onServerSignal(input.from, input.payload, now);
    case 'server-unreachable':
      modules.relay.onServerUnreachable(input.peer, now);
      return modules.overlay.onInput(input, now);
    case 'rendezvous-up':
    case 'rendezvous-down':
      modules.relay.onServer(input.type === 'rendezvous-up');
      return modules.overlay.onInput(input, now);
    default:
      return modules.overlay.onInput(input, now);
  }
}

/** Fresh records before old ones, and our own words when neither wait any more. */
function onLinkEased({ broadcast, sync, transfer, authoring }: Modules, peer: PeerId, now: Now): void {
  broadcast.onLinkDrained(peer, now);
  sync.onLinkDrained(peer, now);
  transfer.onLinkDrained(peer, now);
  authoring.onLinkEased(now);
}

/** Wakes those whose time has come, in this order: a heartbeat need not follow what broadcast has just sent. */
function wake(m: Modules, now: Now): void {
  for (const module of [
    m.authoring,
    m.broadcast,
    m.sync,
    m.transfer,
    m.liveness,
    m.presence,
    m.overlay,
    m.aggregate,
    m.flow,
  ]) {
    const at = module.nextWakeAt();
    if (at !== undefined && at <= now.mono) module.onWake(now);
  }
  for (const peer of m.flow.takePaced(now)) onLinkEased(m, peer, now);
  // A tick may have emptied a queue into a link that is not full, and of which the host will say nothing.
  m.authoring.onLinkEased(now);
}

/** The goodbye goes out first, then the links close. */
function leave({ modules, outbox }: Parts, drain: (now: Now) => void, now: Now): void {
  const record = modules.authoring.farewell();
  if (record !== undefined) outbox.fact({ type: 'record-accepted', record, from: 'self', path: 'self' });
  drain(now);
  modules.broadcast.flush(now);
  modules.overlay.onInput({ type: 'leave' }, now);
}

/** Guard, gate, then the module that speaks this frame. True: only broadcast, liveness and flow have heard of it. */
function onFrame({ modules, outbox, metrics, decode }: Parts, from: PeerId, bytes: Uint8Array, now: Now): boolean {
  if (!modules.liveness.onHeard(from, now)) {
    metrics.onRefused('not a neighbour');
    return false;
  }
  if (!modules.guard.admit(from, bytes.length, now)) {
    outbox.fact({ type: 'misbehaved', peer: from, offence: 'over-rate', detail: 'frame' });
    return false;
  }
  const decoded = decode(bytes);
  if (!decoded.ok) {
    outbox.fact({ type: 'misbehaved', peer: from, offence: 'bad-frame', detail: decoded.code });
    return false;
  }
  const frame = decoded.value;
  switch (frame.type) {
    case 'ihave':
    case 'graft':
    case 'prune':
    case 'grow':
    case 'pull':
      modules.broadcast.onFrame(from, frame, now);
      return true;
    case 'pong':
      modules.aggregate.onPong(from, frame.view);
      modules.liveness.onFrame(from, frame, now);
      return true;
    case 'ping':
      modules.liveness.onFrame(from, frame, now);
      return true;
    case 'heartbeat':
      return true;
    default:
      hand(modules, outbox, from, frame, now);
      return false;
  }
}

/** To the module that speaks this frame. */
function hand(m: Modules, outbox: Outbox, from: PeerId, frame: Exclude<Frame, LinkTalk>, now: Now): void {
  switch (frame.type) {
    case 'push':
      for (const record of frame.records) outbox.fact({ type: 'record-offered', bytes: record, from, path: 'push' });
      return;
    case 'offer':
      m.sync.onOffer(from, now);
      return m.transfer.onFrame(from, frame, now);
    case 'fetch':
    case 'chunk':
      return m.transfer.onFrame(from, frame, now);
    case 'sync':
    case 'delta':
    case 'done':
      return m.sync.onFrame(from, frame, now);
    case 'relay':
      return m.relay.onFrame(from, frame, now);
    default:
      return m.overlay.onFrame(from, frame, now);
  }
}

/** The wiring: who hears what, in this order. */
function react(m: Modules, fact: Fact, now: Now): void {
  switch (fact.type) {
    case 'neighbour-up':
      return onNeighbourUp(m, fact, now);
    case 'neighbour-down':
      return onNeighbourDown(m, fact, now);
    case 'record-coming':
      return m.broadcast.onRecordComing(fact.id, now);
    case 'link-overflowed':
      return m.overlay.onLinkOverflowed(fact.peer, now);
    case 'neighbour-silent':
      return m.overlay.onNeighbourSilent(fact.peer, now);
    case 'peer-suspected':
      return m.presence.onPeerSuspected(fact.peer);
    case 'peer-cleared':
      return m.presence.onPeerCleared(fact.peer);
    case 'peer-unreachable':
      return onPeerUnreachable(m, fact, now);
    case 'probed':
      return m.liveness.onProbed(fact.by, fact.session, now);
    case 'peer-failed':
      return m.presence.onPeerFailed(fact, now);
    case 'self-suspected':
      return m.presence.onSelfSuspected(now);
    case 'statement-wanted':
      return m.authoring.state(fact.kind, fact.key, fact.value, now, fact.validMs);
    case 'nap-wanted':
      return m.authoring.prepareNap(fact.value, fact.validMs, now);
    case 'record-drafted':
      return m.store.onRecordDrafted(fact.draft);
    case 'record-offered':
      return m.intake.onRecordOffered(fact, now);
    case 'record-accepted':
      return onRecordAccepted(m, fact, now);
    case 'record-stored':
      return onRecordStored(m, fact, now);
    case 'record-dropped':
      return onRecordDropped(m, fact);
    case 'member-joined':
      return m.overlay.onMemberJoined(fact.peer, fact.region, now);
    case 'member-asleep':
      return m.overlay.onMemberAsleep(fact.peer, now);
    case 'member-gone':
      return onMemberGone(m, fact, now);
    case 'peer-doubted':
      return m.liveness.onPeerDoubted(fact.peer, now);
    case 'many-failed':
      return m.presence.onManyFailed(now);
    case 'sync-ended':
      return m.intake.onSyncEnded();
    case 'caught-up':
      return onCaughtUp(m);
    case 'peer-named':
      return m.relay.onPeerNamed(fact.peer, fact.by);
    case 'signal-out':
      return m.relay.onSignalOut(fact, now);
    case 'signal-in':
      return m.overlay.onSignalIn(fact, now);
    case 'misbehaved':
      return m.guard.onMisbehaved(fact, now);
    case 'peer-banned':
      return m.overlay.onPeerBanned(fact.peer, now);
    case 'server-left':
      return m.relay.onServer(false);
    case 'record-duplicate':
      return onRecordDuplicate(m, fact, now);
    case 'record-ignored':
      return;
  }
}

function onCaughtUp(m: Modules): void {
  m.aggregate.onCaughtUp();
  m.overlay.onCaughtUp();
}

function onRecordStored(m: Modules, fact: Extract<Fact, { type: 'record-stored' }>, now: Now): void {
  const { record, from, path, isRenewal } = fact;
  m.intake.onRecordStored(record);
  m.liveness.onRecordStored(record, now);
  m.broadcast.onRecordStored(record, from, path, now, isRenewal);
  m.sync.onRecordStored(fact, now);
  m.transfer.onRecordStored(fact);
}

function onNeighbourUp(m: Modules, { peer, outbound }: Extract<Fact, { type: 'neighbour-up' }>, now: Now): void {
  m.liveness.onNeighbourUp(peer, now);
  m.relay.onNeighbourUp(peer, now);
  m.broadcast.onNeighbourUp(peer, outbound, now);
  m.sync.onNeighbourUp(peer, outbound, now);
}

function onRecordDropped(m: Modules, { record }: Extract<Fact, { type: 'record-dropped' }>): void {
  m.broadcast.onRecordDropped(record);
  m.transfer.onRecordDropped(record);
  m.sync.onRecordDropped(record);
}

/** For links and ways it is gone, whatever the verdict will be. */
function onPeerUnreachable(m: Modules, { peer }: Extract<Fact, { type: 'peer-unreachable' }>, now: Now): void {
  m.presence.onPeerUnreachable(peer);
  m.overlay.onMemberGone(peer, 'failed', now);
  m.relay.onMemberGone(peer);
}

function onMemberGone(m: Modules, { peer, reason }: Extract<Fact, { type: 'member-gone' }>, now: Now): void {
  m.overlay.onMemberGone(peer, reason, now);
  m.liveness.onMemberGone(peer);
  m.relay.onMemberGone(peer);
}

function onRecordDuplicate(m: Modules, fact: Extract<Fact, { type: 'record-duplicate' }>, now: Now): void {
  m.presence.onRecordDuplicate(fact.record, fact.path, now);
  m.broadcast.onRecordDuplicate(fact.record.id, fact.from, fact.path, now);
}

function onNeighbourDown(m: Modules, fact: Extract<Fact, { type: 'neighbour-down' }>, now: Now): void {
  m.liveness.onNeighbourDown(fact.peer, fact.reason, now);
  m.relay.onNeighbourDown(fact.peer);
  m.broadcast.onNeighbourDown(fact.peer, now);
  m.sync.onNeighbourDown(fact.peer, now);
  m.transfer.onNeighbourDown(fact.peer, now);
  m.flow.onNeighbourDown(fact.peer);
  m.authoring.onLinkEased(now);
  m.guard.onNeighbourDown(fact.peer);
  m.aggregate.onNeighbourDown(fact.peer);
}

function onRecordAccepted(m: Modules, fact: Extract<Fact, { type: 'record-accepted' }>, now: Now): void {
  const { record, from, path } = fact;
  m.hlc.observe(record.hlc);
  m.authoring.observe(record);
  m.relay.onRecordAccepted(record.author, from);
  m.broadcast.onRecordAccepted(record, from, now);
  m.liveness.onRecordAccepted(record, from, path, now);
  switch (record.kind) {
    case 'state':
    case 'state-delete':
      return m.store.onRecordAccepted(record, from, path);
    case 'event':
      return m.events.onRecordAccepted(record, from, path);
    case 'presence':
    case 'leave':
      return m.presence.onRecordAccepted(record, from, path, now);
    case 'here':
      return m.aggregate.onRecordAccepted(record, from, path, now);
    case 'vouch':
      return m.liveness.onVouch(record, from, now);
    case 'accuse':
      return;
  }
}
