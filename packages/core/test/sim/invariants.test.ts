import { describe, expect, it } from 'vitest';
import { type RunOptions, runScenario, type ScenarioFile } from '../../sim/index.ts';
import type { Effect } from '../../src/effect.ts';
import type { Engine } from '../../src/engine.ts';

const FILE: ScenarioFile = {
  name: 'broken',
  nodes: 5,
  duration: '90s',
  load: [
    { from: '5s', to: '10s', kind: 'event', perSecond: 2 },
    { from: '5s', to: '10s', kind: 'state', perSecond: 2 },
  ],
};

type Wrap = NonNullable<RunOptions['wrapEngine']>;

/** Puts `change` between the engine of node 0 and the world. */
function changing(change: (effect: Effect) => readonly Effect[]): Wrap {
  return (engine, node) => {
    if (node !== 0) return engine;
    return { ...engine, handle: (input, now) => engine.handle(input, now).flatMap(change) };
  };
}

function brokenRules(wrapEngine: Wrap, file: ScenarioFile = FILE): readonly string[] {
  return [...new Set(runScenario(file, { wrapEngine }).report.broken.map(({ rule }) => rule))];
}

const withStats =
  (stats: object): Wrap =>
  (engine, node) =>
    node === 0 ? { ...engine, stats: () => ({ ...engine.stats(), ...stats }) } : engine;

describe('invariants', () => {
  it('SIM-8: nothing is broken by the engine as it is', () => {
    expect(runScenario(FILE).report.broken).toEqual([]);
  });

  it.each<[string, string, Wrap]>([
    ['tells its app twice', 'duplicate-delivery', changing(e => (e.type === 'deliver' ? [e, e] : [e]))],
    ['tells its app what another said', 'unsigned-delivery', changing(forged)],
    ['tells its app an older value', 'older-delivery', changing(e => (isState(e) ? [e, aged(e)] : [e]))],
    [
      'tells its app a value that was not signed',
      'unsigned-delivery',
      changing(e => (isState(e) ? [altered(e)] : [e])),
    ],
    ['says that somebody left who did not', 'left-unsaid', changing(e => [e, ...goodbyes(e, 'left')])],
    ['says that somebody failed whom nobody accused', 'death-unaccused', changing(e => [e, ...goodbyes(e, 'failed')])],
    ['signs a number twice', 'seq-rises', changing(e => (e.type === 'sign' ? [e, e] : [e]))],
    ['does not pass on', 'bytes-balance', changing(e => (e.type === 'send' && e.bytes[1] === 1 ? [] : [e]))],
    ['lets a queue grow', 'queue-limit', withStats({ verifying: 9_999 })],
    ['lets pushes pile up', 'queue-limit', withStats({ queuedBytes: 99_999_999 })],
    ['gives a link too much', 'queue-limit', withStats({ fullestLinkBytes: 999_999 })],
    ['keeps another state', 'state-diverges', withStats({ stateHash: '0000000000000000' })],
    ['has too many links', 'links-limit', crowded],
    ['throws', 'engine-threw', throwing],
    ['wants to be woken for ever', 'wake-loop', sleepless],
  ])('SIM-9: an engine that %s is caught (%s)', (_what, rule, wrap) => {
    expect(brokenRules(wrap)).toContain(rule);
  });

  it('SIM-10: what is broken is told with time and node, and fails the run', () => {
    const { report, failures } = runScenario(FILE, { wrapEngine: throwing });
    const [first] = report.broken;
    expect(first).toMatchObject({ node: 0, rule: 'engine-threw' });
    expect(first!.at).toBeGreaterThanOrEqual(20_000);
    expect(failures[0]).toMatch(/^Broken at 2\d\.\d{3} s by node 0: engine-threw: /);
  });
});

type StateDelivery = Extract<Effect, { type: 'deliver' }> & {
  readonly delivery: Extract<Extract<Effect, { type: 'deliver' }>['delivery'], { what: 'state' }>;
};

function isState(effect: Effect): effect is StateDelivery {
  return effect.type === 'deliver' && effect.delivery.what === 'state';
}

function aged({ delivery }: StateDelivery): Effect {
  return { type: 'deliver', delivery: { ...delivery, local: true, hlc: (delivery.hlc - 1) as typeof delivery.hlc } };
}

function altered({ delivery }: StateDelivery): Effect {
  return { type: 'deliver', delivery: { ...delivery, local: false, value: 'never said' } };
}

function goodbyes(effect: Effect, reason: 'left' | 'failed'): readonly Effect[] {
  if (effect.type !== 'deliver' || effect.delivery.what !== 'presence') return [];
  return [{ type: 'deliver', delivery: { what: 'presence-gone', peer: effect.delivery.peer, reason } }];
}

function forged(effect: Effect): readonly Effect[] {
  if (effect.type !== 'deliver' || effect.delivery.what !== 'event') return [effect];
  const { key, value } = effect.delivery;
  const from = 'f'.repeat(64) as typeof effect.delivery.from;
  return [{ type: 'deliver', delivery: { what: 'event', key, value, from } }];
}

function crowded(engine: Engine): Engine {
  const one = () => engine.neighbours().slice(0, 1);
  return { ...engine, neighbours: () => one().flatMap(link => new Array<typeof link>(99).fill(link)) };
}

function throwing(engine: Engine, node: number): Engine {
  if (node !== 0) return engine;
  return {
    ...engine,
    handle(input, now) {
      if (now.mono > 20_000) throw new Error('on purpose');
      return engine.handle(input, now);
    },
  };
}

function sleepless(engine: Engine, node: number): Engine {
  if (node !== 0) return engine;
  return { ...engine, nextWakeAt: () => 0 as ReturnType<Engine['nextWakeAt']> & number };
}
