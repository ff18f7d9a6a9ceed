/** Who is accused by whom, and until when it may refute. Several accusers shorten the time, as in Lifeguard. */
import type { Config } from '../config.ts';
import { createEarliest } from '../lib/earliest.ts';
import type { Now, PeerId } from '../types.ts';

export interface Suspicions {
  /** True when `subject` was not suspected before. */
  add(subject: PeerId, accuser: PeerId, hlc: number, hungUp: boolean, now: Now): boolean;
  /** `subject` spoke at `hlc`. True when that refutes every accusation against it. */
  clear(subject: PeerId, hlc: number): boolean;
  forget(subject: PeerId): void;
  postpone(ms: number): void;
  /** Takes those whose time is up at `now`. */
  takeDue(now: Now): readonly { readonly peer: PeerId; readonly hlc: number }[];
  nextDueAt(): number;
  size(): number;
}

interface Suspicion {
  readonly accusers: Set<PeerId>;
  /** Those to whom the subject hung up: two of them, or this node, need little time to be believed. */
  readonly witnesses: Set<PeerId>;
  hlc: number;
  firstAt: number;
}

const MAX_ACCUSERS = 64;

export function createSuspicions(self: PeerId, config: Config): Suspicions {
  const suspicions = new Map<PeerId, Suspicion>();
  const dueAt = ({ accusers, witnesses, firstAt }: Suspicion): number => {
    if (witnesses.size > 1 || witnesses.has(self)) return firstAt + config['liveness.hangUpMs'];
    if (witnesses.size === 1) return firstAt + config['liveness.loneHangUpMs'];
    return firstAt + config[accusers.size > 1 ? 'liveness.suspicionMs' : 'liveness.loneSuspicionMs'];
  };
  const due = createEarliest(() => {
    let next = Number.POSITIVE_INFINITY;
    for (const suspicion of suspicions.values()) next = Math.min(next, dueAt(suspicion));
    return next;
  });

  const remove = (subject: PeerId): boolean => {
    const known = suspicions.get(subject);
    if (known !== undefined) due.moved(dueAt(known), Number.POSITIVE_INFINITY);
    return suspicions.delete(subject);
  };

  return {
    add(subject, accuser, hlc, hungUp, now) {
      const known = suspicions.get(subject);
      if (known === undefined) {
        const witnesses = new Set(hungUp ? [accuser] : []);
        const suspicion: Suspicion = { accusers: new Set([accuser]), witnesses, hlc, firstAt: now.mono };
        suspicions.set(subject, suspicion);
        due.moved(Number.POSITIVE_INFINITY, dueAt(suspicion));
        return true;
      }
      const before = dueAt(known);
      if (known.accusers.size < MAX_ACCUSERS) known.accusers.add(accuser);
      if (hungUp && known.witnesses.size < MAX_ACCUSERS) known.witnesses.add(accuser);
      known.hlc = Math.max(known.hlc, hlc);
      due.moved(before, dueAt(known));
      return false;
    },
    clear(subject, hlc) {
      const known = suspicions.get(subject);
      return known !== undefined && hlc > known.hlc && remove(subject);
    },
    forget: subject => void remove(subject),
    postpone(ms) {
      for (const suspicion of suspicions.values()) {
        const before = dueAt(suspicion);
        suspicion.firstAt += ms;
        due.moved(before, dueAt(suspicion));
      }
    },
    takeDue(now) {
      const taken: { peer: PeerId; hlc: number }[] = [];
      if (now.mono < due.at()) return taken;
      for (const [peer, suspicion] of suspicions) {
        if (now.mono < dueAt(suspicion)) continue;
        remove(peer);
        taken.push({ peer, hlc: suspicion.hlc });
      }
      return taken;
    },
    nextDueAt: () => due.at(),
    size: () => suspicions.size,
  };
}
