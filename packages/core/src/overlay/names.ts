/** What neighbours tell each other of others: shuffles now and then, which fill the passive view and make no link. */
import type { Config } from '../config.ts';
import type { Rng } from '../lib/rng.ts';
import type { Outbox } from '../outbox.ts';
import type { Now, PeerId } from '../types.ts';
import type { Links } from './links.ts';
import type { Views } from './views.ts';

export interface Names {
  /** Begins a shuffle when it is due. */
  onWake(now: Now): void;
  /** Answers a shuffle. */
  reply(to: PeerId): void;
  onNamed(by: PeerId, peers: readonly PeerId[], now: Now): void;
  nextWakeAt(): number;
}

export interface NamesTools {
  readonly self: PeerId;
  readonly config: Config;
  readonly outbox: Outbox;
  readonly rng: Rng;
}

const SHUFFLE_ENTRIES = 8;
const FIRST_MINUTE_MS = 60_000;

export function createNames(tools: NamesTools, links: Links, views: Views, startedAt: Now): Names {
  const { self, config, outbox, rng } = tools;
  let shuffleAt = startedAt.mono + rng.jitter(config['overlay.shuffleMs'] / 3, 0.2);

  const sample = (except: PeerId): readonly PeerId[] => {
    // What this node knows at first hand: hearsay given on would keep the names of the dead going round.
    const known = new Set([...links.peers(), ...views.members.sample(rng, SHUFFLE_ENTRIES)]);
    known.delete(except);
    return [self, ...rng.sample([...known], SHUFFLE_ENTRIES - 1)];
  };

  return {
    onWake(now) {
      if (now.mono < shuffleAt) return;
      const early = now.mono - startedAt.mono < FIRST_MINUTE_MS;
      shuffleAt = now.mono + rng.jitter(config['overlay.shuffleMs'] / (early ? 3 : 1), 0.2);
      const peer = rng.pick(links.peers());
      if (peer !== undefined) outbox.send(peer, { type: 'shuffle', peers: sample(peer) });
    },
    reply: to => outbox.send(to, { type: 'shuffle-reply', peers: sample(to) }),
    onNamed(by, peers, now) {
      for (const peer of peers) {
        if (peer === self) continue;
        views.passive.offer(peer, by, now);
        outbox.fact({ type: 'peer-named', peer, by });
      }
    },
    nextWakeAt: () => shuffleAt,
  };
}
