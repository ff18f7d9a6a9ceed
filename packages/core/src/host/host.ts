/**
 * Runs an engine against ports: inputs queue up, effects go out in order, and one timer stands for the one
 * deadline. A port that answers in the middle of `handle` finds its answer queued behind it.
 */
import type { Effect } from '../effect.ts';
import type { Engine } from '../engine.ts';
import type { Delivery, Input } from '../input.ts';
import type { Clock, Crypto, Links, RecordStorage, Rendezvous } from './ports.ts';

export interface HostOptions {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly links: Links;
  readonly rendezvous: Rendezvous;
  readonly storage?: RecordStorage | undefined;
  readonly onDelivery: (delivery: Delivery) => void;
  /** Called when the queue is empty again: all that one input caused has been done. */
  readonly onSettled?: (() => void) | undefined;
  /** Something outside the engine failed: storage, a signature. The engine goes on. */
  readonly onTrouble: (code: 'storage-failed' | 'no-crypto', error: unknown) => void;
}

export interface Host {
  push(input: Input): void;
  /** Stops the timer; inputs are ignored from now on. */
  stop(): void;
}

/** The largest delay every platform's timer takes. */
const MAX_TIMER_MS = 2_147_483_647;

export function createHost(options: HostOptions): Host {
  const { engine, clock } = options;
  const queue: Input[] = [];
  let running = false;
  let stopped = false;
  let cancelTimer: (() => void) | undefined;
  let timerAt = Number.POSITIVE_INFINITY;

  const push = (input: Input): void => {
    if (stopped) return;
    queue.push(input);
    if (running) return;
    running = true;
    try {
      for (let next = queue.shift(); next !== undefined && !stopped; next = queue.shift()) {
        for (const effect of engine.handle(next, clock.now())) obey(effect);
      }
    } finally {
      running = false;
    }
    setTimer();
    options.onSettled?.();
  };

  const setTimer = (): void => {
    const at = engine.nextWakeAt() ?? Number.POSITIVE_INFINITY;
    if (at === timerAt || stopped) return;
    cancelTimer?.();
    cancelTimer = undefined;
    timerAt = at;
    if (at === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.min(MAX_TIMER_MS, Math.max(0, at - clock.now().mono));
    cancelTimer = clock.timer(delayMs, () => {
      timerAt = Number.POSITIVE_INFINITY;
      push({ type: 'wake' });
    });
  };

  const obey = (effect: Effect): void => {
    switch (effect.type) {
      case 'send':
        return options.links.send(effect.to, effect.bytes);
      case 'watch-link':
        return options.links.watch(effect.peer, effect.below);
      case 'close-link':
        return options.links.close(effect.peer, effect.reason);
      case 'dial':
        return options.links.dial(effect.peer, effect.session, effect.initiator, effect.key);
      case 'rtc-signal':
        return options.links.signal(effect.peer, effect.session, effect.data);
      case 'rendezvous':
        return effect.open ? options.rendezvous.open() : options.rendezvous.close();
      case 'introduce':
        return options.rendezvous.introduce();
      case 'server-signal':
        return options.rendezvous.signal(effect.to, effect.payload);
      case 'sign':
        return sign(effect);
      case 'verify':
        return verify(effect);
      case 'deliver':
        return options.onDelivery(effect.delivery);
      case 'keep':
        return keeping(options.storage?.keep(effect.id, effect.bytes));
      case 'forget':
        return keeping(options.storage?.forget(effect.id));
    }
  };

  const signing = createLane<Uint8Array>();
  const verifying = createLane<boolean>();

  const sign = ({ job, bytes }: Extract<Effect, { type: 'sign' }>): void => {
    signing(options.crypto.sign(bytes), outcome => {
      if (outcome.status === 'fulfilled') push({ type: 'signed', job, signature: outcome.value });
      else options.onTrouble('no-crypto', outcome.reason);
    });
  };

  const verify = ({ job, key, signature, bytes }: Extract<Effect, { type: 'verify' }>): void => {
    verifying(options.crypto.verify(key, signature, bytes), outcome => {
      if (outcome.status === 'rejected') options.onTrouble('no-crypto', outcome.reason);
      push({ type: 'verified', job, ok: outcome.status === 'fulfilled' && outcome.value });
    });
  };

  const keeping = (work: Promise<void> | undefined): void => {
    work?.catch(error => options.onTrouble('storage-failed', error));
  };

  return {
    push,
    stop() {
      stopped = true;
      cancelTimer?.();
    },
  };
}

type Lane<T> = (work: Promise<T>, done: (outcome: PromiseSettledResult<T>) => void) => void;

/** Work runs side by side and is answered in the order it was asked for: a goodbye must not overtake the last words. */
function createLane<T>(): Lane<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work, done) => {
    const turn = Promise.allSettled([work, last]).then(([outcome]) => outcome);
    // Without its value, or each turn would keep all those before it alive.
    last = turn.then(() => undefined);
    // A branch of its own: what the engine throws must reach the platform, not the next turn.
    turn.then(done);
  };
}
