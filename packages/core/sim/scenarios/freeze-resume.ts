import type { ScenarioFile } from '../scenario/scenario.ts';

export const freezeResume: ScenarioFile = {
  name: 'freeze-resume',
  about:
    'Three tabs are frozen for ten minutes; they are missed, nobody dies for them when they wake, and they soon have all.',
  nodes: 20,
  duration: '14m',
  join: { over: '5s' },
  timeline: [{ at: '1m', do: 'freeze', nodes: [1, 7, 13], for: '10m' }],
  load: [{ from: '2m', to: '5m', kind: 'state', perSecond: 0.5 }],
  expect: {
    'convergence.delivered': { equals: 1 },
    // What was said in the second minute, two seconds after the thaw in the eleventh.
    'convergence.t100Ms': { max: 9 * 60_000 + 2_000 },
    'membership.backAliveMs.max': { max: 2_000 },
    'membership.falseSuspicions': { max: 0 },
    'membership.falseDeaths': { max: 0 },
    'membership.divergence': { max: 0 },
    'overlay.components': { equals: 1 },
  },
};
