/**
 * Rumour mongering in rounds, after Demers et al. (1987). push(k): a node sends what is still hot to k random
 * neighbours; a rumour is hot for a fixed number of rounds. pull(k): it tells k random neighbours what it has
 * of late and is sent what it lacks; slow to begin and quick to finish, where push is the opposite. push-pull(k)
 * does both. Any of them may leave somebody out: anti-entropy is their other half.
 */
import type { SignedRecord } from '../identity/record.ts';
import type { MonoMs, Now, PeerId } from '../types.ts';
import { wireLimits } from '../wire/limits.ts';
import { isFresh } from './fresh.ts';
import type { Broadcast, BroadcastTools } from './mode.ts';
import { createPushQueue } from './push-queue.ts';
import { createRecent, shortIdOf } from './recent.ts';

interface Rumour {
  readonly record: SignedRecord;
  roundsLeft: number;
}

const MAX_RUMOURS = 4_096;

export function createRumour(
  { config, outbox, rng }: BroadcastTools,
  way: { readonly push: boolean; readonly pull: boolean },
): Broadcast {
  const neighbours = new Set<PeerId>();
  const rumours = new Map<string, Rumour>();
  const recent = createRecent();
  let roundAt: number | undefined;

  const tell = (peer: PeerId, records: Iterable<SignedRecord>): void => {
    const queue = createPushQueue(config['broadcast.queueBytes']);
    for (const record of records) queue.add(record);
    while (queue.size > 0) outbox.send(peer, { type: 'push', records: queue.takeFrame() });
  };

  const ask = (peer: PeerId): void => {
    const ids = [...recent.records()].slice(-wireLimits.idsPerList).map(record => shortIdOf(record.id));
    outbox.send(peer, { type: 'pull', ids });
  };

  const plan = (now: Now): void => {
    if (rumours.size > 0 || (way.pull && neighbours.size > 0)) roundAt = now.mono + config['broadcast.roundMs'];
    else roundAt = undefined;
  };

  const round = (now: Now): void => {
    recent.expire(now);
    const hot = [...rumours.values()].map(rumour => rumour.record);
    for (const peer of rng.sample([...neighbours], config['broadcast.fanout'])) {
      if (way.push && hot.length > 0) tell(peer, hot);
      if (way.pull) ask(peer);
    }
    for (const [id, rumour] of rumours) if (--rumour.roundsLeft <= 0) rumours.delete(id);
    plan(now);
  };

  return {
    onNeighbourUp(peer, _outbound, now) {
      neighbours.add(peer);
      if (roundAt === undefined) plan(now);
    },
    onNeighbourDown: peer => void neighbours.delete(peer),
    onRecordAccepted() {},
    onRecordStored(record, _from, path, now) {
      recent.add(record, now);
      if (!way.push || (path === 'sync' && !isFresh(record, config, now))) return;
      rumours.set(record.id, { record, roundsLeft: config['broadcast.hotRounds'] });
      if (rumours.size > MAX_RUMOURS) rumours.delete(rumours.keys().next().value!);
      // The textbook's rounds are in step; here they start when the first rumour comes.
      roundAt ??= now.mono + (path === 'self' ? 0 : config['broadcast.roundMs']);
    },
    onRecordDuplicate() {},
    onFrame(from, frame) {
      if (frame.type !== 'pull') return;
      const has = new Set(frame.ids);
      tell(
        from,
        [...recent.records()].filter(record => !has.has(shortIdOf(record.id))),
      );
    },
    onWake(now) {
      if (roundAt !== undefined && now.mono >= roundAt) round(now);
    },
    nextWakeAt: () => roundAt as MonoMs | undefined,
    flush() {
      for (const peer of neighbours)
        tell(
          peer,
          [...rumours.values()].map(rumour => rumour.record),
        );
    },
  };
}
