/**
 * push(k), rumour mongering after Demers et al. (1987) with a counter: in every round a node sends each rumour
 * that is still hot to k random neighbours; a rumour is hot for a fixed number of rounds after its arrival.
 * Cheap and slow beside a flood, and it may leave somebody out: anti-entropy is its other half.
 */
import type { SignedRecord } from '../identity/record.ts';
import type { MonoMs, Now, PeerId } from '../types.ts';
import { isFresh } from './fresh.ts';
import type { Broadcast, BroadcastTools } from './mode.ts';
import { createPushQueue } from './push-queue.ts';

interface Rumour {
  readonly record: SignedRecord;
  roundsLeft: number;
}

const MAX_RUMOURS = 4_096;

export function createPush({ config, outbox, rng }: BroadcastTools): Broadcast {
  const neighbours = new Set<PeerId>();
  const rumours = new Map<string, Rumour>();
  let roundAt: number | undefined;

  const tell = (peer: PeerId): void => {
    const queue = createPushQueue(config['broadcast.queueBytes']);
    for (const { record } of rumours.values()) queue.add(record);
    while (queue.size > 0) outbox.send(peer, { type: 'push', records: queue.takeFrame() });
  };

  const round = (now: Now): void => {
    for (const peer of rng.sample([...neighbours], config['broadcast.fanout'])) tell(peer);
    for (const [id, rumour] of rumours) if (--rumour.roundsLeft <= 0) rumours.delete(id);
    roundAt = rumours.size > 0 ? now.mono + config['broadcast.roundMs'] : undefined;
  };

  return {
    onNeighbourUp: peer => void neighbours.add(peer),
    onNeighbourDown: peer => void neighbours.delete(peer),
    onRecordStored(record, _from, path, now) {
      if (path === 'sync' && !isFresh(record, config, now)) return;
      rumours.set(record.id, { record, roundsLeft: config['broadcast.hotRounds'] });
      if (rumours.size > MAX_RUMOURS) rumours.delete(rumours.keys().next().value!);
      // The textbook's rounds are in step; here they start when the first rumour comes.
      roundAt ??= now.mono + (path === 'self' ? 0 : config['broadcast.roundMs']);
    },
    onWake(now) {
      if (roundAt !== undefined && now.mono >= roundAt) round(now);
    },
    nextWakeAt: () => roundAt as MonoMs | undefined,
    flush(_now) {
      for (const peer of neighbours) tell(peer);
    },
  };
}
