import type { ScenarioFile } from '../scenario/scenario.ts';

const LOAD = { kind: 'state', perSecond: 2, bytes: 128 } as const;

/** One region of three is cut off from the others; both sides go on setting and deleting. */
function partition(name: string, cutS: number, expect: ScenarioFile['expect']): ScenarioFile {
  const healS = 180 + cutS;
  return {
    name,
    about: `A third of six thousand visitors is cut off from the rest for ${name.slice('partition-'.length)}, and all agree again.`,
    nodes: 6_000,
    duration: `${healS + 180}s`,
    regions: [
      { name: 'west', share: 1 },
      { name: 'east', share: 2 },
    ],
    join: { over: '1m' },
    timeline: [{ at: '3m', do: 'partition', groups: [['west'], ['east']], for: `${cutS}s` }],
    load: [
      { from: '2m', to: '3m', ...LOAD },
      { from: '190s', to: `${healS - 10}s`, ...LOAD },
      // Of what was set before the cut, and not all of it.
      { from: '200s', to: '250s', ...LOAD, kind: 'delete', perSecond: 1 },
      { from: `${healS + 60}s`, to: `${healS + 90}s`, ...LOAD },
    ],
    expect: {
      'convergence.delivered': { equals: 1 },
      'convergence.loads.1.t99UncutMs': { max: 1_500 },
      'convergence.loads.3.t99Ms': { max: 1_500 },
      'membership.falseSuspicions': { max: 0 },
      'membership.falseDeaths': { max: 0 },
      'membership.divergence': { max: 0 },
      'membership.ghosts': { max: 0 },
      'state.resurrected': { max: 0 },
      'overlay.components': { equals: 1 },
      'bytes.perNodePerSecond.peak': { max: 50_000 },
      ...expect,
    },
    show: [
      'membership.accusations',
      'membership.refutations',
      'bytes.perNodePerSecond.peakOfOne',
      'bytes.perNodePerSecond.out.mean',
      ...('membership.deaths' in (expect ?? {}) ? [] : ['membership.deaths']),
    ],
  };
}

const lives: ScenarioFile['expect'] = { 'membership.deaths': { max: 0 }, 'membership.equalViewsMs': { max: 60_000 } };

export const partition90s: ScenarioFile = partition('partition-90s', 90, lives);
export const partition5min: ScenarioFile = partition('partition-5min', 5 * 60, lives);
/** So long that each side may give the other up: they only have to find each other again. */
export const partition20min: ScenarioFile = partition('partition-20min', 20 * 60, {
  'membership.equalViewsMs': { max: 120_000 },
});
