import type { ScenarioFile } from '../scenario/scenario.ts';

/** Ours as it is, and two of the kind that most have: silent for so long is dead, without asking and without appeal. */
const DETECTORS = {
  ours: {},
  'bare-5s': bare(5_000),
  /** As late as ours is with a crash: what it gains by waiting, and not by asking. */
  'bare-10s': bare(10_000),
} as const satisfies { readonly [name: string]: ScenarioFile['config'] };

/** The engine's own limits, as short as they go behind the silence: no ping, no time to answer. */
function bare(silenceMs: number): NonNullable<ScenarioFile['config']> {
  return {
    'liveness.silenceMs': silenceMs,
    'liveness.pingMs': 100,
    'liveness.suspicionMs': 100,
    'liveness.loneSuspicionMs': 100,
    'liveness.unprovenMs': 100,
    'liveness.partitionMs': 0,
    'liveness.hangUpMs': 50,
    'liveness.loneHangUpMs': 50,
  };
}

/** After Lifeguard's experiments (Dadgar et al. 2018): a share of the machines stops and goes on, and lines are bad besides. */
function slow(percent: number, detector: keyof typeof DETECTORS): ScenarioFile {
  const room = `slow-${percent}`;
  const isOurs = detector === 'ours';
  return {
    name: isOurs ? room : `${room}-${detector}`,
    room,
    about: isOurs
      ? `${percent} % of the machines stop for 8 s on average, again and again, and others have bad lines: no healthy one dies.`
      : `The same room, in which whoever is silent for ${detector.slice(5)} is dead.`,
    nodes: 100,
    duration: '5m',
    join: { over: '10s' },
    config: DETECTORS[detector],
    timeline: [
      { at: '40s', do: 'stall', fraction: percent / 100, for: '8s', rest: '8s', lasting: '3m' },
      { at: '40s', do: 'latency', fraction: 0.1, ms: 700, for: '3m' },
      { at: '40s', do: 'slow', fraction: 0.1, kbps: 128, for: '3m' },
      { at: '45s', do: 'deafen', fraction: 0.05, for: '20s', every: '20s', until: '205s' },
      { at: '1m', do: 'crash', count: 1, every: '30s', until: '3m' },
    ],
    load: [{ from: '30s', to: '220s', kind: 'state', perSecond: 4, bytes: 512 }],
    ...(isOurs ? { expect: { 'membership.healthyDeaths': { max: 0 } } } : {}),
    show: [
      ...(isOurs ? [] : ['membership.healthyDeaths']),
      'membership.healthySuspicions',
      'membership.deaths',
      'membership.detectionMs.p50',
      'membership.detectionMs.p99',
    ],
  };
}

export const slow4: readonly ScenarioFile[] = variants(4);
export const slow10: readonly ScenarioFile[] = variants(10);
export const slow30: readonly ScenarioFile[] = variants(30);

function variants(percent: number): readonly ScenarioFile[] {
  return [slow(percent, 'ours'), slow(percent, 'bare-5s'), slow(percent, 'bare-10s')];
}
