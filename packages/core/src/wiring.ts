/** Which module hears which fact, in which order. */
import type { Fact } from './fact.ts';
import type { Modules } from './modules.ts';
import type { Now } from './types.ts';

/** The wiring diagram. */
export function react(m: Modules, fact: Fact, now: Now): void {
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
    case 'peers-cleared':
      return m.presence.onPeersCleared(fact.peers);
    case 'peers-unreachable':
      return onPeersUnreachable(m, fact, now);
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
  if (fact.kept) record.rest();
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

/** For links and ways they are gone, whatever the verdict will be. */
function onPeersUnreachable(m: Modules, fact: Extract<Fact, { type: 'peers-unreachable' }>, now: Now): void {
  for (const peer of fact.peers) {
    m.presence.onPeerUnreachable(peer, fact.isCut);
    m.overlay.onMemberGone(peer, 'failed', now);
    m.relay.onMemberGone(peer);
  }
}

function onMemberGone(m: Modules, { peer, reason }: Extract<Fact, { type: 'member-gone' }>, now: Now): void {
  m.overlay.onMemberGone(peer, reason, now);
  m.liveness.onMemberGone(peer, now);
  m.relay.onMemberGone(peer);
}

function onRecordDuplicate(m: Modules, fact: Extract<Fact, { type: 'record-duplicate' }>, now: Now): void {
  m.presence.onRecordDuplicate(fact.record, fact.path, now);
  m.broadcast.onRecordDuplicate(fact.record, fact.from, fact.path, now);
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
    case 'unreach':
      return;
  }
}
