/**
 * Who is near and who is far. Members may say in which region they are, and every link has a measured round trip.
 * The own region is preferred until half of the links are there, and for half of the dials at most; two far links stay
 * whatever their round trip. So no region becomes an island, and liars that claim it get no more than those dials.
 */
import type { Config } from '../config.ts';
import type { Rng } from '../lib/rng.ts';
import type { Now, PeerId } from '../types.ts';
import type { Degree } from './degree.ts';
import type { Dials } from './dials.ts';
import type { Link, Links } from './links.ts';
import type { Views } from './views.ts';

export interface Distance {
  onMember(peer: PeerId, region: string | undefined): void;
  /** Should one more link go to the own region? */
  wantsNear(degree: Degree): boolean;
  /** The one whose round trip is clearly longer than that of most links, if it may go. */
  outlier(spare: readonly Link[]): PeerId | undefined;
  /** Who would go for a link to the own region: of those elsewhere one dialled by this node, the slowest. */
  swappable(spare: readonly Link[]): PeerId | undefined;
  /** Is it time to look for a swap? Plans the next time. */
  takeSwapDue(now: Now): boolean;
  nextWakeAt(): number;
}

interface DistanceTools {
  readonly region: string | undefined;
  readonly config: Config;
  readonly rng: Rng;
  readonly rttMs: (peer: PeerId) => number | undefined;
}

/** What jitter and a busy tab do to the links of one network stays below. */
const FAR_FACTOR = 2;
const FAR_LEAST_MS = 20;
/** They may be the way to another region, or what a single faraway visitor has. */
const FAR_KEPT = 2;

export function createDistance(
  tools: DistanceTools,
  links: Links,
  dials: Dials,
  views: Views,
  startedAt: Now,
): Distance {
  const { region, config, rng, rttMs } = tools;
  const swapMs = config['overlay.swapMs'];
  // Not during a short visit, and not all at once in a room that came all at once: after one to three minutes.
  let swapAt = region === undefined ? Number.POSITIVE_INFINITY : startedAt.mono + rng.jitter(swapMs / 5, 0.5);

  const isNear = (peer: PeerId): boolean => views.near.has(peer);

  const slowest = (some: readonly Link[]): PeerId | undefined => {
    let found: { readonly peer: PeerId; readonly ms: number } | undefined;
    for (const { peer } of some) {
      const ms = rttMs(peer) ?? 0;
      if (found === undefined || ms > found.ms) found = { peer, ms };
    }
    return found?.peer;
  };

  return {
    onMember(peer, theirs) {
      if (theirs !== undefined && theirs === region) views.near.add(peer);
    },
    wantsNear({ own, wanted }) {
      if (views.near.size === 0 || links.countOf(isNear) + dials.ownTo(isNear) >= Math.floor(wanted / 2)) return false;
      return links.ownTo(isNear) + dials.ownTo(isNear) < Math.ceil(own / 2);
    },
    outlier(spare) {
      const all = [...links.all()].flatMap(({ peer }) => rttMs(peer) ?? []).sort((a, b) => a - b);
      const median = all[Math.floor(all.length / 2)] ?? 0;
      const limit = Math.max(FAR_FACTOR * median, median + FAR_LEAST_MS);
      if (all.filter(ms => ms > limit).length <= FAR_KEPT) return undefined;
      return slowest(spare.filter(({ peer }) => (rttMs(peer) ?? 0) > limit));
    },
    swappable(spare) {
      const far = spare.filter(({ peer }) => !isNear(peer));
      // What others dialled they would only replace.
      return slowest(far.filter(({ outbound }) => outbound)) ?? slowest(far);
    },
    takeSwapDue(now) {
      if (now.mono < swapAt) return false;
      swapAt = now.mono + swapMs;
      return true;
    },
    nextWakeAt: () => swapAt,
  };
}
