/**
 * How many are here, and where, when nobody has a list of all. Who is on every list, because it states a presence and
 * lists have room, is counted there. Everybody else may have to say so in a signed record, `here`, once in an epoch;
 * but only those with the k lowest hashes are kept and passed on, and they speak in the order of their hashes, so that
 * most see the sample full before their turn comes, and say nothing: the bytes go with k, not with the room.
 */
import type { Config } from '../config.ts';
import type { Path, Source } from '../fact.ts';
import { isNewer, type SignedRecord } from '../identity/record.ts';
import type { Outbox } from '../outbox.ts';
import type { MonoMs, Now, PeerId } from '../types.ts';
import { type Estimates, estimatesOf, type Known, type Members, sizeOf } from './counts.ts';
import type { Estimate } from './estimate.ts';
import { createSample, type Sample, sampleHash } from './sample.ts';
import { epochAt, isTold, turnIn } from './turns.ts';
import { createViews } from './views.ts';

export interface Aggregate {
  onRecordAccepted(record: SignedRecord, from: Source, path: Path, now: Now): void;
  /** What a record, were it genuine, is beside what is kept: one too high costs no signature check. */
  standingOf(record: SignedRecord): 'kept' | 'overtaken' | undefined;
  /** What neighbours know is known here: from now on it can be told whether this node has to speak. */
  onCaughtUp(): void;
  /** `view`: what the members that it sees add up to. */
  onPong(from: PeerId, view: number): void;
  onNeighbourDown(peer: PeerId): void;
  onWake(now: Now): void;
  nextWakeAt(): MonoMs | undefined;
  /** Share of the neighbours asked that saw others than this node when they answered last; 0 while none has. */
  divergence(): number;
  size(now: Now): Estimate;
  estimates(now: Now): Estimates;
}

export interface AggregateTools {
  readonly self: PeerId;
  readonly region: string | undefined;
  readonly config: Config;
  readonly outbox: Outbox;
  readonly members: Members;
}

/** An epoch counts until all have had their turn in the next one. */
const EPOCHS_KEPT = 2;
const NEVER = Number.POSITIVE_INFINITY;

export function createAggregate(tools: AggregateTools, startedAt: Now): Aggregate {
  const { self, region, config, outbox, members } = tools;
  const k = config['aggregate.sample'];
  const epochMs = config['aggregate.epochMs'];
  /** By epoch: what clocks allow for are three or four. */
  const samples = new Map<number, Sample>();
  const views = createViews();
  let synced = false;
  let turn = turnIn(epochAt(startedAt, epochMs), self, epochMs, startedAt);
  /** No sample is over before. */
  let checkAt = NEVER;

  const isCounted = (): boolean => k === 0 || (members.isListed(self) && members.isRoomy());
  const turnDueAt = (): number => (synced && !isCounted() ? turn.at : NEVER);
  /** By the wall clock, and at the same moment on all peers: what one drops no other may bring again. */
  const overAt = (epoch: number): number => (epoch + EPOCHS_KEPT) * epochMs + config['intake.skewMs'];

  const takeTurn = (now: Now): void => {
    const epoch = epochAt(now, epochMs);
    // After a stop the turn of an epoch that is over is not taken any more.
    if (turn.epoch === epoch && samples.get(epoch)?.admits(self, turn.hash) !== false) {
      const validMs = Math.floor((epoch + EPOCHS_KEPT) * epochMs - now.wall);
      const value = region === undefined ? [epoch] : [epoch, region];
      outbox.fact({ type: 'statement-wanted', kind: 'here', key: '', value, validMs });
    }
    turn = turnIn(turn.epoch >= epoch ? turn.epoch + 1 : epoch, self, epochMs, now);
  };

  const dropOver = (now: Now): void => {
    checkAt = NEVER;
    for (const [epoch, { entries }] of samples) {
      const leftMs = overAt(epoch) - now.wall;
      if (leftMs > 0) {
        checkAt = Math.min(checkAt, now.mono + leftMs);
        continue;
      }
      samples.delete(epoch);
      for (const { record } of entries) outbox.fact({ type: 'record-dropped', record });
    }
  };

  const sampleOf = (epoch: number, now: Now): Sample => {
    const sample = samples.get(epoch) ?? createSample(k);
    samples.set(epoch, sample);
    checkAt = Math.min(checkAt, now.mono + overAt(epoch) - now.wall);
    return sample;
  };

  /** The present epoch's once all have had their turn, and the last one's before; or the one that there is. */
  const bestSample = (now: Now): Sample | undefined => {
    const epoch = epochAt(now, epochMs);
    const [best, other] = isTold(now, epochMs) ? [epoch, epoch - 1] : [epoch - 1, epoch];
    return samples.get(best) ?? samples.get(other);
  };

  const knownAt = (now: Now): Known => ({
    self,
    region,
    members,
    entries: bestSample(now)?.entries ?? [],
    k,
    synced,
  });

  const standingIn = (sample: Sample | undefined, record: SignedRecord): 'kept' | 'overtaken' | undefined => {
    const old = sample?.of(record.author);
    if (old !== undefined) return old.id === record.id ? 'kept' : isNewer(record, old) ? undefined : 'overtaken';
    const isRoom =
      sample === undefined ? k > 0 : sample.admits(record.author, sampleHash(epochOf(record), record.author));
    return isRoom ? undefined : 'overtaken';
  };

  return {
    onRecordAccepted(record, from, path, now) {
      const epoch = epochOf(record);
      if (now.wall >= overAt(epoch)) return outbox.fact({ type: 'record-ignored', reason: 'expired' });
      // Epochs to come would take memory for as long as anybody cares to name.
      if (epoch * epochMs > now.wall + config['intake.skewMs'])
        return outbox.fact({ type: 'record-ignored', reason: 'future' });
      // Others may have come since it was offered.
      if (standingIn(samples.get(epoch), record) !== undefined)
        return outbox.fact({ type: 'record-ignored', reason: 'superseded' });
      const dropped = sampleOf(epoch, now).add(record, sampleHash(epoch, record.author));
      if (dropped !== undefined) outbox.fact({ type: 'record-dropped', record: dropped });
      outbox.fact({ type: 'record-stored', record, from, path, kept: true });
    },

    standingOf: record => (record.kind === 'here' ? standingIn(samples.get(epochOf(record)), record) : undefined),

    onCaughtUp() {
      synced = true;
    },

    onPong: (from, view) => views.onPong(from, view, members.viewSum()),
    onNeighbourDown: views.onNeighbourDown,

    onWake(now) {
      if (now.mono >= checkAt) dropOver(now);
      if (now.mono >= turnDueAt()) takeTurn(now);
    },

    nextWakeAt() {
      const next = Math.min(checkAt, turnDueAt());
      return next === NEVER ? undefined : (next as MonoMs);
    },

    divergence: views.divergence,
    size: now => sizeOf(knownAt(now)),
    estimates: now => estimatesOf(knownAt(now)),
  };
}

function epochOf({ value }: SignedRecord): number {
  return (value as readonly [number, string?])[0];
}
