/**
 * The active view: who is linked, how it came to be known, and who may be given up for somebody else. Three
 * anchors, which the server introduced and this node dialled, and a third of the slots for links of its own
 * choice stay whoever presses in from outside: a crowd of liars that request links must not fill the view.
 */
import type { Config } from '../config.ts';
import type { NeighbourLoss } from '../fact.ts';
import type { Outbox } from '../outbox.ts';
import type { MonoMs, PeerId, Via } from '../types.ts';
import type { DisconnectReason } from '../wire/frame.ts';

export interface Neighbour {
  readonly peer: PeerId;
  readonly since: MonoMs;
  readonly via: Via;
  readonly outbound: boolean;
}

/** Who named a peer to us: the server, a member's own signed word, or another peer. */
export type Introducer = 'server' | 'itself' | PeerId;

export interface Link extends Neighbour {
  readonly introducer: Introducer;
}

export interface Links {
  size(): number;
  has(peer: PeerId): boolean;
  /** The oldest first. */
  peers(): PeerId[];
  all(): Iterable<Link>;
  add(link: Link): void;
  drop(peer: PeerId, reason: NeighbourLoss): void;
  /** Says goodbye and closes. `alternatives`: who needs a neighbour as well. */
  dismiss(peer: PeerId, reason: DisconnectReason, retryAfterMs: number, alternatives: readonly PeerId[]): void;
  /** How many this node dialled. */
  own(): number;
  countOf(suits: (peer: PeerId) => boolean): number;
  ownTo(suits: (peer: PeerId) => boolean): number;
  anchors(): number;
  namedBy(introducer: Introducer): number;
  /** Who may be given up, the oldest first. `wanted`: how many links there should be. */
  spare(wanted: number): readonly Link[];
}

/** With three, 0.01 % of honest nodes were cut off among 10 % liars that answer every shuffle; without, 85–99 %. */
const MAX_ANCHORS = 3;
const OWN_SHARE = 1 / 3;

/** No more than half of a small view is held for ever, or newcomers would find no way in. */
export function anchorsOf(config: Config): number {
  return Math.min(MAX_ANCHORS, Math.floor(config['overlay.maxLinks'] / 2));
}

export function createLinks(config: Config, outbox: Outbox): Links {
  const links = new Map<PeerId, Link>();

  const count = (suits: (link: Link) => boolean): number => {
    let found = 0;
    for (const link of links.values()) if (suits(link)) found += 1;
    return found;
  };
  const isFromServer = ({ introducer, outbound }: Link): boolean => introducer === 'server' && outbound;
  const own = (): number => count(({ outbound }) => outbound);

  const drop = (peer: PeerId, reason: NeighbourLoss): void => {
    if (links.delete(peer)) outbox.fact({ type: 'neighbour-down', peer, reason });
  };

  return {
    size: () => links.size,
    has: peer => links.has(peer),
    peers: () => [...links.keys()],
    all: () => links.values(),
    add(link) {
      links.set(link.peer, link);
      outbox.fact({ type: 'neighbour-up', peer: link.peer, outbound: link.outbound });
    },
    drop,
    dismiss(peer, reason, retryAfterMs, alternatives) {
      outbox.send(peer, { type: 'disconnect', reason, retryAfterMs, alternatives });
      outbox.effect({ type: 'close-link', peer, reason });
      drop(peer, reason === 'banned' || reason === 'silent' ? reason : 'goodbye');
    },
    own,
    countOf: suits => count(({ peer }) => suits(peer)),
    ownTo: suits => count(({ peer, outbound }) => outbound && suits(peer)),
    anchors: () => Math.min(anchorsOf(config), count(isFromServer)),
    namedBy: introducer => count(link => link.introducer === introducer),
    spare(wanted) {
      const keepsOwn = own() <= Math.ceil(wanted * OWN_SHARE);
      let anchors = anchorsOf(config);
      return [...links.values()].filter(link => {
        // The oldest of those whom the server named are the anchors.
        if (isFromServer(link) && anchors-- > 0) return false;
        return !(keepsOwn && link.outbound);
      });
    },
  };
}
