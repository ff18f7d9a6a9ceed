import type { ScenarioFile } from '../scenario/scenario.ts';
import { THREE_REGIONS } from './three-regions-6k.ts';

const LOAD = { kind: 'state', perSecond: 2, bytes: 256 } as const;

/** Everything at once, in one run: what a room of this kind is designed for. */
export const exercise: ScenarioFile = {
  name: 'exercise',
  about:
    'Three regions of two thousand, who write all the time and stop for two seconds every minute and a half; one region is cut off for five minutes. Three hundred of them are on the list of members.',
  nodes: 6_000,
  // Six thousand lists of six thousand members do not fit into the memory of one machine.
  presence: 300,
  duration: '9m',
  ...THREE_REGIONS,
  join: { over: '45s' },
  timeline: [
    // Once a minute, a thirtieth would stand still at any time, and 99 % be out of reach for 1.4 s whatever is done.
    { at: '75s', do: 'pause', for: '2s', over: '89s', every: '90s', until: '8m' },
    { at: '2m', do: 'partition', groups: [['west', 'east'], ['south']], for: '5m' },
  ],
  // Whole, one region cut off, the first minute after the heal, and whole again.
  load: [
    { from: '90s', to: '2m', ...LOAD },
    { from: '2m', to: '7m', ...LOAD },
    { from: '7m', to: '8m', ...LOAD },
    { from: '8m', to: '530s', ...LOAD },
  ],
  expect: {
    'convergence.delivered': { equals: 1 },
    'convergence.loads.0.t99Ms': { max: 1_500 },
    'convergence.loads.1.t99UncutMs': { max: 1_500 },
    'convergence.loads.2.t99Ms': { max: 10_000 },
    'convergence.loads.3.t99Ms': { max: 1_500 },
    'bytes.perNodePerSecond.peak': { max: 50_000 },
    'bytes.perNodePerSecond.peakOfOne': { max: 50_000 },
    'membership.deaths': { max: 0 },
    'membership.equalViewsMs': { max: 60_000 },
    'membership.divergence': { max: 0 },
    'overlay.components': { equals: 1 },
  },
  show: ['membership.accusations', 'membership.falseSuspicions', 'bytes.perNodePerSecond.out.mean'],
};
