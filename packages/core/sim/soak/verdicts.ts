/**
 * Was it time to say that somebody has failed? Counted a second time, from what came over a node's links and what its
 * app was told: a quorum of the accused's neighbours gives it four seconds, fewer give it twenty, and when many fall
 * silent at once nobody has failed for that. What cannot be known from outside counts for the engine.
 */
import { type Config, type Delivery, type PeerId, readRecord, type SignedRecord } from '@hearsay/core';
import type { SimNode } from '../world/node.ts';
import type { World } from '../world/world.ts';

export interface Verdicts {
  /** A record that came over a link, or that the node is having signed. */
  onRecord(node: SimNode, record: SignedRecord): void;
  onDelivery(node: SimNode, delivery: Delivery): void;
}

/** What a node has heard of one other. */
interface Case {
  /** Who accuses it, of those who were shown to be its neighbours. */
  readonly witnesses: Set<PeerId>;
  /** The newest accusation. */
  hlc: number;
  hasHungUp: boolean;
  /** Since when the app is shown a suspect. */
  since: number | undefined;
  goneAt: number | undefined;
  /** The most links that it said it had. */
  links: number;
}

/** What one life of a node has heard. */
interface View {
  readonly cases: Map<PeerId, Case>;
  /** Accused and accuser, where a vouch was seen. */
  readonly pairs: Set<string>;
  /** Whom the app is shown, and as a suspect? */
  readonly shown: Map<PeerId, boolean>;
}

const AT_ONCE_MS = 10_000;
const MANY = { least: 3, share: 0.1 };
const QUORUM = { least: 2, share: 1 / 3 };

/** `config`: the right numbers, whatever the engines were given. */
export function createVerdicts(
  world: () => World,
  config: Config,
  fail: (node: SimNode, what: string) => void,
): Verdicts {
  const views = new Map<string, View>();

  const viewOf = ({ index, life }: SimNode): View => {
    const name = `${index} ${life}`;
    const known = views.get(name) ?? { cases: new Map(), pairs: new Set(), shown: new Map() };
    views.set(name, known);
    return known;
  };

  const onAccusation = (node: SimNode, accusation: SignedRecord): void => {
    const view = viewOf(node);
    const subject = accusation.key as PeerId;
    const one = caseOf(view, subject);
    const { seen, proof } = evidenceIn(accusation);
    const vouch =
      proof === undefined || node.engine === undefined ? undefined : readRecord(proof, node.engine.networkId);
    if (vouch?.ok) {
      view.pairs.add(`${subject} ${accusation.author}`);
      one.links = Math.max(one.links, vouch.value.value as number);
    }
    one.hlc = Math.max(one.hlc, accusation.hlc);
    if (seen === 'hung-up') one.hasHungUp = true;
    if (accusation.author === node.id || view.pairs.has(`${subject} ${accusation.author}`))
      one.witnesses.add(accusation.author);
  };

  const judge = (node: SimNode, { cases, shown }: View, { witnesses, links, since, hasHungUp }: Case): void => {
    if (since === undefined || hasHungUp) return;
    const { now } = world();
    const suspects = [...shown.values()].filter(isSuspect => isSuspect).length;
    const others = Math.max(1, shown.size + 1 - Math.max(1, suspects));
    const quorum = Math.min(links || others, others, Math.max(QUORUM.least, Math.ceil(links * QUORUM.share)));
    const least = witnesses.size < quorum ? config['liveness.unprovenMs'] : config['liveness.suspicionMs'];
    const ms = Math.round(now - since);
    if (ms < least) fail(node, `called somebody dead after ${ms} ms, by the word of ${witnesses.size} of ${quorum}`);
    let silent = 0;
    for (const one of cases.values()) if (fellSilent(one, now)) silent += 1;
    if (silent >= Math.max(MANY.least, MANY.share * (shown.size + 1)))
      fail(node, `called somebody dead when ${silent} had fallen silent at once`);
  };

  return {
    onRecord(node, record) {
      const { author, kind, hlc, key } = record;
      const known = viewOf(node).cases.get(author);
      const isWord = kind !== 'leave' && (kind !== 'vouch' || key === node.id);
      if (known !== undefined && isWord && hlc > known.hlc) {
        known.witnesses.clear();
        known.hasHungUp = false;
      }
      if (kind === 'accuse' && key !== node.id) onAccusation(node, record);
      if (kind !== 'vouch' || key !== node.id) return;
      const one = caseOf(viewOf(node), author);
      one.links = Math.max(one.links, record.value as number);
    },

    onDelivery(node, delivery) {
      if (delivery.what !== 'presence' && delivery.what !== 'presence-gone') return;
      const view = viewOf(node);
      const one = caseOf(view, delivery.peer);
      const { now } = world();
      if (delivery.what === 'presence') {
        const isSuspect = delivery.status === 'suspect';
        view.shown.set(delivery.peer, isSuspect);
        one.since = isSuspect ? (one.since ?? now) : undefined;
        one.goneAt = undefined;
        return;
      }
      one.goneAt = now;
      if (delivery.reason === 'failed') judge(node, view, one);
      view.shown.delete(delivery.peer);
    },
  };
}

function caseOf({ cases }: View, peer: PeerId): Case {
  const known = cases.get(peer) ?? {
    witnesses: new Set(),
    hlc: 0,
    hasHungUp: false,
    since: undefined,
    goneAt: undefined,
    links: 0,
  };
  cases.set(peer, known);
  return known;
}

/** A suspect of late, by a witness; those that fail together are judged together. */
function fellSilent({ witnesses, since, goneAt, hasHungUp }: Case, now: number): boolean {
  if (since === undefined || hasHungUp || witnesses.size === 0) return false;
  return now - since < AT_ONCE_MS && (goneAt === undefined || goneAt === now);
}

/** `seen`, or `[seen, proof]`. */
function evidenceIn({ value }: SignedRecord): { readonly seen: unknown; readonly proof: Uint8Array | undefined } {
  if (!Array.isArray(value)) return { seen: value, proof: undefined };
  const [seen, proof] = value as readonly unknown[];
  return { seen, proof: proof instanceof Uint8Array ? proof : undefined };
}
