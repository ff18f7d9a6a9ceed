/**
 * Signals that arrive before their `dial`: the offer often overtakes the answering side's own decision.
 * Anybody who can reach us can fill this, so it is small, forgets soon, and forgets the oldest peer first.
 */
import type { MonoMs, PeerId } from '@hearsay/core/host';
import { MAX_SIGNAL_LENGTH } from './signal-gate.ts';

export const EARLY_PEERS: number = 8;
export const EARLY_SIGNALS_PER_PEER: number = 40;
export const EARLY_MS: number = 10_000;

interface Waiting {
  readonly session: number;
  readonly since: MonoMs;
  readonly signals: string[];
  length: number;
}

export class EarlySignals {
  /** In order of arrival of each peer's first signal. */
  readonly #waiting = new Map<PeerId, Waiting>();

  /** False: not kept. A new session of a peer replaces what was kept of its old one. */
  keep(peer: PeerId, session: number, data: string, now: MonoMs): boolean {
    let entry = this.#waiting.get(peer);
    if (entry === undefined || entry.session !== session || now - entry.since >= EARLY_MS) {
      this.#waiting.delete(peer);
      if (this.#waiting.size >= EARLY_PEERS) this.#waiting.delete(this.#waiting.keys().next().value!);
      entry = { session, since: now, signals: [], length: 0 };
      this.#waiting.set(peer, entry);
    }
    if (entry.signals.length >= EARLY_SIGNALS_PER_PEER) return false;
    if (entry.length + data.length > MAX_SIGNAL_LENGTH) return false;
    entry.signals.push(data);
    entry.length += data.length;
    return true;
  }

  /** What came early for this session, in order; the peer's other sessions are forgotten. */
  take(peer: PeerId, session: number, now: MonoMs): readonly string[] {
    const entry = this.#waiting.get(peer);
    this.#waiting.delete(peer);
    return entry !== undefined && entry.session === session && now - entry.since < EARLY_MS ? entry.signals : [];
  }
}
