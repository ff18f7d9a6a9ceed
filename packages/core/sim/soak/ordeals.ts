/**
 * What happens to a room that agrees, one thing at a time: somebody stops for two seconds, for five, for fifteen; somebody's
 * page is frozen, of which it is told, and thaws, then another for a moment; somebody crashes; the one who crashed and the one who had left come back. Between them nothing is wrong, so nobody may be
 * accused, and nobody may be given up who runs. At last a link dies of which both ends are well, and somebody lies.
 */
import { type Effect, type Engine, type Hlc, type Input, type PeerId, type Rng, wallMsOf } from '@hearsay/core';
import { readSigned } from '../measure/invariants.ts';
import { isUp, type Link, type SimNode } from '../world/node.ts';
import type { World } from '../world/world.ts';
import { createLies } from './lies.ts';
import { isWhole, reachable } from './reachable.ts';

export interface Ordeals {
  wrap(engine: Engine, self: PeerId): Engine;
  onInput(node: SimNode, input: Input): void;
  onEffect(node: SimNode, effect: Effect): void;
  /** Goes through all of it, in the time of the world. `returning`: somebody who had left. */
  endure(returning: SimNode | undefined): void;
  /** A sentence for each thing that was wrong. */
  readonly wrong: readonly string[];
}

export interface Room {
  /** Every word comes to everybody, as in a tree and in a flood. */
  readonly isComplete: boolean;
  /** Signals are lost or dials fail: a link may take a few tries of ten seconds. */
  readonly isRough: boolean;
}

const SHORT_STOP_MS = 2_000;
/** So long that some neighbour gives it up, and most do not: who had lost every link could not answer in time. */
const LONG_STOP_MS = 5_000;
/** Whoever stops for so long may be given up. What it says when it wakes must still be right. */
const SLEEP_MS = 15_000;
/** Too short for a renewal of its presence to hide that it did not say that it is awake. */
const NAP_MS = 3_000;
const CALM_MS = 12_000;
/** A browser hides a page before it freezes it. */
const HIDDEN_MS = 500;
/** Within so long all must have been told of a crash, and must show who has come back. */
const TOLD_MS = 30_000;
/** Where rumours may leave somebody out, anti-entropy has to bring it. */
const SLOW_TOLD_MS = 60_000;
const SETTLE_STEP_MS = 1_000;
/** It says so at once; later it would renew its presence anyway. */
const WOKEN_MS = 4_000;
/** A lie is believed at once or never. */
const LIE_MS = 5_000;
/** In a smaller room these may be all. */
const LARGE = 8;
const MAX_WRONG = 20;
/** As long as an engine holds that nobody can be heard (`liveness.partitionMs` of the schedule). */
const ALONE_MS = 60_000;
/** Who accuses has lost a link with the accused so lately; else it is a doubt, and asks for nothing but an answer. */
const LOST_MS = 5_000;

export function createOrdeals(world: () => World, rng: Rng, { isComplete, isRough }: Room): Ordeals {
  const wrong: string[] = [];
  const toldMs = isComplete ? TOLD_MS : SLOW_TOLD_MS;
  /** Who may be accused at the moment, and who may even be given up. */
  let suspect: SimNode | undefined;
  let sleeper: SimNode | undefined;
  let isOn = false;
  let crashed: SimNode | undefined;
  const toldOfCrash = new Set<SimNode>();
  let frozen: SimNode | undefined;
  /** How each of the others shows the frozen page. */
  const frozenShown = new Map<SimNode, string>();
  /** By node and peer: when a link between them ended. */
  const lostAt = new Map<string, number>();
  /** Since when a node that has no link has had none. */
  const aloneSince = new Map<SimNode, number>();
  /** Of those who are back: the incarnations of the new life, and to whom it is shown. */
  const backs = new Map<PeerId, { readonly incarnations: Set<number>; readonly shownBy: Set<SimNode> }>();

  const complain = (sentence: string): void => {
    if (wrong.length < MAX_WRONG) wrong.push(`at ${(world().now / 1000).toFixed(3)} s, ${sentence}`);
  };

  const lies = createLies(world, rng, complain);
  const pass = (ms: number): void => void world().advance(world().now + ms, Number.POSITIVE_INFINITY);
  const running = (): readonly SimNode[] => world().nodes.filter(isUp);

  /** Whoever has no link yet can say nothing to anybody. */
  const settle = (): void => {
    const patientUntil = world().now + (isRough ? SLOW_TOLD_MS : 0);
    const isApart = (): boolean => {
      const [first] = running();
      return first !== undefined && reachable(world(), first).length < running().length;
    };
    while (world().now < patientUntil && isApart()) pass(SETTLE_STEP_MS);
  };

  const stop = (ms: number): void => {
    const one = rng.pick(running());
    if (one === undefined) return;
    suspect = ms > SHORT_STOP_MS ? one : undefined;
    sleeper = ms === SLEEP_MS ? one : undefined;
    one.troubled = true;
    world().pause(one, ms);
    pass(ms + CALM_MS);
    suspect = undefined;
    sleeper = undefined;
  };

  /** Who said that it is frozen is away, and neither accused nor given up. */
  const freeze = (forMs: number): void => {
    const one = rng.pick(running());
    if (one === undefined) return;
    settle();
    frozen = one;
    world().turn(one, 'hidden');
    pass(HIDDEN_MS);
    world().turn(one, 'frozen');
    pass(0);
    world().pause(one, forMs);
    pass(forMs);
    expectShown(one, 'away');
    world().turn(one, 'active');
    pass(isComplete ? WOKEN_MS : toldMs);
    settle();
    expectShown(one, 'alive');
    pass(CALM_MS);
    frozen = undefined;
  };

  const expectShown = (one: SimNode, status: string): void => {
    for (const node of running()) {
      const shown = frozenShown.get(node);
      if (node !== one && shown !== status)
        complain(`node ${node.index} shows ${one.index}, which is ${status}, as ${shown}`);
    }
  };

  const crash = (): void => {
    crashed = rng.pick(running())!;
    world().crash(crashed);
    pass(toldMs);
    for (const { index } of running().filter(node => !toldOfCrash.has(node))) {
      complain(`node ${index} was not told of a crash`);
    }
  };

  const comeBack = (returning: readonly SimNode[]): void => {
    for (const node of returning) {
      backs.set(node.id, { incarnations: new Set(), shownBy: new Set() });
      node.storage.clear();
      world().start(node);
    }
    pass(toldMs);
    for (const node of returning) {
      const { shownBy } = backs.get(node.id)!;
      for (const other of running()) {
        if (other !== node && !shownBy.has(other))
          complain(`node ${other.index} does not show ${node.index}, who is back`);
      }
    }
  };

  /** When dial upon dial fails, there is nobody to be heard, and an end to waiting. */
  const isLongAlone = (node: SimNode): boolean =>
    node.links.size === 0 && world().now - (aloneSince.get(node) ?? world().now) >= ALONE_MS;

  /** Both ends are well, and somebody else has links with both: it is asked, and nobody is accused. */
  const loseLink = (): void => {
    const links = running().flatMap(node => [...node.links.values()].filter(link => link.nodes[0] === node));
    const link = rng.pick(links.filter(one => isWhole(one) && hasWayRound(one)));
    if (link === undefined) return;
    const [a, b] = link.nodes;
    const { now } = world();
    const sideOf = (node: SimNode): number | undefined => (node === a ? 0 : node === b ? 1 : undefined);
    const cut = { sideOf, oneWay: false, isOneLink: true, since: now, until: now + CALM_MS };
    world().network.partition(cut);
    pass(CALM_MS);
    world().network.heal(cut);
    pass(CALM_MS);
  };

  const beLiedTo = (): void => {
    for (const lie of [lies.slander, lies.forge]) {
      lie();
      pass(LIE_MS);
      lies.settle();
    }
  };

  const onGone = (node: SimNode, peer: PeerId, reason: string): void => {
    const subject = world().nodeOf(peer)!;
    backs.get(peer)?.shownBy.delete(node);
    if (subject === crashed && !isUp(subject)) toldOfCrash.add(node);
    else if (isUp(subject) && subject !== sleeper && !isLongAlone(node))
      complain(`node ${node.index} was told that ${subject.index}, who runs, had ${reason}`);
  };

  const onSign = (node: SimNode, bytes: Uint8Array): void => {
    const record = readSigned(node, bytes);
    if (record?.kind === 'presence') {
      backs.get(node.id)?.incarnations.add(wallMsOf((record.value as readonly [Hlc])[0]));
    }
    if (record?.kind !== 'accuse') return;
    const subject = world().nodeOf(record.key as PeerId);
    if (subject === undefined || subject === suspect || !isUp(subject)) return;
    if (world().now - (lostAt.get(pairOf(node, subject.id)) ?? Number.NEGATIVE_INFINITY) > LOST_MS) return;
    complain(`node ${node.index} accused ${subject.index}, who runs`);
  };

  const onLost = (node: SimNode, peer: PeerId): void => {
    lostAt.set(pairOf(node, peer), world().now);
    if (node.links.size <= 1) aloneSince.set(node, world().now);
  };

  return {
    wrap: lies.wrap,

    onInput(node, input) {
      if (input.type === 'link-down') onLost(node, input.peer);
    },

    onEffect(node, effect) {
      lies.onEffect(node, effect);
      // Given up and accused in one breath, before the link is down.
      if (effect.type === 'close-link' && node.links.has(effect.peer)) return onLost(node, effect.peer);
      if (!isOn) return;
      if (effect.type === 'sign') return onSign(node, effect.bytes);
      if (effect.type !== 'deliver') return;
      const { delivery } = effect;
      if (delivery.what === 'presence-gone') return onGone(node, delivery.peer, delivery.reason);
      if (delivery.what !== 'presence') return;
      if (delivery.peer === frozen?.id) frozenShown.set(node, delivery.status);
      if (delivery.status !== 'alive') return;
      const back = backs.get(delivery.peer);
      if (back?.incarnations.has(delivery.joinedAtMs) === true) back.shownBy.add(node);
    },

    endure(returning) {
      isOn = true;
      stop(SHORT_STOP_MS);
      if (running().length >= LARGE) stop(LONG_STOP_MS);
      stop(SLEEP_MS);
      freeze(isComplete ? SLEEP_MS : toldMs);
      if (isComplete) freeze(NAP_MS);
      if (running().length >= 3) crash();
      comeBack([crashed, returning].filter(node => node !== undefined));
      if (!isRough) loseLink();
      settle();
      beLiedTo();
      isOn = false;
    },

    wrong,
  };
}

/** Is somebody linked with both ends? */
function hasWayRound({ nodes: [a, b] }: Link): boolean {
  return [...a.links].some(([peer, link]) => {
    const other = b.links.get(peer);
    return isWhole(link) && other !== undefined && isWhole(other);
  });
}

function pairOf({ index }: SimNode, peer: PeerId): string {
  return `${index} ${peer}`;
}
