/**
 * Statements under this node's own key. A draft is effective here at once; it is signed and sent at the pace
 * that other peers admit from one author, and a newer draft of the same thing replaces one still waiting:
 * what is overtaken needs no signature.
 */
import type { Config } from '../config.ts';
import type { Fact } from '../fact.ts';
import { type HlcClock, wallMsOf } from '../identity/hlc.ts';
import { assemble, encodeBody, type Kind, type SignedRecord, type Statement, signedBytes } from '../identity/record.ts';
import { createTokenBucket } from '../lib/token-bucket.ts';
import type { Outbox } from '../outbox.ts';
import type { Hlc, Job, MonoMs, Now, PeerId, WallMs, Wire } from '../types.ts';

export interface Authoring {
  state(kind: Kind, key: string, value: Wire, now: Now): void;
  onSigned(job: Job, signature: Uint8Array, now: Now): void;
  onWake(now: Now): void;
  nextWakeAt(): MonoMs | undefined;
  /** Is there room for one more draft? */
  hasRoom(kind: Kind, key: string): boolean;
  /** Makes the goodbye of `incarnation` ready: `pagehide` cannot wait for a signature. */
  prepareFarewell(incarnation: Hlc, now: Now): void;
  farewell(): SignedRecord | undefined;
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
}

type Draft = Extract<Fact, { type: 'record-drafted' }>['draft'];

/** A goodbye stays valid for a day; tabs that live longer re-sign it with each presence after half of it. */
const FAREWELL_VALID_MS = 86_400_000;

export function createAuthoring(tools: AuthoringTools, startedAt: Now): Authoring {
  const { self, config, outbox } = tools;
  const share = createTokenBucket(config['guard.authorPerSecond'], config['guard.authorBurst'], startedAt.mono);
  const waiting = new Map<string, Draft>();
  const signing = new Map<
    Job,
    { readonly statement: Statement; readonly body: Uint8Array; readonly farewell: boolean }
  >();
  let seq = Math.floor(startedAt.wall);
  let drafts = 0;
  let wakeAt: MonoMs | undefined;
  let farewell: SignedRecord | undefined;

  const expiryOf = (kind: Kind, said: WallMs): WallMs => {
    if (kind === 'state' || kind === 'state-delete') return 0 as WallMs;
    const validMs =
      kind === 'presence'
        ? config['presence.validMs']
        : kind === 'accuse'
          ? config['liveness.accusationMs']
          : kind === 'leave'
            ? FAREWELL_VALID_MS
            : config['intake.eventMs'];
    return (said + validMs) as WallMs;
  };

  const sign = (draft: Draft, isFarewell: boolean): void => {
    seq += 1;
    const statement: Statement = { ...draft, seq, exp: expiryOf(draft.kind, wallMsOf(draft.hlc)) };
    const body = encodeBody(tools.networkId, statement);
    const job = tools.nextJob();
    signing.set(job, { statement, body, farewell: isFarewell });
    outbox.effect({ type: 'sign', job, bytes: signedBytes(body) });
  };

  const flush = (now: Now): void => {
    for (const [slot, draft] of waiting) {
      if (!share.take(1, now.mono)) break;
      waiting.delete(slot);
      sign(draft, false);
    }
    wakeAt = waiting.size === 0 ? undefined : ((now.mono + share.waitMs(1, now.mono)) as MonoMs);
  };

  return {
    state(kind, key, value, now) {
      const draft: Draft = { author: self, kind, key, value, hlc: tools.hlc.next(now.wall) };
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
      if (made.farewell) farewell = record;
      else outbox.fact({ type: 'record-accepted', record, from: 'self', path: 'self' });
    },

    onWake(now) {
      if (wakeAt !== undefined && now.mono >= wakeAt) flush(now);
    },

    nextWakeAt: () => wakeAt,
    hasRoom: (kind, key) =>
      waiting.size < config['intake.unsigned'] || (kind !== 'event' && waiting.has(slotOf(kind, key))),

    prepareFarewell(incarnation, now) {
      if (farewell !== undefined && farewell.exp - now.wall > FAREWELL_VALID_MS / 2) return;
      sign({ author: self, kind: 'leave', key: '', value: incarnation, hlc: tools.hlc.next(now.wall) }, true);
    },

    farewell: () => farewell,
    unsigned: () => waiting.size + signing.size,
  };
}

/** A set and a delete of one key are the same thing said differently. */
function slotOf(kind: Kind, key: string): string {
  return kind === 'state-delete' ? `state ${key}` : `${kind} ${key}`;
}
