/** Does what the timeline says, when it says so. */
import type { Action, Selection, TimedAction } from '../scenario/scenario.ts';
import type { Partition } from '../world/network.ts';
import { isUp, type SimNode } from '../world/node.ts';
import { type Stage, select, spreadOver } from './stage.ts';

/** Less than any browser lets pass. */
const HIDDEN_BEFORE_MS = 500;

export function playTimeline(stage: Stage): void {
  for (const timed of stage.scenario.timeline) stage.world.at(timed.atMs, () => play(stage, timed));
}

function play(stage: Stage, timed: TimedAction): void {
  const { world } = stage;
  stage.touch();
  perform(stage, timed.action);
  const { everyMs } = timed;
  if (everyMs !== undefined && world.now + everyMs <= timed.untilMs)
    world.at(world.now + everyMs, () => play(stage, timed));
}

function perform(stage: Stage, action: Action): void {
  const { world } = stage;
  switch (action.do) {
    case 'crash':
      each(stage, action, node => world.crash(node));
      return stage.onCrashed();
    case 'leave':
      return each(stage, action, node => world.leave(node));
    case 'replace':
      return each(stage, action, node => {
        world.leave(node);
        world.start(world.add());
      });
    case 'restart':
      return each(stage, action, node => restart(stage, node, action.keepStorage, action.afterMs));
    case 'pause':
      return each(stage, action, node => {
        world.pause(node, action.forMs);
        touchAfter(stage, action.forMs);
      });
    case 'freeze':
      return each(stage, action, node => freeze(stage, node, action.forMs));
    case 'hide':
      return each(stage, action, node => {
        const turn = (hidden: boolean): void => world.hide(node, hidden);
        during(
          stage,
          action.forMs,
          () => turn(true),
          () => turn(false),
        );
      });
    case 'deafen':
      return each(stage, action, node => deafen(stage, node, action.forMs));
    case 'stall':
      return each(stage, action, node => stall(stage, node, action));
    case 'clock':
      return each(stage, action, node => {
        node.skewMs += action.skewMs;
      });
    case 'latency':
    case 'loss':
    case 'slow':
      return each(stage, action, node => degrade(stage, node, action));
    case 'partition':
      return partition(stage, action);
    case 'heal':
      return world.network.heal();
    case 'join':
      return join(stage, action.count, action.overMs);
    case 'server':
      return world.signaling.set(action.settings);
  }
}

function each(
  stage: Stage,
  action: { readonly do: Action['do']; readonly on: Selection; readonly overMs: number },
  act: (node: SimNode) => void,
): void {
  spreadOver(stage, select(stage, action.on), action.overMs, node => {
    if (!isUp(node)) return;
    stage.touch();
    if (action.do !== 'deafen') node.troubled = true;
    act(node);
  });
}

/** `begin` now and `end` later. A restart ends neither a bad line nor a hidden tab. */
function during(stage: Stage, forMs: number, begin: () => void, end: () => void): void {
  begin();
  stage.world.at(stage.world.now + forMs, () => {
    stage.touch();
    end();
  });
}

/** A browser hides a page before it stops it, and tells it of both, and of the end. */
function freeze(stage: Stage, node: SimNode, forMs: number): void {
  const { world } = stage;
  const endsAt = world.now + Math.max(forMs, HIDDEN_BEFORE_MS);
  world.turn(node, 'hidden');
  world.at(world.now + HIDDEN_BEFORE_MS, () => {
    world.turn(node, 'frozen');
    world.at(world.now, () => world.pause(node, endsAt - world.now));
    touchAfter(stage, endsAt - world.now);
    world.at(endsAt, () => world.turn(node, node.hidden ? 'hidden' : 'active'));
  });
}

function touchAfter(stage: Stage, ms: number): void {
  stage.world.at(stage.world.now + ms, () => stage.touch());
}

/** Stops and goes on, by turns: both without memory, as a machine that is short of memory or asleep on battery. */
function stall(stage: Stage, node: SimNode, { forMs, restMs, lastingMs }: Extract<Action, { do: 'stall' }>): void {
  const { world, rng } = stage;
  const endsAt = world.now + lastingMs;
  const stop = (): void => {
    if (world.now >= endsAt) return;
    const stopMs = Math.min(rng.exponential(forMs), endsAt - world.now);
    world.pause(node, stopMs);
    touchAfter(stage, stopMs);
    world.at(world.now + stopMs + rng.exponential(restMs), stop);
  };
  world.at(world.now + rng.exponential(restMs), stop);
}

/** One of its links, drawn by chance, brings it nothing any more; what it says over it arrives. */
function deafen(stage: Stage, node: SimNode, forMs: number): void {
  const { rng } = stage;
  const link = rng.pick([...node.links.values()]);
  if (link === undefined) return;
  const other = link.nodes[0] === node ? link.nodes[1] : link.nodes[0];
  cutFor(stage, forMs, {
    sideOf: one => (one === node ? 0 : one === other ? 1 : undefined),
    oneWay: true,
    isOneLink: true,
  });
}

function restart(stage: Stage, node: SimNode, keepStorage: boolean, afterMs: number): void {
  const { world } = stage;
  world.crash(node);
  if (!keepStorage) node.storage.clear();
  world.at(world.now + afterMs, () => {
    stage.touch();
    world.start(node);
  });
}

type Degradation = Extract<Action, { do: 'latency' | 'loss' | 'slow' }>;

/** Several at a time add up: delays and losses one behind the other, and the narrowest place counts. */
function degrade(stage: Stage, node: SimNode, action: Degradation): void {
  const { troubles } = node;
  const apply = (): void => {
    node.extraLatencyMs = 0;
    node.extraLoss = 0;
    node.kbps = 0;
    for (const { kind, value } of troubles) {
      if (kind === 'latency') node.extraLatencyMs += value;
      else if (kind === 'loss') node.extraLoss = 1 - (1 - node.extraLoss) * (1 - value);
      else node.kbps = node.kbps === 0 ? value : Math.min(node.kbps, value);
    }
  };
  const trouble = { kind: action.do, value: action.value };
  during(
    stage,
    action.forMs,
    () => {
      troubles.add(trouble);
      apply();
    },
    () => {
      troubles.delete(trouble);
      apply();
    },
  );
}

function partition(stage: Stage, { sides, forMs, oneWay }: Extract<Action, { do: 'partition' }>): void {
  const { world } = stage;
  const sideOf = 'groups' in sides ? byRegion(sides.groups) : bySelection(select(stage, sides.on));
  for (const node of world.nodes) if (isUp(node) && sideOf(node) !== undefined) node.troubled = true;
  cutFor(stage, forMs, { sideOf, oneWay, isOneLink: false });
}

function cutFor(stage: Stage, forMs: number, what: Pick<Partition, 'sideOf' | 'oneWay' | 'isOneLink'>): void {
  const { world } = stage;
  const cut = { ...what, since: world.now, until: Number.POSITIVE_INFINITY };
  world.network.partition(cut);
  if (forMs === Number.POSITIVE_INFINITY) return;
  world.at(world.now + forMs, () => {
    stage.touch();
    world.network.heal(cut);
  });
}

function byRegion(groups: readonly (readonly number[])[]): (node: SimNode) => number | undefined {
  return ({ region }) => {
    const side = groups.findIndex(group => group.includes(region));
    return side === -1 ? undefined : side;
  };
}

function bySelection(selected: readonly SimNode[]): (node: SimNode) => number {
  const first = new Set(selected);
  return node => (first.has(node) ? 0 : 1);
}

function join(stage: Stage, count: number, overMs: number): void {
  const { world } = stage;
  const nodes = Array.from({ length: count }, () => world.add());
  spreadOver(stage, nodes, overMs, node => {
    stage.touch();
    world.start(node);
  });
}
