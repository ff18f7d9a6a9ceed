/**
 * Statements under this node's own key. A draft is effective here at once; it is signed and sent at the pace
 * that other peers admit from one author, and a newer draft of the same thing replaces one still waiting:
 * what is overtaken needs no signature. While links are behind, drafts wait here too, and the app is told.
 */
import type { Config } from '../config.ts';
import type { Fact } from '../fact.ts';
import { type HlcClock, wallMsOf } from '../identity/hlc.ts';
import { assemble, encodeBody, type Kind, type SignedRecord, type Statement, signedBytes } from '../identity/record.ts';
import { createTokenBucket } from '../lib/token-bucket.ts';
import type { Outbox } from '../outbox.ts';
import type { Hlc, Job, MonoMs, Now, PeerId, WallMs, Wire } from '../types.ts';

export interface Authoring {
  /** `validMs`: how long it counts; when absent, as long as its kind says. */
  state(kind: Kind, key: string, value: Wire, now: Now, validMs?: number): void;
  onSigned(job: Job, signature: Uint8Array, now: Now): void;
  /** Some link has room again, or is gone. */
  onLinkEased(now: Now): void;
  onWake(now: Now): void;
  nextWakeAt(): MonoMs | undefined;
  /** Is there room for one more draft? */
  hasRoom(kind: Kind, key: string): boolean;
  /** Makes a goodbye of `incarnation` ready that counts at least until then: `pagehide` cannot wait for a signature. */
  prepareFarewell(incarnation: Hlc, atLeastUntil: WallMs, now: Now): void;
  farewell(): SignedRecord | undefined;
  /** Makes a presence ready that is said when the page is stopped, which cannot wait either. It replaces the last one. */
  prepareNap(value: Wire, validMs: number, now: Now): void;
  /** As it was prepared last, once it is signed. */
  nap(): SignedRecord | undefined;
  /** Own records of an earlier run raise the sequence: the clock may have been set back since. */
  observe(record: SignedRecord): void;
  unsigned(): number;
}

export interface AuthoringTools {
  readonly self: PeerId;
  readonly config: Config;
  readonly outbox: Outbox;
  readonly networkId: Uint8Array;
  readonly hlc: HlcClock;
  readonly nextJob: () => Job;
  readonly onOwnRecord: (record: SignedRecord, now: Now) => void;
  /** Would a record only wait for links? */
  readonly isCongested: () => boolean;
}

/** `now`: to be said as soon as it is signed. */
type Purpose = 'now' | 'farewell' | 'nap';

type Draft = Extract<Fact, { type: 'record-drafted' }>['draft'] & { readonly validMs?: number | undefined };

/** Above this a sequence number is not believed: what storage spoilt must not use up all that are left. */
const MAX_SEQ = 2 ** 52;

export function createAuthoring(tools: AuthoringTools, startedAt: Now): Authoring {
  const { self, config, outbox } = tools;
  const share = createTokenBucket(config['guard.authorPerSecond'], config['guard.authorBurst'], startedAt.mono);
  const waiting = new Map<string, Draft>();
  const signing = new Map<
    Job,
    { readonly statement: Statement; readonly body: Uint8Array; readonly purpose: Purpose }
  >();
  let seq = Math.floor(startedAt.wall);
  let drafts = 0;
  let wakeAt: MonoMs | undefined;
  let backlog = false;
  let farewell: SignedRecord | undefined;
  let farewellUntil = 0;
  let nap: SignedRecord | undefined;
  let napJob: Job | undefined;
  let farewellOf: Hlc | undefined;

  const validityOf = (kind: Kind): number => {
    if (kind === 'accuse' || kind === 'unreach') return config['liveness.accusationMs'];
    if (kind === 'vouch') return config['liveness.vouchMs'];
    return config[kind === 'presence' ? 'presence.validMs' : 'intake.eventMs'];
  };

  const expiryOf = ({ kind, hlc, validMs }: Draft): WallMs => {
    if (kind === 'state' || kind === 'state-delete') return 0 as WallMs;
    return (wallMsOf(hlc) + (validMs ?? validityOf(kind))) as WallMs;
  };

  const sign = (draft: Draft, purpose: Purpose): Job => {
    seq += 1;
    const { author, kind, hlc, key, value } = draft;
    const statement: Statement = { author, kind, seq, hlc, exp: expiryOf(draft), key, value };
    const body = encodeBody(tools.networkId, statement);
    const job = tools.nextJob();
    signing.set(job, { statement, body, purpose });
    outbox.effect({ type: 'sign', job, bytes: signedBytes(body) });
    return job;
  };

  const flush = (now: Now): void => {
    const congested = waiting.size > 0 && tools.isCongested();
    let held = 0;
    for (const [slot, draft] of waiting) {
      // A word about who lives cannot wait, and is small.
      if (congested && !isUrgent(draft)) held += 1;
      else if (share.take(1, now.mono)) {
        waiting.delete(slot);
        sign(draft, 'now');
      } else break;
    }
    wakeAt = waiting.size === held ? undefined : ((now.mono + share.waitMs(1, now.mono)) as MonoMs);
    tellBacklog();
  };

  const tellBacklog = (): void => {
    if (backlog === waiting.size > 0) return;
    backlog = !backlog;
    outbox.effect({ type: 'deliver', delivery: { what: 'backlog', waiting: backlog } });
  };

  return {
    state(kind, key, value, now, validMs) {
      const draft: Draft = { author: self, kind, key, value, hlc: tools.hlc.next(now.wall), validMs };
      drafts += 1;
      const slot = kind === 'event' ? `event ${drafts}` : slotOf(kind, key);
      waiting.delete(slot);
      waiting.set(slot, draft);
      outbox.fact({ type: 'record-drafted', draft });
      flush(now);
    },

    onSigned(job, signature, now) {
      const made = signing.get(job);
      if (made === undefined) return;
      signing.delete(job);
      const record = assemble(made.statement, made.body, signature);
      tools.onOwnRecord(record, now);
      if (made.purpose === 'farewell') farewell = record;
      else if (made.purpose === 'nap') nap = job === napJob ? record : nap;
      else outbox.fact({ type: 'record-accepted', record, from: 'self', path: 'self' });
    },

    onLinkEased(now) {
      if (waiting.size > 0) flush(now);
    },

    onWake(now) {
      if (wakeAt !== undefined && now.mono >= wakeAt) flush(now);
    },

    nextWakeAt: () => wakeAt,
    hasRoom: (kind, key) =>
      waiting.size < config['intake.unsigned'] || (kind !== 'event' && waiting.has(slotOf(kind, key))),

    prepareFarewell(incarnation, atLeastUntil, now) {
      if (farewellOf === incarnation && farewellUntil >= atLeastUntil) return;
      farewellOf = incarnation;
      // Twice as long, or a presence that changes often would want a second signature each time.
      const validMs = 2 * (atLeastUntil - now.wall);
      farewellUntil = now.wall + validMs;
      const hlc = tools.hlc.next(now.wall);
      sign({ author: self, kind: 'leave', key: '', value: incarnation, hlc, validMs }, 'farewell');
    },

    farewell: () => farewell,

    prepareNap(value, validMs, now) {
      nap = undefined;
      const hlc = tools.hlc.next(now.wall);
      napJob = sign({ author: self, kind: 'presence', key: '', value, hlc, validMs }, 'nap');
    },

    nap: () => nap,
    observe(record) {
      if (record.author === self && record.seq <= MAX_SEQ) seq = Math.max(seq, record.seq);
    },
    unsigned: () => waiting.size + signing.size,
  };
}

function isUrgent({ kind }: Draft): boolean {
  return kind === 'presence' || kind === 'accuse' || kind === 'unreach' || kind === 'vouch' || kind === 'leave';
}

/** A set and a delete of one key are the same thing said differently. */
function slotOf(kind: Kind, key: string): string {
  return kind === 'state-delete' ? `state ${key}` : `${kind} ${key}`;
}
