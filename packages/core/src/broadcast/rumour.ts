/**
 * Rumour mongering in rounds, after Demers et al. (1987). push(k): a node sends what is still hot to k random
 * neighbours; a rumour is hot for a fixed number of rounds. pull(k): it tells k random neighbours what it has
 * of late and is sent what it lacks; slow to begin and quick to finish, where push is the opposite. push-pull(k)
 * does both. Any of them may leave somebody out: anti-entropy is their other half.
 */
import { createEarliest } from '../lib/earliest.ts';
import type { MonoMs, Now, PeerId } from '../types.ts';
import { wireLimits } from '../wire/limits.ts';
import { isCongested, waitingBytesOf } from './congestion.ts';
import { isFresh } from './fresh.ts';
import { createLinkSender, type LinkSender } from './link-sender.ts';
import type { Broadcast, BroadcastTools } from './mode.ts';
import { createRecent, type Parcel } from './recent.ts';

interface Rumour {
  readonly parcel: Parcel;
  roundsLeft: number;
}

const MAX_RUMOURS = 4_096;

export function createRumour(
  { config, outbox, rng }: BroadcastTools,
  way: { readonly push: boolean; readonly pull: boolean },
): Broadcast {
  const neighbours = new Map<PeerId, LinkSender>();
  const rumours = new Map<string, Rumour>();
  const recent = createRecent();
  /** Our own last words: who leaves will not be asked for them any more. */
  let last: Parcel | undefined;
  let roundAt: number | undefined;
  const sendersDue = createEarliest(() => {
    let next = Number.POSITIVE_INFINITY;
    for (const link of neighbours.values()) next = Math.min(next, link.nextWakeAt());
    return next;
  });

  const ask = (peer: PeerId): void => {
    const ids = [...recent.ids()].slice(-wireLimits.idsPerList);
    outbox.send(peer, { type: 'pull', ids });
  };

  const plan = (now: Now): void => {
    if (rumours.size > 0 || (way.pull && neighbours.size > 0)) roundAt = now.mono + config['broadcast.roundMs'];
    else roundAt = undefined;
  };

  const round = (now: Now): void => {
    recent.expire(now);
    const hot = [...rumours.values()].map(rumour => rumour.parcel);
    for (const peer of rng.sample([...neighbours.keys()], config['broadcast.fanout'])) {
      if (way.push) neighbours.get(peer)?.pushAll(hot, now);
      if (way.pull) ask(peer);
    }
    for (const [id, rumour] of rumours) if (--rumour.roundsLeft <= 0) rumours.delete(id);
    plan(now);
  };

  return {
    onNeighbourUp(peer, _outbound, now) {
      neighbours.set(peer, createLinkSender(peer, config, outbox, sendersDue));
      if (roundAt === undefined) plan(now);
    },
    onNeighbourDown(peer) {
      neighbours.get(peer)?.close();
      neighbours.delete(peer);
    },
    onRecordAccepted() {},
    onRecordStored(record, _from, path, now) {
      const parcel = recent.add(record, now);
      if (path === 'self') last = parcel;
      if (!way.push || (path === 'sync' && !isFresh(record, config, now))) return;
      rumours.set(record.id, { parcel, roundsLeft: config['broadcast.hotRounds'] });
      if (rumours.size > MAX_RUMOURS) rumours.delete(rumours.keys().next().value!);
      // The textbook's rounds are in step; here they start when the first rumour comes.
      roundAt ??= now.mono + (path === 'self' ? 0 : config['broadcast.roundMs']);
    },
    onRecordDropped: record => recent.release(record.shortId),
    onRecordComing() {},
    onRecordDuplicate() {},
    onFrame(from, frame, now) {
      if (frame.type !== 'pull') return;
      const has = new Set(frame.ids);
      const lacking = [...recent.all()].filter(([id]) => !has.has(id)).map(([, parcel]) => parcel);
      neighbours.get(from)?.pushAll(lacking, now);
    },
    onLinkDrained: (peer, now) => neighbours.get(peer)?.onDrained(now),
    onWake(now) {
      for (const link of neighbours.values()) link.onWake(now);
      if (roundAt !== undefined && now.mono >= roundAt) round(now);
    },
    nextWakeAt() {
      const next = Math.min(roundAt ?? Number.POSITIVE_INFINITY, sendersDue.at());
      return next === Number.POSITIVE_INFINITY ? undefined : (next as MonoMs);
    },
    flush(now) {
      const hot = [...rumours.values()].map(rumour => rumour.parcel);
      for (const link of neighbours.values()) {
        link.pushAll(last === undefined ? hot : [...hot, last], now);
        link.flush();
      }
    },
    isCongested: () => isCongested(neighbours.values(), config),
    waitingBytes: () => waitingBytesOf(neighbours.values()),
  };
}
