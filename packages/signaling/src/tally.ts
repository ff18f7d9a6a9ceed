/** Counts of what was served and what was turned away. The names are a closed set, so the counts stay few. */

import type { Refusal } from './admission.ts';
import type { SignalingErrorCode } from './protocol.ts';

export type Verdict =
  | 'joined'
  | 'relayed'
  | 'unreachable'
  | 'strikes'
  | 'silent'
  | 'join-timeout'
  | 'handler-failed'
  | 'origin'
  | 'not-websocket'
  | 'unknown-path'
  | 'closing'
  | Refusal
  | SignalingErrorCode;

export class Tally {
  readonly #counts = new Map<Verdict, number>();

  add(verdict: Verdict): void {
    this.#counts.set(verdict, (this.#counts.get(verdict) ?? 0) + 1);
  }

  snapshot(): Readonly<Partial<Record<Verdict, number>>> {
    return Object.fromEntries(this.#counts);
  }
}
