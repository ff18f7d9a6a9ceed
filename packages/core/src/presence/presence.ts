/**
 * Who is here now. A presence record is `[incarnation, value]`; the newest of each author counts. It ends by
 * the author's own goodbye for that incarnation, by its failure, or when it is not renewed: counted from when
 * *this* node received it, never by a remote clock.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import type { Config } from '../config.ts';
import type { Fact, Path, Source } from '../fact.ts';
import { wallMsOf } from '../identity/hlc.ts';
import { isNewer, type SignedRecord } from '../identity/record.ts';
import type { Delivery } from '../input.ts';
import { toHex, utf8 } from '../lib/bytes.ts';
import { createExpiringMap, type ExpiringMap } from '../lib/expiring-map.ts';
import type { Rng } from '../lib/rng.ts';
import type { Outbox } from '../outbox.ts';
import type { Hlc, MonoMs, Now, PeerId, Wire } from '../types.ts';

export interface Presence {
  /** The app's own presence. Stated at once, and again before it would expire. */
  update(value: Wire, now: Now): void;
  onRecordAccepted(record: SignedRecord, from: Source, path: Path, now: Now): void;
  onPeerSuspected(peer: PeerId): void;
  onPeerCleared(peer: PeerId): void;
  onPeerFailed(fact: Extract<Fact, { type: 'peer-failed' }>, now: Now): void;
  /** Who was watched by those that failed is watched by nobody: only the living restate their presence in time. */
  onManyFailed(now: Now): void;
  /** Somebody takes this node for dead: say otherwise. */
  onSelfSuspected(now: Now): void;
  /** This node was stopped: it could not hear renewals, so nobody expires before there was time to catch up. */
  onStall(stalledMs: number, now: Now): void;
  onWake(now: Now): void;
  nextWakeAt(): MonoMs | undefined;
  /** Others present. */
  size(): number;
  /** 16 hex characters, equal on peers that see the same members, themselves included. */
  viewHash(): string;
}

/** An author's newest word: its presence, or the goodbye that ended it. */
interface Slot {
  readonly record: SignedRecord;
  readonly incarnation: number;
  readonly present: boolean;
  until: MonoMs;
  suspect: boolean;
}

interface PresenceTools {
  readonly self: PeerId;
  readonly incarnation: Hlc;
  readonly config: Config;
  readonly outbox: Outbox;
  readonly rng: Rng;
  readonly prepareFarewell: (incarnation: Hlc, now: Now) => void;
}

/** Own presence is not stated more often than this in answer to accusations: they must not become a lever. */
const REFUTE_EVERY_MS = 1_000;
const EXPIRY_CHECK_MS = 1_000;
/** Refreshes have ±20 %; the rest is time to arrive. */
const ONE_REFRESH = 1.35;

export function createPresence(tools: PresenceTools): Presence {
  const { self, config, outbox } = tools;
  const slots = new Map<PeerId, Slot>();
  const failed: ExpiringMap<PeerId, number> = createExpiringMap(
    config['presence.maxAuthors'],
    config['presence.validMs'] + 2 * config['intake.skewMs'],
  );
  let own: Wire | undefined;
  let ownSaidAt = Number.NEGATIVE_INFINITY;
  let refreshAt: number | undefined;
  let checkAt: number | undefined;
  let others = 0;

  const deliver = (delivery: Delivery): void => outbox.effect({ type: 'deliver', delivery });

  const state = (now: Now): void => {
    tools.prepareFarewell(tools.incarnation, now);
    outbox.fact({ type: 'statement-wanted', kind: 'presence', key: '', value: [tools.incarnation, own ?? null] });
    ownSaidAt = now.mono;
    refreshAt = now.mono + tools.rng.jitter(config['presence.refreshMs'], 0.2);
  };

  const show = (slot: Slot): void => {
    const [incarnation, presence] = slot.record.value as readonly [Hlc, Wire];
    const joinedAtMs = wallMsOf(incarnation);
    const status = slot.suspect ? 'suspect' : 'alive';
    deliver({ what: 'presence', peer: slot.record.author, presence, joinedAtMs, status });
  };

  const remove = (peer: PeerId, slot: Slot, reason: 'left' | 'failed' | 'expired'): void => {
    slots.delete(peer);
    outbox.fact({ type: 'record-dropped', record: slot.record });
    if (!slot.present || peer === self) return;
    others -= 1;
    deliver({ what: 'presence-gone', peer, reason });
    outbox.fact({ type: 'member-gone', peer, reason });
  };

  const ignore = (reason: 'superseded' | 'quota'): void => outbox.fact({ type: 'record-ignored', reason });

  const accept = (record: SignedRecord, slot: Slot, from: Source, path: Path): void => {
    const old = slots.get(record.author);
    if (old !== undefined) outbox.fact({ type: 'record-dropped', record: old.record });
    slots.set(record.author, slot);
    if (record.author !== self) {
      const joined = slot.present && !(old?.present ?? false);
      if (joined) {
        others += 1;
        outbox.fact({ type: 'member-joined', peer: record.author });
      }
      if (slot.present) show(slot);
    }
    outbox.fact({ type: 'record-stored', record, from, path, kept: true });
  };

  const onPresence = (record: SignedRecord, from: Source, path: Path, now: Now): void => {
    const { author } = record;
    const old = slots.get(author);
    const incarnation = (record.value as readonly Wire[])[0] as number;
    failed.expire(now.mono);
    if (record.hlc <= (failed.get(author) ?? -1)) return ignore('superseded');
    if (old?.present === false && incarnation <= old.incarnation) return ignore('superseded');
    if (old?.present === true && !isNewer(record, old.record)) return ignore('superseded');
    if (old === undefined && slots.size >= config['presence.maxAuthors']) return ignore('quota');
    failed.delete(author);
    const until = (now.mono + validity(record, config)) as MonoMs;
    accept(record, { record, incarnation, present: true, until, suspect: false }, from, path);
  };

  const onLeave = (record: SignedRecord, from: Source, path: Path, now: Now): void => {
    const { author } = record;
    const old = slots.get(author);
    const incarnation = record.value as number;
    if (old !== undefined && (old.present ? incarnation < old.incarnation : incarnation <= old.incarnation)) {
      return ignore('superseded');
    }
    if (old === undefined && slots.size >= config['presence.maxAuthors']) return ignore('quota');
    if (old?.present === true) remove(author, old, 'left');
    // Kept for as long as a copy of the presence it ends could still come from somebody who missed it.
    const until = (now.mono + config['presence.validMs'] + 2 * config['intake.skewMs']) as MonoMs;
    accept(record, { record, incarnation, present: false, until, suspect: false }, from, path);
  };

  return {
    update(value, now) {
      own = value;
      state(now);
    },

    onRecordAccepted(record, from, path, now) {
      checkAt ??= now.mono + EXPIRY_CHECK_MS;
      if (record.kind === 'leave') onLeave(record, from, path, now);
      else onPresence(record, from, path, now);
    },

    onPeerSuspected(peer) {
      const slot = slots.get(peer);
      if (slot === undefined || !slot.present || slot.suspect) return;
      slot.suspect = true;
      show(slot);
    },

    onPeerCleared(peer) {
      const slot = slots.get(peer);
      if (slot === undefined || !slot.suspect) return;
      slot.suspect = false;
      if (slot.present) show(slot);
    },

    onPeerFailed({ peer, hlc }, now) {
      const slot = slots.get(peer);
      if (slot === undefined || !slot.present || slot.record.hlc > hlc) return;
      failed.set(peer, hlc, now.mono);
      remove(peer, slot, 'failed');
    },

    onManyFailed(now) {
      const until = (now.mono + ONE_REFRESH * config['presence.refreshMs']) as MonoMs;
      for (const [peer, slot] of slots) if (slot.present && peer !== self && slot.until > until) slot.until = until;
    },

    onSelfSuspected(now) {
      if (own === undefined) return;
      if (now.mono - ownSaidAt >= REFUTE_EVERY_MS) state(now);
      else refreshAt = Math.min(refreshAt ?? Number.POSITIVE_INFINITY, ownSaidAt + REFUTE_EVERY_MS);
    },

    onStall(stalledMs, now) {
      const graceUntil = now.mono + Math.min(stalledMs, config['presence.refreshMs']);
      for (const slot of slots.values()) slot.until = Math.max(slot.until, graceUntil) as MonoMs;
    },

    onWake(now) {
      if (refreshAt !== undefined && now.mono >= refreshAt) state(now);
      if (checkAt === undefined || now.mono < checkAt) return;
      checkAt = slots.size > 0 ? now.mono + EXPIRY_CHECK_MS : undefined;
      for (const [peer, slot] of slots) if (now.mono >= slot.until) remove(peer, slot, 'expired');
    },

    nextWakeAt: () => {
      const next = Math.min(refreshAt ?? Number.POSITIVE_INFINITY, checkAt ?? Number.POSITIVE_INFINITY);
      return next === Number.POSITIVE_INFINITY ? undefined : (next as MonoMs);
    },
    size: () => others,
    viewHash: () => {
      const members = [
        self,
        ...[...slots].filter(([peer, slot]) => slot.present && peer !== self).map(([peer]) => peer),
      ];
      return toHex(sha256(utf8(members.sort().join(' '))).subarray(0, 8));
    },
  };
}

/** How long a presence counts from its receipt, ms. An author may ask for less than the room's, not for more. */
function validity(record: SignedRecord, config: Config): number {
  return Math.min(config['presence.validMs'], Math.max(0, record.exp - wallMsOf(record.hlc)));
}
