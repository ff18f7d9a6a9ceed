import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../sim/index.ts';
import { HearsayError } from '../../src/errors.ts';

const base = { name: 'x', nodes: 10, duration: '1m' };

function complaintOf(file: unknown): string {
  try {
    parseScenario(file);
  } catch (error) {
    expect(error).toBeInstanceOf(HearsayError);
    expect((error as HearsayError).code).toBe('scenario-invalid');
    return (error as HearsayError).message;
  }
  return 'accepted';
}

const pairs = (regions: readonly string[]): object => ({
  ...base,
  network: { latencyMs: { pairs: [{ regions, ms: 1 }] } },
});
const act = (action: object): object => ({ ...base, timeline: [action] });

describe('scenario files', () => {
  it.each<[string, unknown, string]>([
    ['no object', 7, 'The scenario must be an object, not 7.'],
    ['a list', [], 'The scenario must be an object, not a list.'],
    ['an unknown key', { ...base, colour: 'red' }, 'colour is not a key of this version'],
    ['a nested unknown key', { ...base, network: { latencyMs: { with: 1 } } }, 'network.latencyMs.with is not a key'],
    ['a missing key', { name: 'x', nodes: 1 }, 'duration is missing.'],
    ['no nodes', { ...base, nodes: 0 }, 'nodes must be a whole number from 1 to 20000, not 0.'],
    ['half a node', { ...base, nodes: 1.5 }, 'nodes must be a whole number'],
    ['too many nodes', { ...base, nodes: 20_001 }, 'nodes must be'],
    ['NaN', { ...base, network: { connectMs: Number.NaN } }, 'network.connectMs must be a number'],
    ['a time without unit', { ...base, duration: '5' }, 'duration must be a time such as'],
    ['a time as a number', { ...base, duration: 5 }, 'duration must be a time such as'],
    ['a negative time', { ...base, duration: '-5s' }, 'duration must not be negative'],
    ['an endless time', { ...base, duration: '8d' }, 'duration is longer than a week'],
    ['no time at all', { ...base, duration: '0s' }, 'duration must be longer than nothing'],
    ['a share above one', { ...base, network: { connectFailure: 1.1 } }, 'network.connectFailure must be'],
    ['more than every signal twice', { ...base, network: { duplicate: 1.1 } }, 'network.duplicate must be'],
    [
      'an unknown neighbourhood',
      pairs(['all', 'moon']),
      'network.latencyMs.pairs[0].regions[1] must be a region (all)',
    ],
    [
      'a region that cannot be told',
      {
        ...base,
        regions: [
          { name: 'a', share: 1 },
          { name: 'Far away', share: 1 },
        ],
      },
      'regions[1].name is told to peers',
    ],
    ['a region far from itself', pairs(['all', 'all']), 'network.latencyMs.pairs[0].regions must name two regions'],
    ['a figure to show that is none', { ...base, show: ['overlay.colour'] }, 'show[0] is no figure of the report.'],
    ['a stall without end', act({ at: '1s', do: 'stall', for: '8s' }), 'timeline[0].lasting is missing.'],
    [
      'a stall of nothing',
      act({ at: '1s', do: 'stall', for: '1ms', lasting: '1m' }),
      'timeline[0].for must be at least "10ms".',
    ],
    ['half a presence', { ...base, presence: 0.5 }, 'presence must be a whole number from 1 to'],
    [
      'a bound from no figure',
      { ...base, expect: { redundancy: { max: { figure: 'luck' } } } },
      'expect["redundancy"].max.figure is no figure of the report',
    ],
    [
      'a bound in words',
      { ...base, expect: { redundancy: { max: 'low' } } },
      'expect["redundancy"].max must be a number',
    ],
    ['an unknown tunable', { ...base, config: { 'gossip.speed': 9 } }, 'config["gossip.speed"]'],
    ['an impossible tunable', { ...base, config: { 'sync.periodMs': 1 } }, 'config["sync.periodMs"]'],
    ['a mode of another world', { ...base, config: { 'broadcast.mode': 'telepathy' } }, 'config["broadcast.mode"]'],
    ['two ways to join', { ...base, join: { over: '1s', all: true } }, 'join takes either'],
    [
      'equal regions',
      {
        ...base,
        regions: [
          { name: 'a', share: 1 },
          { name: 'a', share: 1 },
        ],
      },
      'regions must have',
    ],
    ['a link to oneself', { ...base, topology: [[1, 1]] }, 'topology[0] links a node to itself.'],
    ['a link to nobody', { ...base, topology: [[0, 10]] }, 'topology[0][1] must be'],
    [
      'a load that ends before it begins',
      { ...base, load: [{ from: '5s', to: '4s', kind: 'state', perSecond: 1 }] },
      'load[0].to must be later',
    ],
    [
      'an unknown kind of load',
      { ...base, load: [{ from: '1s', to: '4s', kind: 'rpc', perSecond: 1 }] },
      'load[0].kind must be one of',
    ],
    [
      'a figure nobody reports',
      { ...base, expect: { 'convergence.t42Ms': { max: 1 } } },
      'expect["convergence.t42Ms"]',
    ],
    ['an empty expectation', { ...base, expect: { redundancy: {} } }, 'expect["redundancy"] needs'],
    ['churn too fast', { ...base, churn: { from: '0s', to: '9s', meanSession: '1ms' } }, 'churn.meanSession'],
  ])('SIM-5: %s is refused with its path', (_what, file, complaint) => {
    expect(complaintOf(file)).toContain(complaint);
  });

  it.each<[string, object, string]>([
    ['a lying peer', { at: '1s', do: 'become', behaviour: 'silent' }, 'timeline[0].do is "become": peers that lie'],
    ['an unknown action', { at: '1s', do: 'explode' }, 'timeline[0].do is "explode", which is unknown'],
    ['no action', { at: '1s' }, 'timeline[0].do is missing'],
    ["another action's key", { at: '1s', do: 'crash', kbps: 3 }, 'timeline[0].kbps is not a key'],
    ['a time after the end', { at: '2m', do: 'heal' }, 'timeline[0].at is after the end'],
    ['two selections', { at: '1s', do: 'crash', count: 1, fraction: 1 }, 'selects by fraction and count'],
    ['an unknown node', { at: '1s', do: 'crash', nodes: [10] }, 'timeline[0].nodes[0] must be'],
    ['an unknown region', { at: '1s', do: 'crash', region: 'b' }, 'timeline[0].region must be a region (all)'],
    ['a cut from nothing', { at: '1s', do: 'partition', for: '1s' }, 'needs "groups" or a selection'],
    ['a single group', { at: '1s', do: 'partition', groups: [['all']] }, 'timeline[0].groups needs at least two'],
    ['until without every', { at: '1s', do: 'heal', until: '9s' }, 'timeline[0].until needs "every"'],
    ['an endless repetition', { at: '1s', do: 'heal', every: '1ms' }, 'timeline[0].every must be at least'],
    ['a server action without effect', { at: '1s', do: 'server' }, 'needs "up" or "introductionsPerSecond"'],
    ['no skew', { at: '1s', do: 'clock' }, 'timeline[0].skew must be a time'],
  ])('SIM-6: in a timeline, %s is refused with its path', (_what, action, complaint) => {
    expect(complaintOf(act(action))).toContain(complaint);
  });

  it('SIM-7: times, defaults and selections are read', () => {
    const scenario = parseScenario({
      ...base,
      regions: [
        { name: 'a', share: 1 },
        { name: 'b', share: 2 },
      ],
      join: { over: '1.5s' },
      timeline: [
        { at: '250ms', do: 'partition', groups: [['a'], ['b']], for: '5s', oneWay: true },
        { at: '1s', do: 'clock', skew: '-5m', fraction: 0.5, over: '2s', every: '10s', until: '30s' },
        { at: '1s', do: 'stall', for: '8s', lasting: '20s' },
      ],
      show: ['overlay.components'],
    });
    expect(scenario).toMatchObject({
      seed: 1,
      durationMs: 60_000,
      joinOverMs: 1_500,
      presence: Number.POSITIVE_INFINITY,
    });
    expect(scenario.show).toEqual(['overlay.components']);
    expect(scenario.timeline[2]!.action).toMatchObject({ forMs: 8_000, restMs: 8_000, lastingMs: 20_000 });
    expect(parseScenario({ ...base, presence: false }).presence).toBe(0);
    expect(parseScenario({ ...base, presence: 3 }).presence).toBe(3);
    const ways = [
      [15, 75],
      [75, 15],
    ];
    expect(scenario.network.latencyMs).toEqual({ of: ways, server: 75, jitter: 0.3 });
    expect(scenario.timeline[0]).toMatchObject({
      atMs: 250,
      action: { do: 'partition', sides: { groups: [[0], [1]] }, forMs: 5_000, oneWay: true },
    });
    expect(scenario.timeline[1]).toMatchObject({
      everyMs: 10_000,
      untilMs: 30_000,
      action: { do: 'clock', skewMs: -300_000, overMs: 2_000, on: { by: 'fraction', fraction: 0.5 } },
    });
  });
});
