import type { ScenarioFile } from '../scenario/scenario.ts';

/** Of the first twenty: so they are members in a room where only some state a presence. */
const CRASHES = Array.from({ length: 10 }, (_, i) => ({ at: `${90 + 10 * i}s`, do: 'crash', nodes: [2 * i] }) as const);

/** Ten crashes, one by one; all others run and say nothing. */
function detect(name: string, nodes: number): ScenarioFile {
  return {
    name,
    about: `Ten of ${nodes.toLocaleString('en-US')} visitors crash one after the other: how long until every app knows.`,
    nodes,
    duration: '4m',
    join: { over: '1m' },
    timeline: CRASHES,
    expect: {
      'membership.detectionMs.p50': { max: 13_000 },
      'membership.detectionMs.p99': { max: 15_000 },
      'membership.falseSuspicions': { max: 0 },
      'membership.falseDeaths': { max: 0 },
      'membership.ghosts': { max: 0 },
    },
    show: ['membership.detectionMs.max', 'membership.accusations'],
  };
}

export const detect50: ScenarioFile = detect('detect-50', 50);
export const detect1k: ScenarioFile = detect('detect-1k', 1_000);
/** Ten thousand lists of ten thousand members do not fit into the memory of one machine: a few are members of all lists. */
export const detect10k: ScenarioFile = { ...detect('detect-10k', 10_000), presence: 200 };
