/**
 * The one door for records. What comes from the network is judged cheap checks first; only what passes them
 * costs a signature check, and only a good signature makes an id "seen": marking it on arrival would let one
 * forged copy censor the genuine record. Own statements leave through the same door.
 */
import type { Config } from '../config.ts';
import type { Fact, Ignored, Path, Source } from '../fact.ts';
import { wallMsOf } from '../identity/hlc.ts';
import { msLeft } from '../identity/lifetime.ts';
import { bodyOf, type SignedRecord, signatureOf, signedBytes } from '../identity/record.ts';
import { equalBytes } from '../lib/bytes.ts';
import { createExpiringSet, type ExpiringSet } from '../lib/expiring-set.ts';
import type { Result } from '../lib/result.ts';
import type { Outbox } from '../outbox.ts';
import type { Job, Now, PeerId, RecordId } from '../types.ts';

export interface Intake {
  onRecordOffered(fact: Extract<Fact, { type: 'record-offered' }>, now: Now): void;
  onVerified(job: Job, ok: boolean, now: Now): void;
  /** Whoever keeps it knows a copy by itself: one id for each refresh of each member would be too many. */
  onRecordStored(record: SignedRecord): void;
  /** A record made by this node itself: known from now on. */
  onOwnRecord(record: SignedRecord, now: Now): void;
  /** When the first sync session has ended and all it brought is judged: fact `caught-up`, once. */
  onSyncEnded(): void;
  /** Judged already, or being judged. */
  isKnown(id: RecordId): boolean;
  pending(): number;
}

export interface IntakeTools {
  readonly config: Config;
  readonly outbox: Outbox;
  readonly read: (bytes: Uint8Array) => Result<SignedRecord>;
  readonly allows: (record: SignedRecord) => boolean;
  readonly admitAuthor: (author: PeerId, now: Now) => boolean;
  readonly nextJob: () => Job;
  /** Is it what is kept, or would it change nothing even if it were genuine? */
  readonly standingOf: (record: SignedRecord) => 'kept' | 'overtaken' | undefined;
  /** Something that storage kept, before it is judged. */
  readonly onRestored: (record: SignedRecord) => void;
}

interface Copy {
  readonly record: SignedRecord;
  readonly from: Source;
  readonly path: Path;
}

interface Pending {
  job: Job;
  current: Copy;
  readonly alternates: Copy[];
}

export function createIntake(tools: IntakeTools): Intake {
  const { config, outbox } = tools;
  const seen: ExpiringSet<RecordId> = createExpiringSet(config['intake.seen'], config['intake.seenMs']);
  const pending = new Map<RecordId, Pending>();
  const jobs = new Map<Job, RecordId>();
  /** Caught up once every job up to this one is answered. */
  let waitFor: Job | undefined;
  let caughtUp = false;

  const ignore = (reason: Ignored): void => outbox.fact({ type: 'record-ignored', reason });

  const duplicate = ({ record, from, path }: Copy): void =>
    outbox.fact({ type: 'record-duplicate', record, from, path });

  const verify = (entry: Pending): void => {
    entry.job = tools.nextJob();
    const { record } = entry.current;
    jobs.set(entry.job, record.id);
    outbox.effect({
      type: 'verify',
      job: entry.job,
      key: record.author,
      signature: signatureOf(record),
      bytes: signedBytes(bodyOf(record)),
    });
  };

  const settle = (): void => {
    if (caughtUp || waitFor === undefined) return;
    const oldest = jobs.keys().next().value;
    if (oldest !== undefined && oldest <= waitFor) return;
    caughtUp = true;
    outbox.fact({ type: 'caught-up' });
  };

  const addAlternate = (entry: Pending, copy: Copy): void => {
    const tried = [entry.current, ...entry.alternates];
    const signature = signatureOf(copy.record);
    const known = tried.some(({ record }) => equalBytes(signatureOf(record), signature));
    if (known || entry.alternates.length >= config['intake.alternates']) duplicate(copy);
    else entry.alternates.push(copy);
  };

  return {
    onRecordOffered({ bytes, from, path }, now) {
      const read = tools.read(bytes);
      if (!read.ok) {
        blame(outbox, from, 'bad-record', read.code);
        return;
      }
      const record = read.value;
      if (from === 'storage') tools.onRestored(record);
      seen.expire(now.mono);
      const standing = tools.standingOf(record);
      if (standing === 'kept' || seen.has(record.id)) return duplicate({ record, from, path });
      // From storage it goes on to the store, which alone has it forgotten there.
      if (standing === 'overtaken' && from !== 'storage') return ignore('superseded');
      const untimely = timeVerdict(record, config, now);
      if (untimely !== undefined) return ignore(untimely);
      if (!tools.allows(record)) return blame(outbox, from, 'forbidden', record.key);
      const copy: Copy = { record, from, path };
      const waiting = pending.get(record.id);
      if (waiting !== undefined) return addAlternate(waiting, copy);
      // What this node kept itself is bounded by its store, and nobody would offer it again.
      if (from !== 'storage' && pending.size >= config['intake.pending']) return ignore('busy');
      if (path === 'push' && !tools.admitAuthor(record.author, now)) return ignore('author-rate');
      const entry: Pending = { job: 0 as Job, current: copy, alternates: [] };
      pending.set(record.id, entry);
      verify(entry);
    },

    onVerified(job, ok, now) {
      const id = jobs.get(job);
      if (id === undefined) return;
      jobs.delete(job);
      const entry = pending.get(id)!;
      const { record, from, path } = entry.current;
      if (ok) {
        pending.delete(id);
        seen.add(id, now.mono);
        outbox.fact({ type: 'record-accepted', record, from, path });
      } else {
        blame(outbox, from, 'bad-signature', record.kind);
        const next = entry.alternates.shift();
        if (next === undefined) pending.delete(id);
        else {
          entry.current = next;
          verify(entry);
        }
      }
      settle();
    },

    onRecordStored(record) {
      if (tools.standingOf(record) === 'kept') seen.delete(record.id);
    },

    onOwnRecord(record, now) {
      seen.add(record.id, now.mono);
    },

    onSyncEnded() {
      // A later session does not move the mark: a busy room would never be caught up.
      waitFor ??= ([...jobs.keys()].at(-1) ?? 0) as Job;
      settle();
    },

    isKnown: id => seen.has(id) || pending.has(id),
    pending: () => pending.size,
  };
}

/** Times that no honest, living record has. Nobody is blamed: the sender's clock may differ from ours. */
function timeVerdict(record: SignedRecord, config: Config, now: Now): Ignored | undefined {
  if (wallMsOf(record.hlc) > now.wall + config['intake.skewMs']) return 'future';
  return msLeft(record, config, now) > 0 ? undefined : 'expired';
}

function blame(
  outbox: Outbox,
  from: Source,
  offence: 'bad-record' | 'bad-signature' | 'forbidden',
  detail: string,
): void {
  if (from !== 'self' && from !== 'storage' && from !== 'carried')
    outbox.fact({ type: 'misbehaved', peer: from, offence, detail });
}
