/**
 * Link certificates. When a link is up each side vouches, signed, that the other is its neighbour, and says how many
 * neighbours it has. Who accuses a peer shows the vouch that it was given: a stranger has none, and cannot make one.
 */
import type { Config } from '../config.ts';
import type { Path, Source } from '../fact.ts';
import type { SignedRecord } from '../identity/record.ts';
import { createExpiringMap, type ExpiringMap } from '../lib/expiring-map.ts';
import type { Now, PeerId } from '../types.ts';

export interface Vouches {
  /** `record` vouches for this node. False: it is not newer than the one that is here. */
  keep(record: SignedRecord, now: Now): boolean;
  /** What `subject` gave this node, as it travels in an accusation. */
  proofAgainst(subject: PeerId): Uint8Array | undefined;
  /** This node has vouched for `peer`. */
  given(peer: PeerId, now: Now): void;
  /** Has it? */
  isGiven(peer: PeerId): boolean;
  /** Was it shown that `subject` vouched for `accuser`? */
  isShown(subject: PeerId, accuser: PeerId): boolean;
  /** The accusation waits until the vouch in it is checked. */
  wait(accusation: Waiting, now: Now): void;
  /** A vouch that came inside an accusation is genuine. Takes what waited for it. */
  show(record: SignedRecord, now: Now): readonly Waiting[];
  /** The most links that `subject` has said it has; 0: it has not. */
  linksOf(subject: PeerId): number;
  expire(now: Now): void;
}

export interface Waiting {
  readonly record: SignedRecord;
  readonly from: Source;
  readonly path: Path;
}

/** Neighbours, and those that were lately. */
const MAX_OWN = 256;
const MAX_SHOWN = 4_096;
/** A check takes milliseconds; who brings forgeries pushes out others' accusations for so long at most. */
const MAX_WAITING = 256;
const WAITING_MS = 10_000;

/** What it takes to be compared with the next, and to be shown. */
type Held = Pick<SignedRecord, 'hlc' | 'bytes'>;

export function createVouches(config: Config): Vouches {
  const lifeMs = config['liveness.vouchMs'];
  const own: ExpiringMap<PeerId, Held> = createExpiringMap(MAX_OWN, lifeMs);
  const given: ExpiringMap<PeerId, true> = createExpiringMap(MAX_OWN, lifeMs);
  const shown: ExpiringMap<string, true> = createExpiringMap(MAX_SHOWN, lifeMs);
  const links: ExpiringMap<PeerId, number> = createExpiringMap(MAX_SHOWN, lifeMs);
  const waiting: ExpiringMap<string, Waiting> = createExpiringMap(MAX_WAITING, WAITING_MS);

  const learn = ({ author, value }: SignedRecord, now: Now): void =>
    links.set(author, Math.max(value as number, links.get(author) ?? 0), now.mono);

  return {
    keep(record, now) {
      const { author, hlc, bytes } = record;
      if (hlc <= (own.get(author)?.hlc ?? 0)) return false;
      own.set(author, { hlc, bytes }, now.mono);
      learn(record, now);
      return true;
    },
    proofAgainst: subject => own.get(subject)?.bytes,
    given: (peer, now) => given.set(peer, true, now.mono),
    isGiven: peer => given.has(peer),
    isShown: (subject, accuser) => shown.has(pairOf(subject, accuser)),
    wait: (accusation, now) => waiting.set(accusation.record.id, accusation, now.mono),
    show(record, now) {
      const taken: Waiting[] = [];
      for (const [id, one] of waiting.entries()) {
        if (one.record.key !== record.author || one.record.author !== record.key) continue;
        waiting.delete(id);
        taken.push(one);
      }
      // Nobody has asked: a vouch means nothing by itself.
      if (taken.length === 0) return taken;
      shown.set(pairOf(record.author, record.key as PeerId), true, now.mono);
      learn(record, now);
      return taken;
    },
    linksOf: subject => links.get(subject) ?? 0,
    expire(now) {
      for (const map of [own, given, shown, links, waiting]) map.expire(now.mono);
    },
  };
}

function pairOf(subject: PeerId, accuser: PeerId): string {
  return `${subject} ${accuser}`;
}
