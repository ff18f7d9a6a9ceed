import type { Effect } from '../../src/effect.ts';
import type { Fact } from '../../src/fact.ts';
import type { Delivery } from '../../src/input.ts';
import type { Outbox } from '../../src/outbox.ts';
import type { PeerId } from '../../src/types.ts';
import type { Frame } from '../../src/wire/frame.ts';

export interface Sent {
  readonly to: PeerId;
  readonly frame: Frame;
}

/** An outbox that keeps what a module says, for modules tested on their own. */
export interface Recorder {
  readonly outbox: Outbox;
  /** Each of these gives what came since it was asked last. */
  facts(): readonly Fact[];
  effects(): readonly Effect[];
  deliveries(): readonly Delivery[];
  sent(): readonly Sent[];
  /** Full links take neither pushes nor bulk. All are open at first. */
  fill(peer: PeerId, full: boolean): void;
}

export function createRecorder(): Recorder {
  let facts: Fact[] = [];
  let effects: Effect[] = [];
  let sent: Sent[] = [];
  const full = new Set<PeerId>();
  const recorder: Recorder = {
    outbox: {
      send: (to, frame) => void sent.push({ to, frame }),
      isOpen: to => !full.has(to),
      effect: effect => void effects.push(effect),
      fact: fact => void facts.push(fact),
    },
    facts() {
      const taken = facts;
      facts = [];
      return taken;
    },
    effects() {
      const taken = effects;
      effects = [];
      return taken;
    },
    deliveries: () => recorder.effects().flatMap(effect => (effect.type === 'deliver' ? [effect.delivery] : [])),
    fill(peer, isFull) {
      if (isFull) full.add(peer);
      else full.delete(peer);
    },
    sent() {
      const taken = sent;
      sent = [];
      return taken;
    },
  };
  return recorder;
}

export function ofType<T extends { readonly type: string }, Name extends T['type']>(
  list: readonly T[],
  type: Name,
): readonly Extract<T, { readonly type: Name }>[] {
  return list.filter((item): item is Extract<T, { readonly type: Name }> => item.type === type);
}
