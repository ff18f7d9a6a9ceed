/**
 * Who is accused by whom, and until when it may refute. Witnesses are those for whom the accused itself has
 * vouched; a quorum of them shortens the time, and more of them shorten it further, as in Lifeguard. Others can make a
 * suspect only together, and give it long to answer.
 */
import type { Config } from '../config.ts';
import type { Now, PeerId } from '../types.ts';

export interface Accuser {
  readonly peer: PeerId;
  readonly hlc: number;
  /** It was linked with the accused. */
  readonly isWitness: boolean;
  /** And saw it hang up. */
  readonly sawHangUp: boolean;
}

export interface Suspicions {
  /** True when `subject` is a suspect now and was none before. */
  add(subject: PeerId, accuser: Accuser, now: Now): boolean;
  /** `subject` spoke at `hlc`. What that refutes, if anything. */
  clear(subject: PeerId, hlc: number): Cleared | undefined;
  isSuspect(subject: PeerId): boolean;
  /** Does what `subject` said at `hlc` leave it a suspect? */
  isAccusedSince(subject: PeerId, hlc: number): boolean;
  forget(subject: PeerId): void;
  postpone(ms: number): void;
  /** Something that times depend on has changed. */
  review(): void;
  takeDue(now: Now): readonly Verdict[];
  nextDueAt(): number;
  /** More accusations by witnesses would change nothing; `isHeld`: nor shorten anything. */
  hasEnough(subject: PeerId, isHeld: boolean): boolean;
  size(): number;
  /** Those who fell silent, and are suspects since at most `ms`. */
  recent(ms: number, now: Now): number;
}

export interface Cleared {
  readonly wasSuspect: boolean;
  readonly byThisNode: boolean;
}

/** `unreachable`: it did not answer in time, and it is too early to say that it has failed. */
export interface Verdict {
  readonly peer: PeerId;
  readonly hlc: number;
  readonly verdict: 'failed' | 'unreachable';
}

export interface SuspicionTools {
  readonly self: PeerId;
  readonly config: Config;
  /** How many links a member has said it has; 0: it has not. */
  readonly linksOf: (subject: PeerId) => number;
  /** Members, this node included. */
  readonly members: () => number;
  readonly healthFactor: () => number;
  /** Its region is said to be out of reach, and has time to answer. */
  readonly mayBeCut: (subject: PeerId) => boolean;
  /** No verdict on those who fell silent before. */
  readonly heldUntil: () => number;
}

interface Suspicion {
  readonly witnesses: Set<PeerId>;
  readonly others: Set<PeerId>;
  /** Those to whom the subject hung up. */
  readonly hungUp: Set<PeerId>;
  hlc: number;
  /** When it became a suspect; infinite: it is none yet. */
  since: number;
  isUnreachable: boolean;
}

const MAX_ACCUSERS = 64;
/** So many who cannot show a link make a suspect: keys are free, but a lone liar with one key has no voice. */
export const OTHERS_NEEDED = 3;
const QUORUM_LEAST = 2;
const QUORUM_SHARE = 1 / 3;
/** K of Lifeguard: so many confirmations of the first witness make the time as short as it gets. */
const CONFIRMATIONS = 3;
const NEVER = Number.POSITIVE_INFINITY;

export function createSuspicions(tools: SuspicionTools): Suspicions {
  const { self, config, healthFactor } = tools;
  const suspicions = new Map<PeerId, Suspicion>();
  let suspects = 0;
  let dueAt: number | undefined;

  /** Members that could still speak about a suspect. */
  const othersAlive = (): number => Math.max(1, tools.members() - Math.max(1, suspects));

  const monitorsOf = (subject: PeerId): number => Math.min(tools.linksOf(subject) || NEVER, othersAlive());

  const quorumOf = (subject: PeerId): number =>
    Math.min(monitorsOf(subject), Math.max(QUORUM_LEAST, Math.ceil(tools.linksOf(subject) * QUORUM_SHARE)));

  const isAccused = ({ witnesses, others }: Suspicion): boolean =>
    witnesses.size > 0 || others.size >= Math.min(OTHERS_NEEDED, othersAlive());

  /** Seen by this node itself, or by two: the other side's stack has ended its links, and no cut of lines does that. */
  const hungUpMs = (subject: PeerId, { hungUp }: Suspicion): number => {
    if (hungUp.size > 1 || hungUp.has(self)) return config['liveness.hangUpMs'];
    return hungUp.size === 1 && quorumOf(subject) === 1 ? config['liveness.loneHangUpMs'] : NEVER;
  };

  const silenceMs = (subject: PeerId, { witnesses }: Suspicion): number => {
    if (witnesses.size < quorumOf(subject)) return config['liveness.unprovenMs'];
    const [longest, shortest] = [config['liveness.loneSuspicionMs'], config['liveness.suspicionMs']];
    const needed = Math.max(1, Math.min(CONFIRMATIONS, monitorsOf(subject) - 1));
    return longest - (longest - shortest) * Math.min(1, (witnesses.size - 1) / needed);
  };

  const failsAt = (subject: PeerId, suspicion: Suspicion): number => {
    const graceMs = tools.mayBeCut(subject) ? config['liveness.loneSuspicionMs'] : 0;
    const silentUntil = suspicion.since + Math.ceil(silenceMs(subject, suspicion) * healthFactor()) + graceMs;
    return Math.min(suspicion.since + hungUpMs(subject, suspicion), Math.max(silentUntil, tools.heldUntil()));
  };

  /** Links to it are no use from then on, whatever the verdict will be. */
  const unreachableAt = ({ since, isUnreachable }: Suspicion): number =>
    isUnreachable ? NEVER : since + config['liveness.loneSuspicionMs'];

  const review = (): void => {
    dueAt = undefined;
  };

  const remove = (subject: PeerId): void => {
    const known = suspicions.get(subject);
    if (known === undefined) return;
    if (known.since !== NEVER) suspects -= 1;
    suspicions.delete(subject);
    review();
  };

  const create = (subject: PeerId): Suspicion => {
    const suspicion: Suspicion = {
      witnesses: new Set(),
      others: new Set(),
      hungUp: new Set(),
      hlc: 0,
      since: NEVER,
      isUnreachable: false,
    };
    suspicions.set(subject, suspicion);
    return suspicion;
  };

  return {
    add(subject, { peer, hlc, isWitness, sawHangUp }, now) {
      const suspicion = suspicions.get(subject) ?? create(subject);
      suspicion.hlc = Math.max(suspicion.hlc, hlc);
      const voices = isWitness ? suspicion.witnesses : suspicion.others;
      if (voices.size < MAX_ACCUSERS) voices.add(peer);
      if (isWitness && sawHangUp && suspicion.hungUp.size < MAX_ACCUSERS) suspicion.hungUp.add(peer);
      review();
      if (suspicion.since !== NEVER || !isAccused(suspicion)) return false;
      suspicion.since = now.mono;
      suspects += 1;
      return true;
    },
    clear(subject, hlc) {
      const known = suspicions.get(subject);
      if (known === undefined || hlc <= known.hlc) return undefined;
      remove(subject);
      return { wasSuspect: known.since !== NEVER, byThisNode: known.witnesses.has(self) };
    },
    isSuspect: subject => (suspicions.get(subject)?.since ?? NEVER) !== NEVER,
    isAccusedSince(subject, hlc) {
      const known = suspicions.get(subject);
      return known !== undefined && known.since !== NEVER && hlc <= known.hlc;
    },
    forget: remove,
    postpone(ms) {
      for (const suspicion of suspicions.values()) suspicion.since += ms;
      review();
    },
    review,
    takeDue(now) {
      review();
      // All are judged before any is taken out: how many suspects there are is part of the judgement.
      const failed = [...suspicions].filter(([peer, suspicion]) => now.mono >= failsAt(peer, suspicion));
      const verdicts = failed.map(([peer, { hlc }]): Verdict => ({ peer, hlc, verdict: 'failed' }));
      for (const { peer } of verdicts) remove(peer);
      for (const [peer, suspicion] of suspicions) {
        if (now.mono < unreachableAt(suspicion)) continue;
        suspicion.isUnreachable = true;
        verdicts.push({ peer, hlc: suspicion.hlc, verdict: 'unreachable' });
      }
      return verdicts;
    },
    nextDueAt() {
      if (dueAt !== undefined) return dueAt;
      dueAt = NEVER;
      for (const [peer, suspicion] of suspicions)
        dueAt = Math.min(dueAt, failsAt(peer, suspicion), unreachableAt(suspicion));
      return dueAt;
    },
    hasEnough(subject, isHeld) {
      const count = suspicions.get(subject)?.witnesses.size ?? 0;
      return count > CONFIRMATIONS || (isHeld && count >= quorumOf(subject));
    },
    size: () => suspects,
    recent(ms, now) {
      let count = 0;
      for (const { since, hungUp } of suspicions.values())
        if (hungUp.size === 0 && now.mono - since < ms && since !== NEVER) count += 1;
      return count;
    },
  };
}
