/**
 * The composition: `handle(input, now) → effects`. What each input starts is here; who hears what comes of it is in
 * wiring.ts.
 */

import { assemble } from './assemble.ts';
import type { Engine, EngineOptions } from './contract.ts';
import { createDue, type LinkTalk } from './due.ts';
import type { Input } from './input.ts';
import type { Modules, Parts } from './modules.ts';
import type { Outbox } from './outbox.ts';
import { readStats } from './stats.ts';
import type { MonoMs, Now, PeerId } from './types.ts';
import type { Frame } from './wire/frame.ts';
import { react } from './wiring.ts';

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
        modules.relay.onStall(now);
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
  m.relay.sweep(now);
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
