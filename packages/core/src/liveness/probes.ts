/**
 * Is it the link, or the peer? Who hears nothing from a neighbour asks for it by way of others, and it answers the same
 * way with a fresh vouch. An answer that anybody else could give ("I heard it lately") would double the time
 * until a death is noticed, so only the word of the asked counts.
 */
import type { SignedRecord } from '../identity/record.ts';
import { createExpiringMap, type ExpiringMap } from '../lib/expiring-map.ts';
import type { Rng } from '../lib/rng.ts';
import { createTokenBucket } from '../lib/token-bucket.ts';
import type { Outbox } from '../outbox.ts';
import type { Now, PeerId } from '../types.ts';
import { encodeSignal } from '../wire/signal.ts';

export interface Probes {
  ask(peer: PeerId, now: Now): void;
  /** True: a vouch for `by` is wanted, and will be its answer. Several ways bring several copies of one question. */
  take(by: PeerId, session: number, now: Now): boolean;
  /** A vouch of this node's own for whom it names. */
  answer(vouch: SignedRecord, now: Now): void;
}

/** An answer costs a signature. */
const ANSWERS_PER_SECOND = 1;
const ANSWERS_AT_ONCE = 4;
const MAX_ASKED = 64;
const ASKED_MS = 10_000;

export function createProbes(outbox: Outbox, rng: Rng, startedAt: Now): Probes {
  const bucket = createTokenBucket(ANSWERS_PER_SECOND, ANSWERS_AT_ONCE, startedAt.mono);
  const asked: ExpiringMap<PeerId, number> = createExpiringMap(MAX_ASKED, ASKED_MS);
  /** Whose question is not answered yet. */
  const open: ExpiringMap<PeerId, number> = createExpiringMap(MAX_ASKED, ASKED_MS);

  const send = (to: PeerId, payload: Uint8Array): void =>
    outbox.fact({ type: 'signal-out', to, payload, detour: true });

  return {
    ask: peer => send(peer, encodeSignal({ type: 'probe', session: rng.uint32() })),
    take(by, session, now) {
      asked.expire(now.mono);
      if (asked.get(by) === session || !bucket.take(1, now.mono)) return false;
      asked.set(by, session, now.mono);
      open.set(by, session, now.mono);
      return true;
    },
    answer({ key, bytes }, now) {
      open.expire(now.mono);
      const by = key as PeerId;
      const session = open.get(by);
      if (session === undefined) return;
      open.delete(by);
      send(by, encodeSignal({ type: 'alive', session, record: bytes }));
    },
  };
}
