/** Engines that are wrong about signals: those that they carry, and those that they believe. */
import { type Engine, isSignalText, type Job } from '@hearsay/core';
import { type Fault, fault } from './fault.ts';

export const relayFaults: readonly Fault[] = [
  fault('carries-nothing', 'carries no signal for others', {
    received: (_engine, self) => frame => (frame.type === 'relay' && frame.to !== self ? undefined : frame),
  }),
  {
    name: 'trusts-signals',
    about: 'takes a signal that its source has not signed',
    config: {},
    wrap: trusting,
  },
];

function trusting(engine: Engine): Engine {
  const signals = new Set<Job>();
  return {
    ...engine,
    handle(input, now) {
      const isSignal = input.type === 'verified' && signals.delete(input.job);
      const effects = engine.handle(isSignal ? { ...input, ok: true } : input, now);
      for (const effect of effects) if (effect.type === 'verify' && isSignalText(effect.bytes)) signals.add(effect.job);
      return effects;
    },
  };
}
