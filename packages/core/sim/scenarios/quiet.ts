import type { ScenarioFile } from '../scenario/scenario.ts';

const expect: ScenarioFile['expect'] = {
  'membership.accusations': { max: 0 },
  'membership.falseSuspicions': { max: 0 },
  'membership.falseDeaths': { max: 0 },
  'membership.statusFlips': { max: 0 },
  'membership.divergence': { max: 0 },
  'guard.honestPenalised': { max: 0 },
  'overlay.components': { equals: 1 },
  'bytes.perNodePerSecond.out.mean': { max: 1_500 },
};

export const quiet50: ScenarioFile = {
  name: 'quiet-50',
  about: 'Fifty visitors, one hour, nothing happens: nobody is suspected.',
  nodes: 50,
  duration: '1h',
  join: { over: '10s' },
  expect,
};

export const quiet1k: ScenarioFile = {
  ...quiet50,
  name: 'quiet-1k',
  about: 'A thousand visitors, one hour, nothing happens: nobody is suspected.',
  nodes: 1_000,
  join: { over: '60s' },
};

/** Without presence: ten thousand lists of ten thousand members do not fit into the memory of one machine. */
export const quiet10k: ScenarioFile = {
  ...quiet50,
  name: 'quiet-10k',
  about: 'Ten thousand visitors who state no presence, one hour, nothing happens: nobody is suspected.',
  nodes: 10_000,
  presence: false,
  join: { over: '60s' },
};
