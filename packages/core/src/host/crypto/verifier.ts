/** Rule U in front, the best equation behind: WebCrypto where it can be trusted with it, else noble. */
import type { PeerId } from '../../types.ts';
import { nobleEquation } from './noble.ts';
import { computesRuleU } from './probe.ts';
import { AUTHOR_CACHE_LIMIT, type Backend, createRuleU, type Equation } from './rule-u.ts';
import { createWebCryptoEquation, type SubtleLike } from './webcrypto.ts';

export interface VerifierOptions {
  /** `crypto.subtle` where there is one. */
  readonly subtle?: SubtleLike | undefined;
  /** Authors remembered, for the key check and for imported keys each. Default 4,096: a room's. */
  readonly cacheLimit?: number;
}

export interface Verifier {
  /** What computes the equation; `probing` until WebCrypto has been tried, once, at creation. */
  readonly backend: Backend | 'probing';
  /** Resolves when `backend` is decided. `verify` may be called before. Never rejects. */
  readonly ready: Promise<Backend>;
  /** Rule U's answer (SPEC `SIGN-*`). Never throws, never rejects: what cannot be checked is `false`. */
  verify(key: PeerId, signature: Uint8Array, bytes: Uint8Array): Promise<boolean>;
}

export function createVerifier(options: VerifierOptions = {}): Verifier {
  const { subtle, cacheLimit = AUTHOR_CACHE_LIMIT } = options;
  const rule = createRuleU(cacheLimit);
  let backend: Backend | 'probing' = 'probing';
  const chosen = chooseEquation(subtle, cacheLimit).then(equation => {
    backend = equation.backend;
    return equation;
  });

  return {
    get backend() {
      return backend;
    },
    ready: chosen.then(equation => equation.backend),
    async verify(key, signature, bytes) {
      try {
        const author = rule.admit(key, signature);
        if (author === undefined) return false;
        // Copies: the caller may reuse its buffers while the platform computes, and WebCrypto takes no shared memory.
        const owned = { signature: new Uint8Array(signature), bytes: new Uint8Array(bytes) };
        const equation = await chosen;
        return await equation.holds(author, owned.signature, owned.bytes);
      } catch {
        return false;
      }
    },
  };
}

async function chooseEquation(subtle: SubtleLike | undefined, cacheLimit: number): Promise<Equation> {
  if (subtle === undefined || !(await computesRuleU(subtle))) return nobleEquation;
  return createWebCryptoEquation(subtle, cacheLimit);
}
