/**
 * May this peer speak? Token buckets per link decide before a byte is parsed, buckets per author before a
 * signature is checked. Offences are counted for each kind on its own: good conduct in one respect buys
 * nothing in another (a sum of scores let silent peers stay in good standing: CVE-2022-47547).
 */
import type { Config } from '../config.ts';
import type { Fact, Offence } from '../fact.ts';
import { createExpiringMap, type ExpiringMap } from '../lib/expiring-map.ts';
import { createTokenBucket, type TokenBucket } from '../lib/token-bucket.ts';
import type { Outbox } from '../outbox.ts';
import type { Now, PeerId } from '../types.ts';

export interface Guard {
  /** Before parsing: is there room for one more frame of this size from this link? */
  admit(peer: PeerId, bytes: number, now: Now): boolean;
  /** Before verifying: has this author anything left of its share? */
  admitAuthor(author: PeerId, now: Now): boolean;
  isBanned(peer: PeerId, now: Now): boolean;
  onMisbehaved(fact: Extract<Fact, { type: 'misbehaved' }>, now: Now): void;
  onNeighbourDown(peer: PeerId): void;
  bans(): number;
}

interface LinkBuckets {
  readonly frames: TokenBucket;
  readonly bytes: TokenBucket;
}

const OVER_RATE_PER_STRIKE = 100;
/** Times are fractions whose sums are not exact: an honest author must not miss the last of its burst by that. */
const ROUNDING_MS = 0.001;

export function createGuard(config: Config, outbox: Outbox): Guard {
  const links = new Map<PeerId, LinkBuckets>();
  const admitAuthor = createAuthorGate(config);
  const offences: ExpiringMap<PeerId, Map<Offence, TokenBucket>> = createExpiringMap(
    config['guard.peers'],
    config['guard.banMs'],
  );
  const bans: ExpiringMap<PeerId, Offence> = createExpiringMap(config['guard.peers'], config['guard.banMs']);

  const bucketsOf = (peer: PeerId, now: Now): LinkBuckets => {
    let buckets = links.get(peer);
    if (buckets === undefined) {
      const frames = config['guard.linkFramesPerSecond'];
      const bytes = config['guard.linkBytesPerSecond'];
      buckets = {
        frames: createTokenBucket(frames, 2 * frames, now.mono),
        bytes: createTokenBucket(bytes, 2 * bytes, now.mono),
      };
      links.set(peer, buckets);
    }
    return buckets;
  };

  /** A flood is forgiven more easily than a forgery: a burst after a stalled link is nobody's fault. */
  const strikesOf = (offence: Offence): number =>
    offence === 'over-rate' ? OVER_RATE_PER_STRIKE * config['guard.strikes'] : config['guard.strikes'];

  const forgivenPerSecond = (offence: Offence): number =>
    (1000 * strikesOf(offence)) / (config['guard.strikes'] * config['guard.strikeMs']);

  return {
    admit(peer, bytes, now) {
      const buckets = bucketsOf(peer, now);
      return buckets.frames.take(1, now.mono) && buckets.bytes.take(bytes, now.mono);
    },
    admitAuthor,
    isBanned(peer, now) {
      bans.expire(now.mono);
      return bans.has(peer);
    },
    onMisbehaved({ peer, offence, detail }, now) {
      if (bans.has(peer)) return;
      const kinds = offences.get(peer) ?? new Map<Offence, TokenBucket>();
      offences.set(peer, kinds, now.mono);
      let strikes = kinds.get(offence);
      if (strikes === undefined) {
        strikes = createTokenBucket(forgivenPerSecond(offence), strikesOf(offence) - 1, now.mono);
        kinds.set(offence, strikes);
      }
      if (strikes.take(1, now.mono)) return;
      bans.set(peer, offence, now.mono);
      outbox.fact({ type: 'peer-banned', peer, offence });
      const message = `Cut off ${peer.slice(0, 8)}: ${offence} (${detail})`;
      outbox.effect({ type: 'deliver', delivery: { what: 'warning', code: offence, peer, message } });
    },
    onNeighbourDown(peer) {
      // Offences and bans stay: coming back must not wash them off.
      links.delete(peer);
    },
    bans: () => bans.size,
  };
}

/**
 * A token bucket for each author, in one number: when its whole burst will be there again. There is one for everybody
 * in the room after a crowd has come, so this is a third of what a bucket would take. (GCRA, ITU-T I.371.)
 */
function createAuthorGate(config: Config): Guard['admitAuthor'] {
  const tokenMs = 1_000 / config['guard.authorPerSecond'];
  const burstMs = config['guard.authorBurst'] * tokenMs;
  const wholeAt = new Map<PeerId, number>();

  /** Whose burst is whole again is as good as one never heard of. */
  const forget = (now: Now): void => {
    for (const [author, at] of wholeAt) {
      if (at > now.mono && wholeAt.size <= config['presence.maxAuthors']) return;
      wholeAt.delete(author);
    }
  };

  return (author, now) => {
    const at = Math.max(wholeAt.get(author) ?? now.mono, now.mono) + tokenMs;
    if (at - now.mono > burstMs + ROUNDING_MS) return false;
    wholeAt.delete(author);
    wholeAt.set(author, at);
    forget(now);
    return true;
  };
}
