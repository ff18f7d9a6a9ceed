import type { ScenarioFile } from '../scenario/scenario.ts';

export const partitionHeal: ScenarioFile = {
  name: 'partition-heal',
  about: 'Two regions lose each other for ninety seconds, both go on writing, and agree again afterwards.',
  nodes: 30,
  duration: '8m',
  regions: [
    { name: 'west', share: 1 },
    { name: 'east', share: 2 },
  ],
  join: { over: '5s' },
  timeline: [{ at: '1m', do: 'partition', groups: [['west'], ['east']], for: '90s' }],
  load: [{ from: '70s', to: '140s', kind: 'state', perSecond: 2, bytes: 128 }],
  expect: {
    'convergence.delivered': { equals: 1 },
    // Said in the first ten seconds of the cut and told at most a minute after its end.
    'convergence.t100Ms': { max: 140_000 },
    'membership.falseSuspicions': { max: 0 },
    'membership.falseDeaths': { max: 0 },
    'membership.divergence': { max: 0 },
    'membership.ghosts': { max: 0 },
    'overlay.components': { equals: 1 },
  },
};
