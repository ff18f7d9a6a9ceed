/**
 * Dials in progress. Two nodes that dial each other in one session get a link, as two WebRTC stacks would;
 * a dial that nobody answers, or that the network does not let through, fails after the link port's patience.
 */
import type { PeerId, Rng } from '@hearsay/core';
import type { NetworkSettings } from '../scenario/scenario.ts';
import type { Network } from './network.ts';
import type { Dial, SimNode } from './node.ts';

export interface Dialer {
  dial(node: SimNode, peer: PeerId, session: number, initiator: boolean): void;
  /** Gives a dial up. */
  cancel(node: SimNode, peer: PeerId): void;
}

export interface DialerTools {
  readonly settings: NetworkSettings;
  readonly rng: Rng;
  readonly network: Network;
  readonly nodeOf: (peer: PeerId) => SimNode | undefined;
  /** Runs `act` after so many milliseconds. */
  readonly after: (ms: number, act: () => void) => void;
  readonly fail: (node: SimNode, peer: PeerId, session: number, reason: string) => void;
}

/** The WebRTC link port gives up after so long. */
const DIAL_TIMEOUT_MS = 10_000;

export function createDialer(tools: DialerTools): Dialer {
  const { settings, rng, network } = tools;

  const failIfPending = (node: SimNode, peer: PeerId, dial: Dial, reason: string): void => {
    if (node.dials.get(peer) !== dial) return;
    node.dials.delete(peer);
    tools.fail(node, peer, dial.session, reason);
  };

  const connect = (node: SimNode, dial: Dial, other: SimNode, answer: Dial): void => {
    const stillWanted = node.dials.get(other.id) === dial && other.dials.get(node.id) === answer;
    if (!stillWanted || network.isCut(node, other) || network.isCut(other, node)) return;
    node.dials.delete(other.id);
    other.dials.delete(node.id);
    const [initiator, responder] = dial.initiator ? [node, other] : [other, node];
    network.connect(initiator, responder);
  };

  const canConnect = (a: SimNode, b: SimNode): boolean => {
    if (rng.next() < settings.connectFailure) return false;
    return settings.unconnectablePairs === 0 || pairNumber(a.index, b.index) >= settings.unconnectablePairs;
  };

  return {
    dial(node, peer, session, initiator) {
      if (node.links.has(peer)) return tools.fail(node, peer, session, 'already-linked');
      const older = node.dials.get(peer);
      if (older?.session === session) return;
      if (older !== undefined) failIfPending(node, peer, older, 'superseded');
      const dial: Dial = { session, initiator, connecting: false };
      node.dials.set(peer, dial);
      tools.after(DIAL_TIMEOUT_MS, () => failIfPending(node, peer, dial, 'timeout'));
      const other = tools.nodeOf(peer);
      const answer = other?.dials.get(node.id);
      if (other === undefined || answer?.session !== session || answer.initiator === initiator) return;
      if (answer.connecting || !canConnect(node, other)) return;
      dial.connecting = true;
      answer.connecting = true;
      tools.after(rng.jitter(settings.connectMs, 0.3), () => connect(node, dial, other, answer));
    },
    cancel(node, peer) {
      const dial = node.dials.get(peer);
      if (dial !== undefined) failIfPending(node, peer, dial, 'closed');
    },
  };
}

/** A number in [0, 1) that belongs to a pair for good: firewalls do not change their mind. */
function pairNumber(a: number, b: number): number {
  let hash = Math.imul(Math.min(a, b) + 1, 0x9e3779b1) ^ Math.imul(Math.max(a, b) + 1, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
  return ((hash ^ (hash >>> 13)) >>> 0) / 4294967296;
}
