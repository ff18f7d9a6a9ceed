/**
 * What leaves is signed, what arrives is checked: who carries a signal, the server included, can neither make one up
 * nor change one. A signal counts once, in however many copies it comes.
 */
import type { Config } from '../config.ts';
import { SIGNATURE_BYTES, signalText, splitSignal } from '../identity/signed-signal.ts';
import { concatBytes, toHex } from '../lib/bytes.ts';
import { createExpiringMap, type Expiring, type ExpiringMap } from '../lib/expiring-map.ts';
import { createExpiringSet, type ExpiringSet } from '../lib/expiring-set.ts';
import type { Outbox } from '../outbox.ts';
import type { Job, Now, PeerId, Via } from '../types.ts';
import { wireLimits } from '../wire/limits.ts';

/** A signal for this node. */
export interface Arrival {
  readonly from: PeerId;
  readonly signal: Uint8Array;
  readonly via: Via;
  /** The link it came over; `undefined`: the server brought it. */
  readonly hop: PeerId | undefined;
}

/** A signal of this node's own, as it travels. */
export interface Departure {
  readonly to: PeerId;
  readonly payload: Uint8Array;
  readonly detour: boolean;
}

export interface Proofs {
  /** `detour`: it is to avoid a link with `to`. */
  sign(to: PeerId, signal: Uint8Array, detour: boolean, now: Now): void;
  /** What was to be signed by this job, as it travels. */
  takeSigned(job: Job, signature: Uint8Array): Departure | undefined;
  /** `payload` of somebody who may be `from`. */
  check(from: PeerId, payload: Uint8Array, hop: PeerId | undefined, now: Now): void;
  /** What was checked by this job, if it is genuine and came for the first time. */
  takeChecked(job: Job, ok: boolean, now: Now): Arrival | undefined;
  /** Signals that are being signed, that are being checked, and those that were taken in. */
  readonly tables: readonly Expiring[];
}

export interface ProofTools {
  readonly self: PeerId;
  readonly config: Config;
  readonly outbox: Outbox;
  readonly networkId: Uint8Array;
  readonly nextJob: () => Job;
}

/** A crypto port that has not answered in so long never will. */
const JOB_MS = 30_000;
/** Own signals being signed: a few for each dial. */
const MAX_SIGNING = 256;
/** Being checked at once, of all links and of the server. */
const MAX_CHECKING = 256;
/** The server's share of them: whoever joins hears of many at once. */
const MAX_CHECKING_OF_SERVER = 64;
/** Signals that were taken in: longer than any copy is on its way. */
const MAX_TAKEN = 4_096;
const TAKEN_MS = 120_000;

export function createProofs({ self, config, outbox, networkId, nextJob }: ProofTools): Proofs {
  const signing: ExpiringMap<Job, { to: PeerId; signal: Uint8Array; detour: boolean }> = createExpiringMap(
    MAX_SIGNING,
    JOB_MS,
  );
  const checking: ExpiringMap<Job, Arrival & { name: string }> = createExpiringMap(MAX_CHECKING, JOB_MS);
  const taken: ExpiringSet<string> = createExpiringSet(MAX_TAKEN, TAKEN_MS);

  const checkingOf = (hop: PeerId | undefined): number => {
    let count = 0;
    for (const [, arrival] of checking.entries()) if (arrival.hop === hop) count += 1;
    return count;
  };

  return {
    sign(to, signal, detour, now) {
      // The next hop would take it for a broken frame, and us for the culprit.
      if (signal.length + SIGNATURE_BYTES > wireLimits.signalBytes)
        return outbox.fact({ type: 'record-ignored', reason: 'bad-signal' });
      const job = nextJob();
      signing.expire(now.mono);
      signing.set(job, { to, signal, detour }, now.mono);
      outbox.effect({ type: 'sign', job, bytes: signalText(networkId, self, to, signal) });
    },

    takeSigned(job, signature) {
      const made = signing.get(job);
      if (made === undefined) return undefined;
      signing.delete(job);
      return { to: made.to, payload: concatBytes(signature, made.signal), detour: made.detour };
    },

    check(from, payload, hop, now) {
      const split = splitSignal(payload);
      if (split === undefined) return outbox.fact({ type: 'record-ignored', reason: 'bad-signal' });
      checking.expire(now.mono);
      taken.expire(now.mono);
      const { signature, signal } = split;
      const name = nameOf(from, signature);
      if (taken.has(name)) return;
      const most = hop === undefined ? MAX_CHECKING_OF_SERVER : config['relay.pending'];
      if (checking.size >= MAX_CHECKING || checkingOf(hop) >= most)
        return outbox.fact({ type: 'record-ignored', reason: 'busy' });
      const job = nextJob();
      checking.set(job, { from, signal, via: hop === undefined ? 'server' : 'mesh', hop, name }, now.mono);
      outbox.effect({ type: 'verify', job, key: from, signature, bytes: signalText(networkId, from, self, signal) });
    },

    takeChecked(job, ok, now) {
      const arrival = checking.get(job);
      if (arrival === undefined) return undefined;
      checking.delete(job);
      // Nobody is blamed: who handed it on could not have known.
      if (!ok) return void outbox.fact({ type: 'record-ignored', reason: 'bad-signal' });
      // Only a good signature makes it known: one forged copy must not hide the genuine one.
      if (taken.has(arrival.name)) return undefined;
      taken.add(arrival.name, now.mono);
      return arrival;
    },

    tables: [signing, checking, taken],
  };
}

/** Rule U leaves one signature for each text, so it names the signal. */
function nameOf(from: PeerId, signature: Uint8Array): string {
  return `${from.slice(0, 16)}${toHex(signature.subarray(0, 16))}`;
}
