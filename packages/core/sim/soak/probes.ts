/**
 * What is asked of a room that agrees: somebody says something, somebody leaves, somebody says something again.
 * In a tree and in a flood every event comes to everybody, and every link carries it, or news of it.
 */
import { type Effect, type PeerId, type Rng, readRecord, type SignedRecord } from '@hearsay/core';
import { decodeFrame, type Frame } from '@hearsay/core/wire';
import { readSigned } from '../measure/invariants.ts';
import { isUp, type Link, type SimNode } from '../world/node.ts';
import type { World } from '../world/world.ts';
import { isWhole, reachable } from './reachable.ts';

export interface Probes {
  begin(): void;
  onEffect(node: SimNode, effect: Effect): void;
  /** When all answers must be there. */
  readonly endsAtMs: number;
  /** Who has left meanwhile. */
  readonly leaver: SimNode | undefined;
  /** A sentence for each answer that is missing. */
  missing(): readonly string[];
}

interface Asked {
  readonly key: string;
  readonly expected: ReadonlySet<SimNode>;
  readonly links: ReadonlySet<Link>;
  readonly told: Set<SimNode>;
  readonly carriedBy: Set<Link>;
  /** Known once it is being signed. */
  shortId: string | undefined;
}

const AFTER_LEAVE_MS = 20;
const STEP_MS = 3_000;
const ANSWER_MS = 12_000;
/** Without a tree, who was left out hears of a goodbye by anti-entropy. */
const SLOW_ANSWER_MS = 50_000;

export function createProbes(world: () => World, rng: Rng, isComplete: boolean): Probes {
  const asked: Asked[] = [];
  let leaver: SimNode | undefined;
  const toldLeft = new Set<SimNode>();
  const toldOtherwise: string[] = [];
  let endsAtMs = Number.POSITIVE_INFINITY;

  const ask = (key: string): void => {
    const running = world().nodes.filter(isUp);
    const writer = rng.pick(running);
    if (writer === undefined) return;
    const expected = new Set<SimNode>(reachable(world(), writer));
    const links = new Set([...expected].flatMap(node => [...node.links.values()]).filter(isWhole));
    expected.delete(writer);
    asked.push({ key, expected, links, told: new Set(), carriedBy: new Set(), shortId: undefined });
    world().publish(writer, 'event', key, null);
  };

  const note = (record: SignedRecord | undefined): void => {
    const probe = asked.find(({ key }) => key === record?.key);
    if (probe !== undefined) probe.shortId = shortIdOf(record!);
  };

  const carry = (node: SimNode, to: PeerId, bytes: Uint8Array): void => {
    const link = node.links.get(to);
    const decoded = decodeFrame(bytes);
    if (link === undefined || !decoded.ok || node.engine === undefined) return;
    const carried = new Set(idsIn(decoded.value, node.engine.networkId));
    for (const probe of asked) if (carried.has(probe.shortId ?? '')) probe.carriedBy.add(link);
  };

  return {
    begin() {
      ask('probe/before');
      const { now } = world();
      const wait = isComplete ? ANSWER_MS : SLOW_ANSWER_MS;
      endsAtMs = now + 3 * STEP_MS + wait;
      world().at(now + STEP_MS, () => {
        const running = world().nodes.filter(isUp);
        if (running.length < 3) return;
        leaver = rng.pick(running);
        world().leave(leaver!);
      });
      world().at(now + STEP_MS + AFTER_LEAVE_MS, () => ask('probe/after'));
      world().at(now + 2 * STEP_MS, () => ask('probe/later'));
    },

    onEffect(node, effect) {
      if (asked.length === 0) return;
      if (effect.type === 'send') return carry(node, effect.to, effect.bytes);
      if (effect.type === 'sign') return note(readSigned(node, effect.bytes));
      if (effect.type !== 'deliver') return;
      const { delivery } = effect;
      if (delivery.what === 'event') for (const probe of asked) if (probe.key === delivery.key) probe.told.add(node);
      if (delivery.what !== 'presence-gone' || delivery.peer !== leaver?.id) return;
      if (delivery.reason === 'left') toldLeft.add(node);
      else toldOtherwise.push(`node ${node.index} was told that the one who left had ${delivery.reason}`);
    },

    get leaver() {
      return leaver;
    },

    get endsAtMs() {
      return endsAtMs;
    },

    missing() {
      const found = [...toldOtherwise];
      const running = world().nodes.filter(isUp);
      for (const node of running) {
        if (leaver !== undefined && !toldLeft.has(node)) found.push(`node ${node.index} was not told of a goodbye`);
      }
      if (!isComplete) return found;
      for (const probe of asked) {
        for (const node of probe.expected) {
          if (isUp(node) && !probe.told.has(node)) found.push(`node ${node.index} was not told of ${probe.key}`);
        }
        for (const link of probe.links) {
          if (isWhole(link) && !probe.carriedBy.has(link)) {
            const [a, b] = link.nodes;
            found.push(`the link between ${a.index} and ${b.index} carried nothing of ${probe.key}`);
          }
        }
      }
      return found;
    },
  };
}

/** What a frame carries or announces, by short id. */
function idsIn(frame: Frame, networkId: Uint8Array): readonly string[] {
  if (frame.type === 'ihave') return frame.ids;
  if (frame.type !== 'push') return [];
  return frame.records.flatMap(bytes => {
    const read = readRecord(bytes, networkId);
    return read.ok ? [shortIdOf(read.value)] : [];
  });
}

/** As announcements name it. */
function shortIdOf({ id }: SignedRecord): string {
  return id.slice(0, 16);
}
