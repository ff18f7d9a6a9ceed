import type { ScenarioFile } from '../scenario/scenario.ts';
import { THREE_REGIONS } from './three-regions-6k.ts';

const LOAD = { kind: 'state', perSecond: 10, bytes: 256 } as const;

/** Everything at once, in one run: what a room of this kind is designed for. */
export const exercise: ScenarioFile = {
  name: 'exercise',
  about:
    'Three regions of two thousand, who write all the time and stop for two seconds once a minute; one region is cut off for five minutes.',
  nodes: 6_000,
  duration: '12m',
  ...THREE_REGIONS,
  join: { over: '1m' },
  timeline: [
    { at: '2m', do: 'pause', for: '2s', over: '59s', every: '1m', until: '10m' },
    { at: '3m', do: 'partition', groups: [['west', 'east'], ['south']], for: '5m' },
  ],
  // Whole, one region cut off, the first minute after the heal, and whole again.
  load: [
    { from: '2m', to: '3m', ...LOAD },
    { from: '3m', to: '8m', ...LOAD },
    { from: '8m', to: '9m', ...LOAD },
    { from: '9m', to: '11m', ...LOAD },
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
