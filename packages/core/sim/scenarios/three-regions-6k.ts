import type { ScenarioFile } from '../scenario/scenario.ts';

export const threeRegions6k: ScenarioFile = {
  name: 'three-regions-6k',
  about: 'Three regions of two thousand, 20, 80 and 150 ms apart there and back.',
  nodes: 6_000,
  duration: '3m',
  regions: [
    { name: 'west', share: 1 },
    { name: 'east', share: 1 },
    { name: 'south', share: 1 },
  ],
  network: {
    latencyMs: { within: 10, between: 75, pairs: [{ regions: ['west', 'east'], ms: 40 }], jitter: 0.3 },
  },
  join: { over: '60s' },
  load: [{ from: '2m', to: '150s', kind: 'state', perSecond: 2, bytes: 256 }],
  expect: {
    'convergence.delivered': { equals: 1 },
    'convergence.t99Ms': { max: 1_500 },
    'bytes.perNodePerSecond.out.mean': { max: 50_000 },
    'membership.falseSuspicions': { max: 0 },
    'overlay.components': { equals: 1 },
  },
};
