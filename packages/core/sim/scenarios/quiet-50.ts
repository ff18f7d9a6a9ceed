import type { ScenarioFile } from '../scenario/scenario.ts';

export const quiet50: ScenarioFile = {
  name: 'quiet-50',
  about: 'Fifty visitors, one hour, nothing happens: nobody is suspected.',
  nodes: 50,
  duration: '1h',
  join: { over: '10s' },
  expect: {
    'membership.falseSuspicions': { max: 0 },
    'membership.falseDeaths': { max: 0 },
    'membership.statusFlips': { max: 0 },
    'membership.divergence': { max: 0 },
    'overlay.components': { equals: 1 },
    'bytes.perNodePerSecond.out.mean': { max: 1_500 },
  },
};
