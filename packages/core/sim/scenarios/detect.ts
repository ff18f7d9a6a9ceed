import type { ScenarioFile } from '../scenario/scenario.ts';

/** Ten crashes, one by one; all others run and say nothing. */
function detect(name: string, nodes: number): ScenarioFile {
  return {
    name,
    about: `Ten of ${nodes.toLocaleString('en-US')} visitors crash one after the other: how long until every app knows.`,
    nodes,
    duration: '4m',
    join: { over: '1m' },
    timeline: [{ at: '90s', do: 'crash', count: 1, every: '10s', until: '180s' }],
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
export const detect10k: ScenarioFile = detect('detect-10k', 10_000);
