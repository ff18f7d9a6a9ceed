import type { ScenarioFile } from '../scenario/scenario.ts';

/** 20 ms there and back inside a region, 80 and 150 ms between two. */
export const THREE_REGIONS: Pick<ScenarioFile, 'regions' | 'network'> = {
  regions: [
    { name: 'west', share: 1 },
    { name: 'east', share: 1 },
    { name: 'south', share: 1 },
  ],
  network: {
    latencyMs: { within: 10, between: 75, pairs: [{ regions: ['west', 'east'], ms: 40 }], jitter: 0.3 },
  },
};

const threeRegions: ScenarioFile = {
  name: 'three-regions-6k',
  about:
    'Three regions of two thousand, 20 ms there and back inside, 80 and 150 ms between them. Nobody states a presence.',
  nodes: 6_000,
  // Six thousand lists of six thousand members do not fit into the memory of one machine.
  presence: false,
  duration: '150s',
  ...THREE_REGIONS,
  join: { over: '60s' },
  load: [{ from: '2m', to: '125s', kind: 'state', perSecond: 10, bytes: 256 }],
  expect: {
    'convergence.delivered': { equals: 1 },
    'convergence.t99Ms': { max: 1_500 },
    'bytes.perNodePerSecond.out.max': { max: 50_000 },
    'bytes.perNodePerSecond.peak': { max: 50_000 },
    'membership.falseSuspicions': { max: 0 },
    'overlay.components': { equals: 1 },
  },
};

const { 'membership.falseSuspicions': _ofTheQuiet, ...asked } = threeRegions.expect!;

/** Without trouble, and with one node in twenty at a standstill at any time. */
export const threeRegions6k: readonly ScenarioFile[] = [
  threeRegions,
  {
    ...threeRegions,
    name: 'three-regions-6k-stalls',
    about: 'The same with one visitor in twenty at a standstill for eight seconds, others each time.',
    timeline: [{ at: '116s', do: 'pause', fraction: 0.05, for: '8s', every: '8s', until: '130s' }],
    expect: { ...asked, 'convergence.t99Ms': { max: 10_000 } },
    show: ['membership.falseSuspicions'],
  },
];
