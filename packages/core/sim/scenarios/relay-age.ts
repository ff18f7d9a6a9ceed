import type { ScenarioFile } from '../scenario/scenario.ts';

/**
 * Nobody states anything anew, so each route is as old as the arrival of the member it leads to. Then a share of
 * the room is replaced, the server goes, and who loses a neighbour has to find the next through the mesh.
 */
function relayAge(room: string, nodes: number, replaced: number): ScenarioFile {
  return {
    name: `${room}-${replaced}`,
    room,
    about: `With ${replaced} % of ${nodes.toLocaleString('en-US')} visitors replaced since the routes were learned, signals find their way.`,
    nodes,
    duration: '170s',
    join: { over: '40s' },
    config: { 'presence.refreshMs': 3_600_000, 'presence.validMs': 7_200_000 },
    timeline: [
      ...(replaced === 0 ? [] : [{ at: '80s', do: 'replace', fraction: replaced / 100, over: '30s' } as const]),
      { at: '130s', do: 'server', up: false },
      { at: '135s', do: 'leave', fraction: 0.03, over: '5s' },
    ],
    expect: {
      'relay.alone.attempts': { min: 10 },
      'relay.alone.success': { min: 0.95 },
      'overlay.components': { equals: 1 },
    },
    show: ['relay.alone.hops.mean', 'relay.alone.hops.max', 'relay.alone.bytesPerSignal'],
  };
}

export const relayAge1k: readonly ScenarioFile[] = [0, 10, 20, 40].map(replaced =>
  relayAge('relay-age-1k', 1_000, replaced),
);
/** Only to those who state a presence there are routes; so many that the lists of all fit into memory. */
export const relayAge10k: readonly ScenarioFile[] = [0, 20, 40].map(replaced => ({
  ...relayAge('relay-age-10k', 10_000, replaced),
  presence: 500,
  join: { over: '1m' },
}));
