/** Reads one entry of a scenario's timeline. */
import { type Fields, invalid, join, readDuration, readFields } from './fields.ts';
import type { Action, Scenario, Selection, TimedAction } from './scenario.ts';

interface Frame {
  readonly nodes: number;
  readonly regions: Scenario['regions'];
  readonly durationMs: number;
}

const TIMES = ['at', 'do', 'every', 'until'];
const SELECTION = ['fraction', 'count', 'nodes', 'region'];
const ON_NODES = [...SELECTION, 'over'];

/** Own keys of each action. */
const KEYS: { readonly [action: string]: readonly string[] } = {
  crash: ON_NODES,
  leave: ON_NODES,
  replace: ON_NODES,
  restart: [...ON_NODES, 'keepStorage', 'after'],
  pause: [...ON_NODES, 'for'],
  freeze: [...ON_NODES, 'for'],
  hide: [...ON_NODES, 'for'],
  deafen: [...ON_NODES, 'for'],
  stall: [...ON_NODES, 'for', 'rest', 'lasting'],
  clock: [...ON_NODES, 'skew'],
  latency: [...ON_NODES, 'ms', 'for'],
  loss: [...ON_NODES, 'value', 'for'],
  slow: [...ON_NODES, 'kbps', 'for'],
  partition: [...SELECTION, 'groups', 'for', 'oneWay'],
  heal: [],
  join: ['count', 'over'],
  server: ['up', 'introductionsPerSecond'],
};
const MIN_EVERY_MS = 10;

export function parseAction(item: unknown, path: string, frame: Frame): TimedAction {
  const name = (item as { readonly do?: unknown } | null)?.do;
  if (name === 'become') {
    throw invalid(join(path, 'do'), 'is "become": peers that lie are not part of this version of the simulator');
  }
  if (typeof name !== 'string' || !Object.hasOwn(KEYS, name)) {
    const found = name === undefined ? 'missing' : `${JSON.stringify(name)}, which is unknown`;
    throw invalid(join(path, 'do'), `is ${found}; known: ${Object.keys(KEYS).join(', ')}`);
  }
  const fields = readFields(item, path, [...TIMES, ...KEYS[name]!]);
  const atMs = fields.duration('at');
  if (atMs > frame.durationMs) throw invalid(join(path, 'at'), 'is after the end of the scenario');
  const everyMs = fields.has('every') ? fields.duration('every') : undefined;
  if (everyMs !== undefined && everyMs < MIN_EVERY_MS) throw invalid(join(path, 'every'), 'must be at least "10ms"');
  if (everyMs === undefined && fields.has('until')) throw invalid(join(path, 'until'), 'needs "every" beside it');
  const untilMs = fields.duration('until', frame.durationMs);
  return { atMs, everyMs, untilMs, action: readAction(name, fields, frame) };
}

function readAction(name: string, fields: Fields, frame: Frame): Action {
  const overMs = fields.duration('over', 0);
  const on = (): Selection => readSelection(fields, frame);
  switch (name) {
    case 'crash':
    case 'leave':
    case 'replace':
      return { do: name, on: on(), overMs };
    case 'restart': {
      const afterMs = fields.duration('after', 1_000);
      return { do: 'restart', on: on(), overMs, keepStorage: fields.flag('keepStorage', true), afterMs };
    }
    case 'pause':
    case 'freeze':
    case 'hide':
    case 'deafen':
      return { do: name, on: on(), overMs, forMs: fields.duration('for') };
    case 'stall':
      return readStall(fields, on(), overMs);
    case 'clock':
      return {
        do: 'clock',
        on: on(),
        overMs,
        skewMs: readDuration(fields.raw('skew'), join(fields.path, 'skew'), true),
      };
    case 'partition':
      return readPartition(fields, frame);
    case 'heal':
      return { do: 'heal' };
    case 'join':
      return { do: 'join', count: fields.number('count', { min: 1, max: 10_000, whole: true }), overMs };
    case 'server':
      return readServerAction(fields);
    default:
      return readDegradation(name as 'latency' | 'loss' | 'slow', fields, on(), overMs);
  }
}

function readStall(fields: Fields, on: Selection, overMs: number): Action {
  const forMs = fields.duration('for');
  if (forMs < MIN_EVERY_MS) throw invalid(join(fields.path, 'for'), 'must be at least "10ms"');
  const restMs = fields.duration('rest', forMs);
  return { do: 'stall', on, overMs, forMs, restMs, lastingMs: fields.duration('lasting') };
}

function readDegradation(name: 'latency' | 'loss' | 'slow', fields: Fields, on: Selection, overMs: number): Action {
  const value =
    name === 'latency'
      ? fields.number('ms', { min: 0, max: 60_000 })
      : name === 'loss'
        ? fields.number('value', { min: 0, max: 0.9 })
        : fields.number('kbps', { min: 1, max: 10_000_000 });
  return { do: name, on, overMs, value, forMs: fields.duration('for') };
}

function readServerAction(fields: Fields): Action {
  const settings: { up?: boolean; introductionsPerSecond?: number } = {};
  if (fields.has('up')) settings.up = fields.flag('up', true);
  if (fields.has('introductionsPerSecond')) {
    settings.introductionsPerSecond = fields.number('introductionsPerSecond', { min: 0.01, max: 1_000_000 });
  }
  if (Object.keys(settings).length === 0) throw invalid(fields.path, 'needs "up" or "introductionsPerSecond"');
  return { do: 'server', settings };
}

function readPartition(fields: Fields, frame: Frame): Action {
  const forMs = fields.duration('for', Number.POSITIVE_INFINITY);
  const oneWay = fields.flag('oneWay', false);
  if (!fields.has('groups')) {
    const on = readSelection(fields, frame);
    if (on.by === 'all') throw invalid(fields.path, 'needs "groups" or a selection to cut from the rest');
    return { do: 'partition', sides: { on }, forMs, oneWay };
  }
  if (SELECTION.some(key => fields.has(key))) throw invalid(fields.path, 'takes either "groups" or a selection');
  const groups = fields.list('groups', (group, path) => {
    if (!Array.isArray(group) || group.length === 0) throw invalid(path, 'must be a list of region names');
    return group.map((region, i) => regionNumber(region, `${path}[${i}]`, frame.regions));
  });
  if (groups.length < 2) throw invalid(join(fields.path, 'groups'), 'needs at least two groups');
  if (new Set(groups.flat()).size < groups.flat().length) {
    throw invalid(join(fields.path, 'groups'), 'must not name a region twice');
  }
  return { do: 'partition', sides: { groups }, forMs, oneWay };
}

function readSelection(fields: Fields, frame: Frame): Selection {
  const given = SELECTION.filter(key => fields.has(key));
  if (given.length > 1) throw invalid(fields.path, `selects by ${given.join(' and ')}; one way is enough`);
  switch (given[0]) {
    case 'fraction':
      return { by: 'fraction', fraction: fields.number('fraction', { min: 0, max: 1 }) };
    case 'count':
      return { by: 'count', count: fields.number('count', { min: 1, max: 20_000, whole: true }) };
    case 'nodes':
      return { by: 'nodes', nodes: readNodes(fields, frame) };
    case 'region':
      return { by: 'region', region: regionNumber(fields.raw('region'), join(fields.path, 'region'), frame.regions) };
    default:
      return { by: 'all' };
  }
}

function readNodes(fields: Fields, frame: Frame): readonly number[] {
  return fields.list('nodes', (node, path) => {
    if (typeof node === 'number' && Number.isInteger(node) && node >= 0 && node < frame.nodes) return node;
    throw invalid(path, `must be a node number from 0 to ${frame.nodes - 1}`);
  });
}

/** @throws HearsayError `scenario-invalid` when there is no region of this name. */
export function regionNumber(name: unknown, path: string, regions: Scenario['regions']): number {
  const index = regions.findIndex(region => region.name === name);
  if (index !== -1) return index;
  throw invalid(path, `must be a region (${regions.map(region => region.name).join(', ')}), not ${String(name)}`);
}
