/**
 * How much one link may have carried. Each source that a neighbour names has a share of its own, taken before the
 * neighbour's: a peer that floods uses up its own and leaves the others behind that link theirs. Nobody checks who is
 * named, so a liar can use up the share of another on its own link, and there alone.
 */
import type { Config } from '../config.ts';
import { createExpiringMap, type Expiring, type ExpiringMap } from '../lib/expiring-map.ts';
import { createTokenBucket, type TokenBucket } from '../lib/token-bucket.ts';
import type { Now, PeerId } from '../types.ts';

export interface Allowance {
  take(source: PeerId, now: Now): boolean;
  /** Of sources that used theirs of late. */
  readonly shares: Expiring;
}

/** Sources behind one link whose share is remembered: more than its neighbour may have carried in a burst. */
const MAX_SOURCES = 256;

export function createAllowance(config: Config, now: Now): Allowance {
  const [perSecond, burst] = [config['relay.sourcePerSecond'], config['relay.sourceBurst']];
  const whole = createTokenBucket(config['relay.perSecond'], config['relay.burst'], now.mono);
  // A share that nobody has used for so long is full again, as one that begins.
  const shares: ExpiringMap<PeerId, TokenBucket> = createExpiringMap(MAX_SOURCES, (1_000 * burst) / perSecond);
  return {
    take(source, { mono }) {
      shares.expire(mono);
      const share = shares.get(source) ?? createTokenBucket(perSecond, burst, mono);
      shares.set(source, share, mono);
      return share.take(1, mono) && whole.take(1, mono);
    },
    shares,
  };
}
