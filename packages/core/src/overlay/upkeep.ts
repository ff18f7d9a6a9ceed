/**
 * Are these the links that a node should have? Looks for more while there are too few, gives up one when there have
 * been too many for a while, and changes a far one for one in the own region.
 */
import type { Config } from '../config.ts';
import type { Now, PeerId } from '../types.ts';
import type { Agreements } from './agreements.ts';
import type { BackOffs } from './back-offs.ts';
import { type Degree, degreeFor } from './degree.ts';
import type { Dials } from './dials.ts';
import type { Distance } from './distance.ts';
import { anchorsOf, type Links } from './links.ts';
import type { Views, Wish } from './views.ts';

export interface Upkeep {
  review(now: Now): void;
  nextDueAt(now: Now): number;
}

export interface UpkeepParts {
  readonly active: Links;
  readonly dials: Dials;
  readonly views: Views;
  readonly backOffs: BackOffs;
  readonly distance: Distance;
  readonly agreements: Agreements;
  readonly roomSize: () => number;
  readonly isBanned: (peer: PeerId, now: Now) => boolean;
  /** Is this member surely there, as far as anybody can say after a crash? */
  readonly isSure: (peer: PeerId, now: Now) => boolean;
  /** From when on a question finds a way; infinite while there is none. */
  readonly mayAskAt: () => number;
}

const MAX_NAMED_BY_ONE = 2;

export function createUpkeep(config: Config, parts: UpkeepParts): Upkeep {
  const { active, dials, views, backOffs, distance, agreements, roomSize } = parts;
  let starved = false;
  let surplusSince: number | undefined;

  const lacksLinks = ({ enough, own, accepted }: Degree): boolean => {
    const held = active.size() + dials.size();
    return held < enough || (held < accepted && ownLinks() < own);
  };

  /** Links that this node dialled, or dials. */
  const ownLinks = (): number => active.own() + dials.own();

  const wish = (now: Now): Wish => ({
    lonely: active.size() === 0,
    anchor: active.anchors() + dials.namedBy('server') < anchorsOf(config),
    near: distance.wantsNear(degreeFor(roomSize(), config)),
    isFree: peer => !agreements.isTaken(peer) && !backOffs.covers(peer, now) && !parts.isBanned(peer, now),
    // After a crash most members may be dead, and each costs the patience of a request.
    isSure: peer => parts.isSure(peer, now),
    // A neighbour that names all our others would decide whom we hear. The server and members speak for themselves.
    mayName: introducer =>
      introducer === 'server' ||
      introducer === 'itself' ||
      active.namedBy(introducer) + dials.namedBy(introducer) < MAX_NAMED_BY_ONE,
  });

  const fill = (now: Now): void => {
    starved = false;
    if (parts.mayAskAt() > now.mono) return;
    while (lacksLinks(degreeFor(roomSize(), config))) {
      // Nobody is looked for while nobody may be asked.
      if (dials.nextBudgetAt(now) > now.mono) return;
      const candidate = views.candidate(wish(now), now);
      starved = candidate === undefined;
      if (candidate === undefined || !dials.mayAsk(now)) return;
      agreements.ask(candidate.peer, candidate.introducer, 'fill', now);
    }
  };

  const trim = ({ accepted, wanted }: Degree, now: Now): void => {
    // A growing room leaves early members with too many: the far go, then the oldest, whose other end has many too.
    surplusSince = active.size() > accepted ? (surplusSince ?? now.mono) : undefined;
    if (surplusSince === undefined || now.mono - surplusSince < config['overlay.settleMs']) return;
    surplusSince = now.mono;
    const spare = active.spare(wanted);
    const victim = distance.outlier(spare) ?? spare[0]?.peer;
    if (victim !== undefined) agreements.dismiss(victim, 'surplus', [], now);
  };

  const trySwap = (now: Now): void => {
    // One in the own region is asked if there is a far link that this node could do without.
    if (!distance.takeSwapDue(now)) return;
    const degree = degreeFor(roomSize(), config);
    if (lacksLinks(degree) || !distance.wantsNear(degree) || active.size() + dials.size() >= degree.accepted) return;
    if (distance.swappable(active.spare(degree.wanted)) === undefined) return;
    const peer = views.nearby(wish(now));
    if (peer !== undefined) agreements.askForced(peer, 'itself', 'swap', now);
  };

  return {
    review(now) {
      fill(now);
      trim(degreeFor(roomSize(), config), now);
      trySwap(now);
    },
    nextDueAt(now) {
      let next = Math.min(dials.nextDueAt(), distance.nextWakeAt());
      if (surplusSince !== undefined) next = Math.min(next, surplusSince + config['overlay.settleMs']);
      if (!lacksLinks(degreeFor(roomSize(), config))) return next;
      const askAt = starved ? backOffs.nextEndAt(now) : dials.nextBudgetAt(now);
      return Math.min(next, Math.max(askAt, parts.mayAskAt()));
    },
  };
}
