/** What can be asked: the shipped scenarios that take a page a few seconds, and one's own. */
import { type ScenarioFile, scenarios } from '@hearsay/core/sim';
import type { Mode } from './theory.ts';

export interface Own {
  readonly nodes: number;
  readonly mode: Mode;
  readonly fanout: number;
  /** Shares from 0 to 1. */
  readonly loss: number;
  readonly cut: number;
  /** Mean visit in seconds; 0: nobody goes. */
  readonly visit: number;
  readonly seed: number;
}

const QUICK = ['six-nodes', 'ring-5', 'away-24h', 'freeze-resume', 'partition-heal', 'sync-only', 'server-gone'];
/** Presence in a room costs with the square of its peers: larger ones are drawn by lot and know nobody. */
const WITH_PRESENCE = 200;
const ROUND_MS = 200;

export const shipped: ReadonlyMap<string, ScenarioFile> = new Map(
  QUICK.flatMap(name => (scenarios.get(name) ?? []).slice(0, 1)).map(file => [file.name, file]),
);

/** A minute of a room that says something twice a second from the fifteenth to the forty-fifth second. */
export function ownScenario({ nodes, mode, fanout, loss, cut, visit, seed }: Own): ScenarioFile {
  const isSmall = nodes <= WITH_PRESENCE;
  return {
    name: 'what-if',
    seed,
    nodes,
    duration: '60s',
    ...(isSmall ? { join: { over: '5s' } } : { topology: { random: 8 }, presence: false }),
    network: { latencyMs: { within: 20, jitter: 0.3 }, loss },
    config: {
      'broadcast.mode': mode,
      'broadcast.fanout': fanout,
      'broadcast.roundMs': ROUND_MS,
      ...(isSmall ? {} : { 'overlay.slack': 16 }),
    },
    ...(visit === 0 ? {} : { churn: { from: '10s', to: '55s', meanSession: `${visit}s` } }),
    ...(cut === 0 ? {} : { timeline: [{ at: '25s', do: 'partition', fraction: cut, for: '10s' }] }),
    load: [{ from: '15s', to: '45s', kind: 'event', perSecond: 2, bytes: 128 }],
  };
}
