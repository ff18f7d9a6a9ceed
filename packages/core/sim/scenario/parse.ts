/** Reads a scenario: unknown keys and impossible values are refused with their path, before anything runs. */
import { type ConfigOverrides, HearsayError, isRegion, makeConfig } from '@hearsay/core';
import { isReportPath } from '../measure/report.ts';
import { type Fields, invalid, join, readFields, readNumber } from './fields.ts';
import { parseAction, regionNumber } from './parse-action.ts';
import type { Bounds, Churn, Load, NetworkSettings, Scenario, ServerSettings, Topology } from './scenario.ts';

const KEYS = [
  'name',
  'about',
  'room',
  'seed',
  'nodes',
  'duration',
  'regions',
  'regionsTold',
  'network',
  'crypto',
  'server',
  'join',
  'presence',
  'topology',
  'config',
  'churn',
  'load',
  'timeline',
  'expect',
  'show',
];
const MAX_NODES = 20_000;
const SHARE = { min: 0, max: 1 };
const MS = { min: 0, max: 60_000 };

/** @throws HearsayError `scenario-invalid`; the message begins with the path of the key. */
export function parseScenario(file: unknown): Scenario {
  const fields = readFields(file, '', KEYS);
  const nodes = fields.number('nodes', { min: 1, max: MAX_NODES, whole: true });
  const durationMs = fields.duration('duration');
  if (durationMs === 0) throw invalid('duration', 'must be longer than nothing');
  const regions = readRegions(fields);
  return {
    name: fields.text('name'),
    about: fields.has('about') ? fields.text('about') : '',
    room: fields.text(fields.has('room') ? 'room' : 'name'),
    seed: fields.number('seed', { min: 0, max: Number.MAX_SAFE_INTEGER, whole: true, initial: 1 }),
    nodes,
    durationMs,
    regions,
    regionsTold: readTold(fields, regions),
    network: readNetwork(fields, regions),
    crypto: readCrypto(fields),
    server: readServer(fields),
    joinOverMs: readJoin(fields),
    presence: readPresence(fields),
    topology: readTopology(fields.raw('topology'), nodes),
    config: readConfig(fields),
    churn: readChurn(fields),
    load: fields.list('load', readLoad),
    timeline: fields.list('timeline', (item, path) => parseAction(item, path, { nodes, regions, durationMs })),
    expect: readExpect(fields),
    show: fields.list('show', readFigure),
  };
}

function readRegions(fields: Fields): Scenario['regions'] {
  const regions = fields.list('regions', (item, path) => {
    const region = readFields(item, path, ['name', 'share']);
    return { name: region.text('name'), share: region.number('share', { min: 0.000_001, max: 1_000_000 }) };
  });
  const names = new Set(regions.map(({ name }) => name));
  if (names.size < regions.length) throw invalid('regions', 'must have different names');
  return regions.length === 0 ? [{ name: 'all', share: 1 }] : regions;
}

function readTold(fields: Fields, regions: Scenario['regions']): boolean {
  const told = fields.flag('regionsTold', true) && regions.length > 1;
  const wrong = told ? regions.findIndex(({ name }) => !isRegion(name)) : -1;
  if (wrong >= 0) throw invalid(`regions[${wrong}].name`, 'is told to peers: 1 to 16 characters of a–z, 0–9 and -');
  return told;
}

function readNetwork(fields: Fields, regions: Scenario['regions']): NetworkSettings {
  const network = fields.object('network', [
    'latencyMs',
    'loss',
    'duplicate',
    'reorder',
    'bandwidthKbps',
    'connectMs',
    'connectFailure',
    'unconnectablePairs',
  ]);
  return {
    latencyMs: readLatency(network, regions),
    loss: network.number('loss', { min: 0, max: 0.9, initial: 0 }),
    duplicate: network.number('duplicate', { ...SHARE, initial: 0 }),
    reorder: network.number('reorder', { ...SHARE, initial: 0 }),
    bandwidthKbps: network.number('bandwidthKbps', { min: 0, max: 10_000_000, initial: 0 }),
    connectMs: network.number('connectMs', { ...MS, initial: 300 }),
    connectFailure: network.number('connectFailure', { ...SHARE, initial: 0 }),
    unconnectablePairs: network.number('unconnectablePairs', { ...SHARE, initial: 0 }),
  };
}

function readLatency(network: Fields, regions: Scenario['regions']): NetworkSettings['latencyMs'] {
  const latency = network.object('latencyMs', ['within', 'between', 'jitter', 'pairs']);
  const within = latency.number('within', { ...MS, initial: 15 });
  const between = latency.number('between', { ...MS, initial: 75 });
  const of = regions.map((_, a) => regions.map((_, b) => (a === b ? within : between)));
  latency.list('pairs', (item, path) => {
    const pair = readFields(item, path, ['regions', 'ms']);
    const ends = pair.list('regions', (name, at) => regionNumber(name, at, regions));
    if (ends.length !== 2 || ends[0] === ends[1]) throw invalid(join(path, 'regions'), 'must name two regions');
    const ms = pair.number('ms', MS);
    of[ends[0]!]![ends[1]!] = ms;
    of[ends[1]!]![ends[0]!] = ms;
  });
  return { of, server: between, jitter: latency.number('jitter', { ...SHARE, initial: 0.3 }) };
}

function readCrypto(fields: Fields): Scenario['crypto'] {
  const crypto = fields.object('crypto', ['signMs', 'verifyMs']);
  return {
    signMs: crypto.number('signMs', { ...MS, initial: 1 }),
    verifyMs: crypto.number('verifyMs', { ...MS, initial: 1 }),
  };
}

function readServer(fields: Fields): ServerSettings {
  const server = fields.object('server', ['up', 'introductionsPerSecond']);
  return {
    up: server.flag('up', true),
    introductionsPerSecond: server.number('introductionsPerSecond', { min: 0.01, max: 1_000_000, initial: 200 }),
  };
}

function readJoin(fields: Fields): number {
  if (!fields.has('join')) return 0;
  const join = fields.object('join', ['over', 'all']);
  if (join.has('over') === join.has('all')) throw invalid('join', 'takes either "over" or "all": true');
  if (join.has('over')) return join.duration('over');
  if (!join.flag('all', true)) throw invalid('join.all', 'can only be true');
  return 0;
}

function readPresence(fields: Fields): number {
  if (typeof fields.raw('presence') === 'number') {
    return fields.number('presence', { min: 1, max: MAX_NODES, whole: true });
  }
  return fields.flag('presence', true) ? Number.POSITIVE_INFINITY : 0;
}

function readTopology(value: unknown, nodes: number): Topology | undefined {
  if (value === undefined || value === 'ring' || value === 'full') return value;
  if (Array.isArray(value)) return value.map((pair, i) => readPair(pair, `topology[${i}]`, nodes));
  if (typeof value !== 'object')
    throw invalid('topology', 'must be "ring", "full", { "random": degree } or a list of pairs');
  const fields = readFields(value, 'topology', ['random']);
  return { random: fields.number('random', { min: 1, max: Math.min(64, nodes - 1), whole: true }) };
}

function readPair(pair: unknown, path: string, nodes: number): readonly [number, number] {
  if (!Array.isArray(pair) || pair.length !== 2) throw invalid(path, 'must be a pair of node numbers');
  const range = { min: 0, max: nodes - 1, whole: true };
  const [a, b] = pair.map((end, i) => readNumber(end, `${path}[${i}]`, range)) as [number, number];
  if (a === b) throw invalid(path, 'links a node to itself');
  return [a, b];
}

function readConfig(fields: Fields): ConfigOverrides {
  const config = fields.raw('config') ?? {};
  if (typeof config !== 'object' || Array.isArray(config)) throw invalid('config', 'must be an object');
  for (const [name, value] of Object.entries(config as object)) {
    try {
      makeConfig({ [name]: value });
    } catch (error) {
      if (!(error instanceof HearsayError)) throw error;
      throw new HearsayError('scenario-invalid', `config["${name}"]: ${error.message}`);
    }
  }
  return config as ConfigOverrides;
}

function readChurn(fields: Fields): Churn | undefined {
  if (!fields.has('churn')) return undefined;
  const churn = fields.object('churn', ['from', 'to', 'meanSession', 'cleanLeave']);
  const meanSessionMs = churn.duration('meanSession');
  if (meanSessionMs < 1_000) throw invalid('churn.meanSession', 'must be at least one second');
  return { ...span(churn), meanSessionMs, cleanLeave: churn.number('cleanLeave', { ...SHARE, initial: 0.8 }) };
}

function readLoad(item: unknown, path: string): Load {
  const load = readFields(item, path, ['from', 'to', 'kind', 'perSecond', 'bytes', 'writers']);
  return {
    ...span(load),
    kind: load.oneOf('kind', ['state', 'presence', 'event', 'delete']),
    perSecond: load.number('perSecond', { min: 0.001, max: 10_000 }),
    bytes: load.number('bytes', { min: 16, max: 200_000, whole: true, initial: 64 }),
    writers: readWriters(load),
  };
}

function readWriters(load: Fields): Load['writers'] {
  const writers = load.raw('writers') ?? 'random';
  if (writers === 'random' || writers === 'one') return writers;
  if (typeof writers !== 'number') throw invalid(join(load.path, 'writers'), 'must be "random", "one" or a number');
  return load.number('writers', { min: 1, max: MAX_NODES, whole: true });
}

function span(fields: Fields): { readonly fromMs: number; readonly toMs: number } {
  const fromMs = fields.duration('from');
  const toMs = fields.duration('to');
  if (toMs <= fromMs) throw invalid(join(fields.path, 'to'), 'must be later than "from"');
  return { fromMs, toMs };
}

function readExpect(fields: Fields): Scenario['expect'] {
  const expect = fields.raw('expect') ?? {};
  if (typeof expect !== 'object' || Array.isArray(expect)) throw invalid('expect', 'must be an object');
  return Object.entries(expect as object).map(([path, value]) => {
    if (!isReportPath(path)) throw invalid(`expect["${path}"]`, 'is no figure of the report');
    return { path, bounds: readBounds(value, `expect["${path}"]`) };
  });
}

function readFigure(path: unknown, at: string): string {
  if (typeof path === 'string' && isReportPath(path)) return path;
  throw invalid(at, 'is no figure of the report');
}

function readBounds(value: unknown, path: string): Bounds {
  const fields = readFields(value, path, ['min', 'max', 'equals']);
  const { min, max, equals } = { min: fields.raw('min'), max: fields.raw('max'), equals: fields.raw('equals') };
  for (const [key, bound] of Object.entries({ min, max })) {
    if (bound !== undefined) checkBound(bound, join(path, key));
  }
  if (equals !== undefined && typeof equals !== 'string' && !Number.isFinite(equals)) {
    throw invalid(join(path, 'equals'), 'must be a number or text');
  }
  if (min === undefined && max === undefined && equals === undefined) throw invalid(path, 'needs min, max or equals');
  return value as Bounds;
}

function checkBound(bound: unknown, path: string): void {
  if (Number.isFinite(bound)) return;
  if (typeof bound !== 'object') throw invalid(path, 'must be a number, or { figure, times, of }');
  const fields = readFields(bound, path, ['figure', 'times', 'of']);
  if (!isReportPath(fields.text('figure'))) throw invalid(join(path, 'figure'), 'is no figure of the report');
  if (fields.has('times')) fields.number('times', { min: 0, max: 1_000_000 });
  if (fields.has('of')) fields.text('of');
}
